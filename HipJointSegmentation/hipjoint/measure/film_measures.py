"""Measures on a radiograph as functions of landmarks: lengths in pixels, angles in degrees; definitions and sources."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import atan2, degrees

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.film_acetabulum import angle_of
from hipjoint.measure.film_case import (
    FORAMEN_HEIGHT,
    FORAMEN_WIDTH,
    HEAD,
    LESSER_TROCHANTER,
    NECK_CENTRE,
    RIM,
    SHAFT_AXIS,
    SPACES,
    TEARDROP,
    FilmCase,
    FilmMeasure,
)
from hipjoint.measure.frames import unit
from hipjoint.measure.landmarks import SIDES, LandmarkType
from hipjoint.measure.measure import Found
from hipjoint.measure.value import Definition

NO_LEVEL = "The line of the teardrops is not known: the film's edge was taken as horizontal."
RATIO_UNIT = "head diameters"
# Beyond these a film is no true AP view: Tönnis 1987 for the rotation; for the tilt what hand-drawn films showed.
ROTATION_RANGE, TILT_RANGE = (0.56, 1.8), (0.65, 1.45)

HEAD_DIAMETER = Definition(
    "head_diameter",
    "Diameter of the femoral head",
    "mm",
    "Diameter of the circle through most of the head's outline; points that lie off it by more than 6 % of its radius "
    "(neck, osteophytes) have no weight.",
    "Beaton and Tukey, Technometrics 1974 (weights)",
)
NECK_SHAFT = Definition(
    "neck_shaft_angle",
    "Neck-shaft angle (CCD), projected",
    "degrees",
    "Angle between the line from the head's centre to the middle of the narrowest section of the neck and the axis of "
    "the shaft, downwards. On a film it depends on how the leg is turned.",
    "Müller, Die hüftnahen Femurosteotomien, 1957",
)
OFFSET = Definition(
    "femoral_offset",
    "Femoral offset, projected",
    "mm",
    "Distance of the head's centre from the axis of the shaft.",
    "after Lecerf et al., Orthop Traumatol Surg Res 2009",
)
LCEA = Definition(
    "lateral_centre_edge_angle",
    "Lateral centre-edge angle",
    "degrees",
    "Angle at the head's centre between the perpendicular to the line of the teardrops, upwards, and the lateral edge "
    "of the acetabulum's roof.",
    "Wiberg, Acta Chir Scand 1939; edge of the roof after Ogata et al., J Bone Joint Surg Br 1990",
)
SHARP = Definition(
    "sharp_angle",
    "Sharp's acetabular angle",
    "degrees",
    "Angle between the line of the teardrops and the line from the lowest point of the teardrop to the lateral edge of "
    "the acetabulum.",
    "Sharp, J Bone Joint Surg Br 1961;43:268-272",
)
_SPACE_TEXT = "Width of the joint space from the head's outline to the hip bone, mean of rays over 4 degrees. "
SPACE_WIDTHS = {
    place: Definition(f"joint_space_{place}", f"Joint space, {place}", "mm", _SPACE_TEXT + text, source, 1)
    for place, text, source in (
        (
            "lateral",
            "5 degrees medial of the lateral edge of the acetabulum.",
            "after Jacobsen et al., Osteoarthritis Cartilage 2004 (three places)",
        ),
        (
            "apical",
            "On the perpendicular to the line of the teardrops through the head's centre.",
            "after Jacobsen et al., Osteoarthritis Cartilage 2004 (three places)",
        ),
        ("medial", "30 degrees medial of the apical ray.", "definition of this program"),
    )
}
LEG_LENGTH = Definition(
    "leg_length",
    "Leg length at the hip",
    "mm",
    "Distance from the line of the teardrops down to the tip of the lesser trochanter. Depends on how the leg lies.",
    "after Woolson et al., Clin Orthop Relat Res 1999; teardrops after Meermans et al., Clin Orthop Relat Res 2011",
)
LEG_DIFFERENCE = Definition(
    "leg_length_difference",
    "Difference of leg length, right less left",
    "mm",
    "Leg length at the hip of the right side less that of the left. Positive: the right leg is longer.",
    LEG_LENGTH.source,
)
OBLIQUITY = Definition(
    "pelvic_obliquity",
    "Pelvic obliquity",
    "degrees",
    "Angle between the line of the teardrops and the rows of the film. Positive: the left side is higher.",
    "definition of this program",
)
ROTATION = Definition(
    "pelvic_rotation_index",
    "Pelvic rotation index",
    "",
    "Width of the right obturator foramen over that of the left; 1 in a true AP view. A pelvis is taken to be turned "
    f"outside {ROTATION_RANGE[0]} to {ROTATION_RANGE[1]}; 0.5 is a turn of about 13 degrees in men, 18 in women.",
    "Tönnis, Congenital dysplasia and dislocation of the hip, 1987 (range); Kanazawa et al., Hip Int 2016;26:462-467",
    2,
)
TILT = Definition(
    "pelvic_tilt_index",
    "Pelvic tilt index",
    "",
    "Height over width of the obturator foramen, mean of both sides. It falls as the pelvis tilts forwards "
    f"(inlet view) and grows as it tilts backwards. A pelvis is taken to be tilted outside {TILT_RANGE[0]} to "
    f"{TILT_RANGE[1]}.",
    "Kanazawa et al., Hip Int 2016;26:462-467 (ratio); range: Docs/radiographs.md",
    2,
)


def _head(case: FilmCase, side: Side) -> Found:
    return Found(2 * case[HEAD, side].radius)


def _shaft_way(case: FilmCase, side: Side) -> Floats:
    axis = case[SHAFT_AXIS, side].points
    return unit(axis[1] - axis[0])


def _neck_shaft(case: FilmCase, side: Side) -> Found:
    down = _shaft_way(case, side)
    neck = case[NECK_CENTRE, side].point - case[HEAD, side].point
    return Found(180.0 - abs(degrees(atan2(_cross(neck, down), float(neck @ down)))))


def _offset(case: FilmCase, side: Side) -> Found:
    away = case[HEAD, side].point - case[SHAFT_AXIS, side].point
    return Found(abs(_cross(_shaft_way(case, side), away)))


def _cross(a: Floats, b: Floats) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def _lcea(case: FilmCase, side: Side) -> Found:
    offset = case[RIM, side].points - case[HEAD, side].point
    return _levelled(case, float(angle_of(offset, case.level, side)[0]))


def _sharp(case: FilmCase, side: Side) -> Found:
    way = case[RIM, side].point - case[TEARDROP, side].point
    level = case.level
    return _levelled(case, degrees(atan2(-float(way @ level.down), float(way @ level.lateral(side)))))


def _levelled(case: FilmCase, number: float) -> Found:
    return Found(number, doubt="" if case.level.known else NO_LEVEL)


def _space(kind: LandmarkType, case: FilmCase, side: Side) -> Found:
    first, last = case[kind, side].points
    return Found(float(np.linalg.norm(last - first)))


def _leg_length(case: FilmCase, side: Side) -> Found:
    down = case.level.down
    return _levelled(case, float((case[LESSER_TROCHANTER, side].point - case[TEARDROP, side].point) @ down))


def _leg_difference(case: FilmCase, side: Side) -> Found:  # noqa: ARG001  (of both)
    right, left = (_leg_length(case, each).number for each in SIDES)
    return Found(right - left)


def _obliquity(case: FilmCase, side: Side) -> Found:  # noqa: ARG001
    left = case.level.left
    return Found(degrees(atan2(-left[1], left[0])))


def _length(case: FilmCase, kind: LandmarkType, side: Side) -> float:
    first, last = case[kind, side].points
    return float(np.linalg.norm(last - first))


def _rotation(case: FilmCase, side: Side) -> Found:  # noqa: ARG001
    right, left = (_length(case, FORAMEN_WIDTH, each) for each in SIDES)
    return Found(right / left)


def _tilt(case: FilmCase, side: Side) -> Found:  # noqa: ARG001
    shapes = [_length(case, FORAMEN_HEIGHT, each) / _length(case, FORAMEN_WIDTH, each) for each in SIDES]
    return Found(sum(shapes) / len(shapes))


FILM_MEASURES: tuple[FilmMeasure, ...] = (
    FilmMeasure(HEAD_DIAMETER, (HEAD,), _head, length=True),
    FilmMeasure(OFFSET, (HEAD, SHAFT_AXIS), _offset, length=True),
    FilmMeasure(NECK_SHAFT, (HEAD, NECK_CENTRE, SHAFT_AXIS), _neck_shaft),
    FilmMeasure(LCEA, (HEAD, RIM), _lcea),
    FilmMeasure(SHARP, (TEARDROP, RIM), _sharp),
    *(
        FilmMeasure(SPACE_WIDTHS[place], (HEAD, kind), partial(_space, kind), length=True)
        for place, kind in SPACES.items()
    ),
    FilmMeasure(LEG_LENGTH, (TEARDROP, LESSER_TROCHANTER), _leg_length, length=True),
    FilmMeasure(LEG_DIFFERENCE, (TEARDROP, LESSER_TROCHANTER), _leg_difference, sided=False, length=True),
    FilmMeasure(OBLIQUITY, (TEARDROP,), _obliquity, sided=False),
    FilmMeasure(ROTATION, (FORAMEN_WIDTH,), _rotation, sided=False),
    FilmMeasure(TILT, (FORAMEN_WIDTH, FORAMEN_HEIGHT), _tilt, sided=False),
)


def as_ratio(definition: Definition) -> Definition:
    """The definition of a length as a ratio to the head's diameter; of the head itself, in pixels."""
    if definition is HEAD_DIAMETER:
        return replace(definition, name=f"{definition.name}_px", unit="pixels")
    text = f"{definition.text} Divided by the diameter of the head{'' if definition is not LEG_DIFFERENCE else 's'}."
    title, name = f"{definition.title}, by the head's diameter", f"{definition.name}_ratio"
    return replace(definition, name=name, title=title, unit=RATIO_UNIT, text=text, digits=3)
