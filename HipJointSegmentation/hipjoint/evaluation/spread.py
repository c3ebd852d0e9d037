"""Values of many cases in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hipjoint.evaluation.agreement import HIGH_IS_GOOD, MEASURES, Agreement
from hipjoint.measure.value import Definition


@dataclass(frozen=True)
class Spread:
    """Number of values, median, quartiles (linear between ranks), mean, standard deviation (n - 1) and worst value."""

    n: int
    median: float
    q1: float
    q3: float
    mean: float
    sd: float | None
    worst: float

    def record(self, digits: int) -> dict[str, Any]:
        """Plain data, rounded."""
        return {key: round(value, digits) if isinstance(value, float) else value for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Row:
    """A structure over all cases, or both its sides together if ``both_sides``.

    ``missed`` of them are in the reference only and ``extra`` in the prediction only; ``spreads`` are by the name of
    the measure, None where no case has a value.
    """

    title: str
    both_sides: bool
    n: int
    missed: int
    extra: int
    spreads: dict[str, Spread | None]


def spread(values: Sequence[float | None], measure: Definition | None = None) -> Spread | None:
    """The spread of the ``values`` that are there, None if none is.

    The worst value is the lowest of a ``measure`` of which high is good, else the one farthest from zero.
    """
    there = np.array([value for value in values if value is not None], dtype=np.float64)
    if not there.size:
        return None
    q1, median, q3 = (float(q) for q in np.percentile(there, (25, 50, 75)))
    worst = there.min() if measure in HIGH_IS_GOOD else there[np.abs(there).argmax()]
    sd = float(there.std(ddof=1)) if there.size > 1 else None
    return Spread(int(there.size), median, q1, q3, float(there.mean()), sd, float(worst))


def row(title: str, found: Sequence[Agreement], *, both_sides: bool = False) -> Row:
    """The ``found`` agreements of one structure, or of a pair of structures, in one row."""
    spreads = {measure.name: spread([each.value(measure) for each in found], measure) for measure in MEASURES}
    return Row(
        title, both_sides, len(found), sum(each.missed for each in found), sum(each.extra for each in found), spreads
    )
