"""The axis of the femoral shaft from its outline, section by section."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hipjoint.measure.bone_shape import CUT_MM, Bone
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import angle_between, unit
from hipjoint.measure.head_neck import plane_axes
from hipjoint.measure.landmarks import SHAFT_AXIS, Landmark, absent, placed
from hipjoint.measure.robust import fit_circle, fit_line

# In head radii below the head's centre: where the shaft begins beneath the lesser trochanter; and, where the scan shows
# too little of that, from where its outline can be used if the trochanter is left out of the circle.
_BELOW_TROCHANTER, _AT_TROCHANTER = 3.0, 1.9
_LONGEST_MM, _GOOD_MM, _LEAST_MM = 100.0, 40.0, 18.0
_STEP_MM = 2.0
# A shaft is bowed: its middles leave the axis by this much, and the axis must not follow a straight part of it.
_BOW_MM = 1.0
_ROUNDS, _SETTLED_DEGREES = 6, 0.1
# A section counts if its outline is shown all round: in this many of twelve parts.
_PARTS, _LEAST_PARTS = 12, 11


@dataclass(frozen=True)
class Sections:
    """Centres (n, 3) in LPS mm and radii (n,) of circles through the sections of the shaft."""

    centres: Floats
    radii: Floats


def find_shaft_axis(bone: Bone, head: Landmark) -> Landmark:
    """The axis of the shaft below a head that was found.

    Not measurable where the scan shows less than 18 mm of it, doubtful where it shows less than 40 mm below the lesser
    trochanter.
    """
    side = head.side
    up, doubt = np.array([0.0, 0.0, 1.0]), ""
    for _ in range(_ROUNDS):
        start, end, doubt = _extent(bone, head, up)
        if start - end < _LEAST_MM:
            return absent(SHAFT_AXIS, side, f"The scan shows too little of the shaft of the {side} femur.")
        found = sections_between(bone, up, start, end)
        if len(found.centres) < _LEAST_MM / _STEP_MM:
            return absent(SHAFT_AXIS, side, f"The outline of the {side} femur shows no shaft.")
        middle, direction = fit_line(found.centres, _BOW_MM)
        before, up = up, direction * np.sign(direction @ up)
        if angle_between(before, up) < _SETTLED_DEGREES:
            break
    heights = found.centres @ up
    ends = [middle + (height - middle @ up) * up for height in (heights.max(), heights.min())]
    return placed(SHAFT_AXIS, side, *ends, doubt=doubt)


def up_of(axis: Landmark) -> Floats:
    """Unit vector (3,) from the knee to the hip."""
    return unit(axis.points[0] - axis.points[1])


def _extent(bone: Bone, head: Landmark, up: Floats) -> tuple[float, float, str]:
    """Heights along ``up`` in mm between which there is shaft, and why it is doubtful, if it is."""
    middle, radius = float(head.point @ up), head.radius
    lowest = float((bone.coarse.points @ up).min())
    cut = len(bone.cut) > 0 and float((bone.cut @ up).min()) < lowest + 2 * CUT_MM
    lowest += 1.0 if cut else 10.0
    start = middle - _BELOW_TROCHANTER * radius
    if start - lowest >= _GOOD_MM:
        return start, max(lowest, start - _LONGEST_MM), ""
    shown = max(0.0, start - lowest)
    doubt = f"Only {shown:.0f} mm of the {head.side} shaft are shown below the lesser trochanter."
    return middle - _AT_TROCHANTER * radius, lowest, doubt


def sections_between(bone: Bone, up: Floats, start: float, end: float) -> Sections:
    """Circles through the outline of the femur between two heights along the unit vector ``up``, from above."""
    surface = bone.coarse
    height = surface.points @ up
    across, down = plane_axes(up)
    flat = np.column_stack([surface.points @ across, surface.points @ down])
    centres, radii = [], []
    for level in np.arange(start, end, -_STEP_MM):
        ring = flat[np.abs(height - level) <= _STEP_MM]
        if len(ring) < _PARTS:
            continue
        centre, radius = fit_circle(ring)
        if _is_whole(ring, centre):
            centres.append(centre[0] * across + centre[1] * down + level * up)
            radii.append(radius)
    return Sections(np.array(centres).reshape(-1, 3), np.array(radii))


def _is_whole(ring: Floats, centre: Floats) -> bool:
    turns = np.arctan2(*(ring - centre).T) / (2 * np.pi)
    return len(np.unique(np.floor(turns * _PARTS))) >= _LEAST_PARTS
