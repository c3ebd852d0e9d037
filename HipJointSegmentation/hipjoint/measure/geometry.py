"""The hip's geometry: the table of all measures, and their values from landmarks.

A measure depends on landmarks only (and on the bones, which nobody moves), so that moving one landmark calls for the
values of those measures alone that name it: ``measure_again``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from hipjoint.labels import Side
from hipjoint.measure import acetabular_measures, femoral_measures, pelvic_measures
from hipjoint.measure.anatomy import Anatomy
from hipjoint.measure.find_landmarks import find_landmarks
from hipjoint.measure.landmarks import SIDES, Landmark
from hipjoint.measure.measure import Case, Measure, Unmeasurable
from hipjoint.measure.value import Quality, Value, missing

MEASURES: tuple[Measure, ...] = (
    *femoral_measures.MEASURES,
    *acetabular_measures.MEASURES,
    *pelvic_measures.MEASURES,
)


@dataclass(frozen=True)
class GeometryValue:
    """A value and the keys of the landmarks that it was computed from; ``by_hand`` if of an implant that was moved."""

    value: Value
    landmarks: tuple[str, ...]
    by_hand: bool = False

    @property
    def place(self) -> tuple[str, Side | None]:
        """Name and side, which no two values share."""
        return self.value.definition.name, self.value.side


def assess(anatomy: Anatomy) -> tuple[Case, tuple[GeometryValue, ...]]:
    """Find the landmarks in the bones and compute every measure of ``MEASURES``; none is left out."""
    case = Case(find_landmarks(anatomy), anatomy)
    return case, measure_all(case)


def measure_all(case: Case) -> tuple[GeometryValue, ...]:
    """The values of all measures, the right side before the left."""
    return tuple(_value(measure, side, case) for measure in MEASURES for side in _sides(measure))


def measure_again(values: Sequence[GeometryValue], case: Case, moved: Collection[str]) -> tuple[GeometryValue, ...]:
    """The values with those computed anew that depend on the landmarks with the keys ``moved``; the rest as it was."""
    table = {measure.definition.name: measure for measure in MEASURES}
    return tuple(
        _value(table[each.value.definition.name], each.value.side, case) if set(each.landmarks) & set(moved) else each
        for each in values
    )


def value_of(values: Iterable[GeometryValue], name: str, side: Side | None = None) -> Value:
    """The value with the name of its definition, of a side. Raises ``KeyError`` if there is none."""
    return {each.place: each.value for each in values}[name, side]


def _sides(measure: Measure) -> tuple[Side | None, ...]:
    return SIDES if measure.sided else (None,)


def _value(measure: Measure, side: Side | None, case: Case) -> GeometryValue:
    at: Side = side or "right"
    keys = measure.keys(at)
    needed = [case.landmarks[each] for each in measure.required(at)]
    reasons = _reasons(each for each in needed if not each.found)
    if reasons:
        return GeometryValue(missing(measure.definition, side, reasons), keys)
    try:
        found = measure.compute(case, at)
    except Unmeasurable as problem:
        return GeometryValue(missing(measure.definition, side, str(problem)), keys)
    reason = " ".join(filter(None, (_reasons(needed), found.doubt)))
    quality: Quality = "doubtful" if reason else "good"
    return GeometryValue(Value(measure.definition, side, found.number, quality, reason, found.words), keys)


def _reasons(landmarks: Iterable[Landmark]) -> str:
    """The reasons of landmarks, each once."""
    return " ".join(dict.fromkeys(each.reason for each in landmarks if each.reason))
