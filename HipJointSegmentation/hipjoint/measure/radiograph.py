"""All landmarks and values of a radiograph, from the label images of its hips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.film_acetabulum import find_edge, find_foramen, find_spaces, find_teardrop
from hipjoint.measure.film_case import HEAD, FilmCase, FilmMeasure, Level, level_of
from hipjoint.measure.film_femur import femur_mask, find_head, find_neck, shaft_and_trochanter
from hipjoint.measure.film_measures import (
    FILM_MEASURES,
    HEAD_DIAMETER,
    ROTATION,
    ROTATION_RANGE,
    TILT,
    TILT_RANGE,
    as_ratio,
)
from hipjoint.measure.film_outline import Labels, Mask
from hipjoint.measure.geometry import GeometryValue, value_of
from hipjoint.measure.landmarks import SIDES, Landmark, key, table_of
from hipjoint.measure.measure import Found, Unmeasurable
from hipjoint.measure.value import Definition, Quality, Value, missing

NO_SIZE = "The size of a pixel is not known: give --pixel-mm, or --ball-mm with a calibration ball on the film."
# Diameters in mm of the heads of adults, enlarged by a third at most.
HEADS_MM = (34.0, 76.0)

Values = tuple[GeometryValue, ...]


def measure_film(
    hips: Mapping[Side, Labels], pixel_mm: float | None = None, doubt: str = ""
) -> tuple[FilmCase, Values]:
    """Landmarks and values of the hips on a film, by side; every measure has a value, if only why it has none.

    ``hips`` are label images (rows, columns) with the values 1 to 5; ``pixel_mm`` is the size of a pixel at the hip and
    ``doubt`` a sentence about it.
    """
    case = FilmCase(find_film_landmarks(hips), pixel_mm, doubt)
    return case, measure_case(case)


def find_film_landmarks(hips: Mapping[Side, Labels]) -> dict[str, Landmark]:
    """All landmarks of both sides by key; a side that is not in ``hips`` has none."""
    blank = np.zeros((2, 2), dtype=np.uint8)
    labels = {side: hips.get(side, blank) for side in SIDES}
    femora = {side: femur_mask(labels[side]) for side in SIDES}
    flat = Level(np.array([1.0, 0.0]), known=False)
    # The line of the teardrops gives the directions, and a direction finds them: it is refined once.
    level, found = flat, table_of(())
    for _ in range(2):
        heads = {side: find_head(labels[side], side, level) for side in SIDES}
        found = table_of(find_teardrop(labels[side], side, level.down, heads[side].radius or 1.0) for side in SIDES)
        level = level_of(found)
    for side in SIDES:
        found.update(table_of(_of_hip(labels[side], femora[side], side, heads[side], found, level)))
    return found


def _of_hip(
    labels: Labels, femur: Mask, side: Side, head: Landmark, found: Mapping[str, Landmark], level: Level
) -> Iterator[Landmark]:
    drop = found[f"teardrop_{side}"]
    edge = find_edge(labels, side, head, level)
    yield from (head, edge, find_neck(femur, side, head, level))
    yield from shaft_and_trochanter(femur, side, head, level)
    yield from find_spaces(labels, side, head, edge, level)
    yield from find_foramen(labels, side, head, drop, level)


def measure_case(case: FilmCase) -> Values:
    """The values of all measures, lengths in mm and as ratios, the right side before the left."""
    return tuple(
        each
        for measure in FILM_MEASURES
        for side in (SIDES if measure.sided else (None,))
        for each in _values(measure, side, case)
    )


def _values(measure: FilmMeasure, side: Side | None, case: FilmCase) -> Iterator[GeometryValue]:
    at: Side = side or "right"
    keys = measure.required(at)
    reason = _reasons(case.landmarks[each] for each in keys if not case.landmarks[each].found)
    found = None
    if not reason:
        try:
            found = measure.compute(case, at)
        except Unmeasurable as problem:
            reason = str(problem)
    for definition, scaled in _scales(measure, found, case, side):
        if scaled is None:
            yield GeometryValue(missing(definition, side, reason or NO_SIZE), keys)
        else:
            doubt = " ".join(filter(None, (_reasons(case.landmarks[each] for each in keys), scaled.doubt)))
            quality: Quality = "doubtful" if doubt else "good"
            yield GeometryValue(Value(definition, side, scaled.number, quality, doubt), keys)


def _scales(
    measure: FilmMeasure, found: Found | None, case: FilmCase, side: Side | None
) -> Iterator[tuple[Definition, Found | None]]:
    """A value in each of the units of its measure: an angle in one, a length in mm and as a ratio."""
    definition = measure.definition
    if not measure.length:
        yield definition, found
        return
    yield definition, None if found is None or case.pixel_mm is None else _in_mm(definition, found, case)
    if definition is HEAD_DIAMETER:
        yield as_ratio(definition), found
        return
    heads = [case.landmarks[key(HEAD, each)] for each in ((side,) if side else SIDES)]
    known = found is not None and all(head.found for head in heads)
    diameter = float(np.mean([2 * head.radius for head in heads]))
    yield as_ratio(definition), Found(found.number / diameter, doubt=found.doubt) if found and known else None


def _in_mm(definition: Definition, found: Found, case: FilmCase) -> Found:
    number = found.number * float(case.pixel_mm or 0)
    strange = definition is HEAD_DIAMETER and not HEADS_MM[0] <= number <= HEADS_MM[1]
    doubt = f"No head of an adult has {number:.0f} mm: check the size of a pixel." if strange else ""
    return Found(number, doubt=" ".join(filter(None, (found.doubt, case.doubt, doubt))))


def _reasons(landmarks: Iterator[Landmark]) -> str:
    return " ".join(dict.fromkeys(each.reason for each in landmarks if each.reason))


def view_warnings(values: Values) -> tuple[str, ...]:
    """What tells that a film is no true AP view of the pelvis, in sentences."""
    found = []
    rotation, tilt = value_of(values, ROTATION.name), value_of(values, TILT.name)
    if rotation.number is not None and not ROTATION_RANGE[0] <= rotation.number <= ROTATION_RANGE[1]:
        found.append(
            f"The pelvis is turned (rotation index {rotation.text}, 1 in a true AP view): angles and lengths of the "
            "two sides cannot be compared."
        )
    if tilt.number is not None and not TILT_RANGE[0] <= tilt.number <= TILT_RANGE[1]:
        way = "forwards" if tilt.number < TILT_RANGE[0] else "backwards"
        found.append(
            f"The pelvis is tilted {way} (tilt index {tilt.text}): angles of the acetabulum are not those of a true AP "
            "view."
        )
    return tuple(found)
