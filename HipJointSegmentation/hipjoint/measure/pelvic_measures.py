"""Measures of the pelvis as a whole: how it lies on the table, leg length and offset side to side."""

from __future__ import annotations

from math import asin, atan2, degrees

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.femoral_measures import femoral_offset
from hipjoint.measure.frames import TABLE, Frame
from hipjoint.measure.landmarks import HEAD, ISCHIUM, LESSER_TROCHANTER, SHAFT_AXIS, SIDES
from hipjoint.measure.measure import PELVIC_PLANE, Case, Found, Measure
from hipjoint.measure.shaft import up_of
from hipjoint.measure.value import Definition

# Legs that differ by more in ab- or adduction do not tell how long they are.
_UNEQUAL_DEGREES = 5.0

TILT = Definition(
    "pelvic_tilt",
    "Pelvic tilt",
    "degrees",
    "Angle, about the transverse axis of the pelvis, between the anterior pelvic plane and the coronal plane of the "
    "table. Positive: anterior tilt, the spines lie farther to the front than the pubic tubercles.",
    "Lewinnek et al., J Bone Joint Surg Am 1978;60:217-220 (plane)",
)
OBLIQUITY = Definition(
    "pelvic_obliquity",
    "Pelvic obliquity",
    "degrees",
    "Angle, seen from the front, between the line of the anterior superior iliac spines and the transverse axis of the "
    "table. Positive: the left spine lies nearer to the head end.",
    "definition of this program",
)
ROTATION = Definition(
    "pelvic_rotation",
    "Pelvic rotation",
    "degrees",
    "Angle, seen along the long axis of the table, between the line of the anterior superior iliac spines and the "
    "transverse axis of the table. Positive: the left spine lies farther to the front.",
    "definition of this program",
)
LEG_LENGTH = Definition(
    "leg_length",
    "Leg length at the hip",
    "mm",
    "Distance, along the long axis of the anterior pelvic plane, from the line through the lowest points of both "
    "ischia down to the tip of the lesser trochanter (negative: the tip lies above). Depends on how the leg lies.",
    "after Woolson et al., Clin Orthop Relat Res 1999 (on radiographs)",
)
LEG_DIFFERENCE = Definition(
    "leg_length_difference",
    "Difference of leg length, right less left",
    "mm",
    "Leg length at the hip of the right side less that of the left. Positive: the right leg is longer.",
    "after Woolson et al., Clin Orthop Relat Res 1999 (on radiographs)",
)
ACETABULAR_OFFSET = Definition(
    "acetabular_offset",
    "Acetabular offset",
    "mm",
    "Distance of the centre of the head from the sagittal plane of the pelvis half-way between the spines.",
    "definition of this program (on radiographs it is taken to the teardrop)",
)
GLOBAL_OFFSET = Definition(
    "global_offset",
    "Global offset",
    "mm",
    "Femoral offset and acetabular offset together.",
    "after Lecerf et al., Orthop Traumatol Surg Res 2009",
)
OFFSET_DIFFERENCE = Definition(
    "global_offset_difference",
    "Difference of global offset, right less left",
    "mm",
    "Global offset of the right side less that of the left.",
    "after Lecerf et al., Orthop Traumatol Surg Res 2009",
)


def _tilt(case: Case, side: Side) -> Found:  # noqa: ARG001  (of the whole pelvis)
    front = case.pelvis().anterior
    return Found(degrees(asin(np.clip(-front @ TABLE.superior, -1, 1))))


def _obliquity(case: Case, side: Side) -> Found:  # noqa: ARG001
    line = case.pelvis().left
    return Found(degrees(atan2(line @ TABLE.superior, line @ TABLE.left)))


def _rotation(case: Case, side: Side) -> Found:  # noqa: ARG001
    line = case.pelvis().left
    return Found(degrees(atan2(line @ TABLE.anterior, line @ TABLE.left)))


def _leg_length(case: Case, side: Side) -> Found:
    frame = case.pelvis()
    right, left = (case[ISCHIUM, each].point for each in SIDES)
    tip = case[LESSER_TROCHANTER, side].point
    share = (tip - right) @ frame.left / ((left - right) @ frame.left)
    return Found(float((right + share * (left - right) - tip) @ frame.superior), doubt=_unequal(case, frame))


def _unequal(case: Case, frame: Frame) -> str:
    """Why leg lengths are doubtful: legs that lie unequally, or of which one cannot be compared."""
    found = [case[SHAFT_AXIS, side] for side in SIDES if case[SHAFT_AXIS, side].found]
    if len(found) < 2:
        return ""
    turns = [degrees(atan2(up_of(axis) @ frame.lateral(axis.side), up_of(axis) @ frame.superior)) for axis in found]
    difference = abs(turns[0] - turns[1])
    if difference <= _UNEQUAL_DEGREES:
        return ""
    return f"The legs differ by {difference:.0f} degrees in ab- or adduction."


def _leg_difference(case: Case, side: Side) -> Found:  # noqa: ARG001
    right, left = (_leg_length(case, each) for each in SIDES)
    return Found(right.number - left.number, doubt=right.doubt)


def _acetabular_offset(case: Case, side: Side) -> Found:
    frame = case.pelvis()
    return Found(float((case[HEAD, side].point - frame.origin) @ frame.lateral(side)))


def _global_offset(case: Case, side: Side) -> Found:
    return Found(_acetabular_offset(case, side).number + femoral_offset(case, side).number)


def _offset_difference(case: Case, side: Side) -> Found:  # noqa: ARG001
    right, left = (_global_offset(case, each).number for each in SIDES)
    return Found(right - left)


_LEG_BOTH = (LESSER_TROCHANTER, ISCHIUM, *PELVIC_PLANE)
MEASURES: tuple[Measure, ...] = (
    Measure(LEG_LENGTH, (LESSER_TROCHANTER,), _leg_length, (ISCHIUM, *PELVIC_PLANE), looks_at=(SHAFT_AXIS,)),
    Measure(ACETABULAR_OFFSET, (HEAD,), _acetabular_offset, PELVIC_PLANE),
    Measure(GLOBAL_OFFSET, (HEAD, SHAFT_AXIS), _global_offset, PELVIC_PLANE),
    Measure(LEG_DIFFERENCE, (), _leg_difference, _LEG_BOTH, sided=False, looks_at=(SHAFT_AXIS,)),
    Measure(OFFSET_DIFFERENCE, (), _offset_difference, (HEAD, SHAFT_AXIS, *PELVIC_PLANE), sided=False),
    Measure(TILT, (), _tilt, PELVIC_PLANE, sided=False),
    Measure(OBLIQUITY, (), _obliquity, PELVIC_PLANE, sided=False),
    Measure(ROTATION, (), _rotation, PELVIC_PLANE, sided=False),
)
