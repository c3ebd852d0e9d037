"""All landmarks of both hips, found in the bones; what cannot be found is said to be absent, with the reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.acetabulum import find_rim
from hipjoint.measure.anatomy import Anatomy
from hipjoint.measure.bone_shape import Bone
from hipjoint.measure.condyles import find_condyles
from hipjoint.measure.femoral_head import find_neck_centre
from hipjoint.measure.landmarks import (
    CONDYLES,
    GREATER_TROCHANTER,
    KNEE_CENTRE,
    LESSER_TROCHANTER,
    NECK_CENTRE,
    RIM,
    SHAFT_AXIS,
    SIDES,
    Landmark,
    absent,
    table_of,
)
from hipjoint.measure.pelvic_points import Hip, find_pelvic_points
from hipjoint.measure.shaft import find_shaft_axis
from hipjoint.measure.trochanters import find_greater_trochanter, find_lesser_trochanter

# A head this far from the middle of its socket, or this much larger, in mm, is dislocated or was not found.
_OFF_MM, _LARGER_MM = 15.0, 3.0
_OF_SHAFT = (GREATER_TROCHANTER, LESSER_TROCHANTER, CONDYLES, KNEE_CENTRE)


def find_landmarks(anatomy: Anatomy) -> dict[str, Landmark]:
    """Every landmark of ``landmarks.LANDMARKS`` of both sides by its key, in LPS mm."""
    femoral = [each for side in SIDES for each in _femoral(anatomy, side)]
    acetabular = [each for side in SIDES for each in _acetabular(anatomy, side)]
    return table_of([*femoral, *acetabular, *_pelvic(anatomy)])


def _femoral(anatomy: Anatomy, side: Side) -> list[Landmark]:
    bone, head = anatomy.femur(side), in_socket(anatomy.heads[side], anatomy.acetabula[side][0])
    if bone is None or not head.found:
        return [head, *(absent(kind, side, head.reason) for kind in (NECK_CENTRE, SHAFT_AXIS, *_OF_SHAFT))]
    neck = find_neck_centre(bone, anatomy.near[side], side)
    axis = find_shaft_axis(bone, head)
    if not axis.found:
        return [head, neck, axis, *(absent(kind, side, axis.reason) for kind in _OF_SHAFT)]
    return [head, neck, axis, *_along_shaft(anatomy, bone, head, axis)]


def in_socket(head: Landmark, socket: Landmark) -> Landmark:
    """The sphere of a head, doubtful if it does not lie in the sphere of its socket."""
    if not head.found or not socket.found:
        return head
    off = float(np.linalg.norm(head.point - socket.point))
    if off <= _OFF_MM and head.radius <= socket.radius + _LARGER_MM:
        return head
    reason = (
        f"The {head.side} head ({2 * head.radius:.0f} mm wide) lies {off:.0f} mm from the middle of its socket "
        f"({2 * socket.radius:.0f} mm wide): dislocated, or not found."
    )
    return replace(head, quality="doubtful", reason=f"{head.reason} {reason}".strip())


def _along_shaft(anatomy: Anatomy, bone: Bone, head: Landmark, axis: Landmark) -> list[Landmark]:
    surface = anatomy.near_surfaces[head.side]
    return [
        find_greater_trochanter(bone, surface, head, axis),
        find_lesser_trochanter(bone, surface, head, axis),
        *find_condyles(bone, head, axis),
    ]


def _acetabular(anatomy: Anatomy, side: Side) -> list[Landmark]:
    sphere, socket = anatomy.acetabula[side]
    bone = anatomy.hip(side)
    if bone is None or socket is None:
        return [sphere, absent(RIM, side, sphere.reason)]
    return [sphere, find_rim(bone, socket, side)]


def _pelvic(anatomy: Anatomy) -> list[Landmark]:
    hips: dict[Side, Hip] = {}
    reasons: dict[Side, str] = {}
    for side in SIDES:
        bone = anatomy.hip(side)
        joint = next((each for each in (anatomy.acetabula[side][0], anatomy.heads[side]) if each.found), None)
        if bone is not None and joint is not None:
            hips[side] = Hip(bone, joint.point, joint.radius)
        else:
            reasons[side] = anatomy.acetabula[side][0].reason
    return find_pelvic_points(hips, reasons)
