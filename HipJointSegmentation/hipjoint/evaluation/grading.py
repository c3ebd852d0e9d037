"""Steinberg's grade of predictions against that of references: each hip, the table of both, accuracy and kappa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.evaluation.spread import Spread, spread
from hipjoint.labels import ONFH, Side
from hipjoint.measure.head_shape import find_head
from hipjoint.measure.lesion import default_uncertainty, measure_lesion
from hipjoint.measure.steinberg import grade_of

Outcome = Literal["none", "A", "B", "C"]
OUTCOMES: tuple[Outcome, ...] = ("none", "A", "B", "C")
KAPPA_SOURCE = "Cohen, Psychol Bull 1968;70:213-220"

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class HipGrade:
    """Volumes in ml, share of the head in percent, and grade ("none" without lesion) of one hip in one label map.

    All are None, and ``reason`` says why, where no head can be measured.
    """

    head_ml: float | None = None
    lesion_ml: float | None = None
    share: float | None = None
    grade: Outcome | None = None
    reason: str = ""


@dataclass(frozen=True)
class HipPair:
    """One hip of one case: what the prediction and what the reference gives."""

    side: Side
    prediction: HipGrade
    reference: HipGrade

    @property
    def share_error(self) -> float | None:
        """Share of the prediction less that of the reference, in points of percent."""
        if self.prediction.share is None or self.reference.share is None:
            return None
        return self.prediction.share - self.reference.share


@dataclass(frozen=True)
class Grading:
    """The grades of all hips whose reference has a head that can be measured.

    ``matrix`` [reference, prediction] counts hips by ``OUTCOMES``; a head that the prediction lacks counts as "none".
    Accuracy and ``kappa`` (quadratic weights) are of the ``graded`` hips, those whose reference has a lesion; None if
    they cannot be said. ``unmeasured`` hips have a reference that shows no measurable head and count nowhere.
    """

    matrix: Counts
    kappa: float | None
    share_error: Spread | None
    unmeasured: int

    @property
    def graded(self) -> int:
        """Hips with a lesion in the reference."""
        return int(self.matrix[1:].sum())

    @property
    def right(self) -> int:
        """Those of them with the same grade."""
        return int(np.trace(self.matrix[1:, 1:]))

    @property
    def accuracy(self) -> float | None:
        """Share of the graded hips with the same grade."""
        return self.right / self.graded if self.graded else None

    @property
    def normal(self) -> int:
        """Hips without a lesion in the reference."""
        return int(self.matrix[0].sum())

    @property
    def false_alarms(self) -> int:
        """Those of them in which the prediction has a lesion."""
        return int(self.matrix[0, 1:].sum())


def grade_hip(labels: sitk.Image, side: Side) -> HipGrade:
    """Volumes, share and grade of one hip of a label map with the values of ``labels.ONFH``, as ``hipjoint onfh``."""
    values = sitk.GetArrayViewFromImage(labels)
    head, dead = (values == next(each.value for each in pair if each.side == side) for pair in (ONFH[:2], ONFH[2:]))
    if not head.any():
        return HipGrade(reason=f"No {side} femoral head is in the label map.")
    try:
        hip = find_head(head, dead, labels, side)
    except InputError as problem:
        return HipGrade(reason=str(problem))
    size = measure_lesion(hip.head, hip.lesion, hip.grid, default_uncertainty(hip.grid))
    grade: Outcome = grade_of(size.share) if size.lesion_ml > 0 else "none"
    return HipGrade(size.head_ml, size.lesion_ml, size.share, grade, " ".join(hip.notes))


def compare_grades(hips: Sequence[HipPair]) -> Grading:
    """Count the grades of ``hips``, of any number of cases."""
    counted = [hip for hip in hips if hip.reference.grade is not None]
    matrix = np.zeros((len(OUTCOMES), len(OUTCOMES)), np.int64)
    for hip in counted:
        outcome: Outcome = hip.prediction.grade or "none"
        wanted: Outcome = hip.reference.grade or "none"
        matrix[OUTCOMES.index(wanted), OUTCOMES.index(outcome)] += 1
    with_lesion = matrix.copy()
    with_lesion[0] = 0
    errors = spread([hip.share_error for hip in counted if hip.reference.grade != "none"])
    return Grading(matrix, quadratic_kappa(with_lesion), errors, len(hips) - len(counted))


def quadratic_kappa(matrix: Counts) -> float | None:
    """Cohen's kappa of a square table [reference, prediction] of counts in ordered classes, with quadratic weights.

    1 less the weighted disagreement over that of chance with the same margins; None if chance would not disagree, as
    when all are of one class. Classes of which none is seen change nothing. Source: ``KAPPA_SOURCE``.
    """
    step = np.arange(len(matrix))
    weights = (step[:, None] - step[None, :]) ** 2
    by_chance = float((weights * np.outer(matrix.sum(1), matrix.sum(0))).sum())
    if by_chance == 0:
        return None
    return 1.0 - float((weights * matrix).sum()) * float(matrix.sum()) / by_chance
