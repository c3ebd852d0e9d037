"""All landmarks of both hips, found in the bones; what cannot be found is said to be absent, with the reason."""

from __future__ import annotations

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

_OF_SHAFT = (GREATER_TROCHANTER, LESSER_TROCHANTER, CONDYLES, KNEE_CENTRE)


def find_landmarks(anatomy: Anatomy) -> dict[str, Landmark]:
    """Every landmark of ``landmarks.LANDMARKS`` of both sides by its key, in LPS mm."""
    femoral = [each for side in SIDES for each in _femoral(anatomy, side)]
    acetabular = [each for side in SIDES for each in _acetabular(anatomy, side)]
    return table_of([*femoral, *acetabular, *_pelvic(anatomy)])


def _femoral(anatomy: Anatomy, side: Side) -> list[Landmark]:
    bone, head = anatomy.femur(side), anatomy.heads[side]
    if bone is None or not head.found:
        return [head, *(absent(kind, side, head.reason) for kind in (NECK_CENTRE, SHAFT_AXIS, *_OF_SHAFT))]
    neck = find_neck_centre(bone, anatomy.near[side], side)
    axis = find_shaft_axis(bone, head)
    if not axis.found:
        return [head, neck, axis, *(absent(kind, side, axis.reason) for kind in _OF_SHAFT)]
    return [head, neck, axis, *_along_shaft(anatomy, bone, head, axis)]


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
