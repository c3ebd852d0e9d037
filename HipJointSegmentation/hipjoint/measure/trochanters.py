"""The tips of the trochanters: where the femur stands out, up and to the back, beside its shaft."""

from __future__ import annotations

import numpy as np

from hipjoint.measure.bone_shape import Bone, Surface
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import anterior_of, square_to, unit
from hipjoint.measure.landmarks import GREATER_TROCHANTER, LESSER_TROCHANTER, Landmark, absent, placed
from hipjoint.measure.robust import tip
from hipjoint.measure.shaft import up_of

# In head radii. Greater trochanter: at most this far medial of the shaft's axis, and this far round it.
_MEDIAL, _REACH = 0.35, 3.0
# Lesser trochanter: between these distances below the head's centre, along the shaft, and from where the bone above it
# is looked at.
_LT_UPPER, _LT_LOWER, _LT_SEEN = 1.4, 3.5, 0.8
# How far from the middle of the bulge its tip may be, along the shaft.
_LT_HIGH_MM, _LT_ROUNDS = 6.0, 4
# Both trochanters are blunt: where they reach farthest is taken from so wide and so deep a cap, in mm.
_CAP = (8.0, 2.0)
# Degrees round the shaft from the direction of the head towards posterior: where it stands out, and how wide it may be.
_LT_TURN, _LT_WIDE = 50.0, 35.0
# The tip stands out if, this far above and below it, the bone is this much less prominent.
_BESIDE_MM, _STANDS_OUT_MM = 16.0, 2.5
_NEAR_CUT_MM = 8.0


def find_greater_trochanter(bone: Bone, surface: Surface, head: Landmark, axis: Landmark) -> Landmark:
    """The highest point along the shaft of what lies lateral; ``surface`` is the fine one of the proximal femur."""
    side, up = head.side, up_of(axis)
    lateral = -unit(square_to(head.point - axis.point, up))
    offset = square_to(surface.points - axis.point, up)
    beside = (offset @ lateral > -_MEDIAL * head.radius) & (np.linalg.norm(offset, axis=1) < _REACH * head.radius)
    if not beside.any():
        return absent(GREATER_TROCHANTER, side, f"The {side} femur shows no greater trochanter.")
    place = tip(surface.points[beside], up, *_CAP)
    if (place - head.point) @ up < -_LT_UPPER * head.radius:
        return absent(GREATER_TROCHANTER, side, f"The {side} femur shows no greater trochanter.")
    return placed(GREATER_TROCHANTER, side, place, doubt=_near_cut(bone, place, "greater", axis))


def find_lesser_trochanter(bone: Bone, surface: Surface, head: Landmark, axis: Landmark) -> Landmark:
    """The point that stands out most from the axis to medial and posterior, if it stands out at all."""
    side, up = head.side, up_of(axis)
    medial = unit(square_to(head.point - axis.point, up))
    posterior = -anterior_of(medial, up, side)
    offset = square_to(surface.points - axis.point, up)
    below = (head.point - surface.points) @ up / head.radius
    turn = np.degrees(np.arctan2(offset @ posterior, offset @ medial))
    here = (below > _LT_SEEN) & (below < _LT_LOWER) & (np.abs(turn - _LT_TURN) < _LT_WIDE)
    if not (here & (below > _LT_UPPER)).any():
        return absent(LESSER_TROCHANTER, side, f"The scan does not show the {side} lesser trochanter.")
    height = surface.points[here] @ up
    highest = float(head.point @ up) - _LT_UPPER * head.radius
    towards = np.cos(np.deg2rad(_LT_TURN)) * medial + np.sin(np.deg2rad(_LT_TURN)) * posterior
    level = _most_prominent(surface.points[here] @ towards, height, highest)
    if level is None:
        return absent(LESSER_TROCHANTER, side, f"No lesser trochanter stands out from the {side} femur.")
    near = np.abs(height - level) <= _LT_HIGH_MM
    place = _farthest(surface.points[here][near], offset[here][near], up)
    return placed(LESSER_TROCHANTER, side, place, doubt=_near_cut(bone, place, "lesser", axis))


def _most_prominent(out: Floats, height: Floats, highest: float) -> float | None:
    """The height of the bulge in an outline, at ``highest`` at the most; None if it only slopes or is straight.

    ``out`` (n,) and ``height`` (n,) in mm are how far points reach and where.
    """
    steps = np.arange(height.min(), height.max() + 1.0, 2.0)
    profile = np.array([out[np.abs(height - step) <= 2.0].max(initial=-np.inf) for step in steps])
    beside = int(_BESIDE_MM / 2.0)
    best, most = None, _STANDS_OUT_MM
    for at in range(1, len(steps) - 1):
        above, below = profile[at : at + beside + 1].min(), profile[max(0, at - beside) : at + 1].min()
        stands_out = profile[at] - max(above, below)
        is_peak = profile[at] >= max(profile[at - 1], profile[at + 1])
        if steps[at] <= highest and is_peak and stands_out > most:
            best, most = float(steps[at]), stands_out
    return best


def _farthest(points: Floats, offset: Floats, up: Floats) -> Floats:
    """The tip (3,) of a bulge: the farthest of its points (n, 3), whose ``offset`` (n, 3) is from the shaft's axis."""
    towards = unit(offset[int(np.argmax(np.linalg.norm(offset, axis=1)))])
    for _ in range(_LT_ROUNDS):
        place = tip(points, towards, *_CAP)
        foot = (points - offset)[0]
        towards = unit(square_to(place - foot, up))
    return place


def _near_cut(bone: Bone, place: Floats, which: str, axis: Landmark) -> str:
    """Why a tip is not certain: the scan ends beside it, or the axis that it was found along is not certain."""
    near = bone.to_cut(place[None])[0] < _NEAR_CUT_MM
    cut = f"The {axis.side} {which} trochanter is cut by the edge of the scan." if near else ""
    return " ".join(filter(None, (cut, axis.reason)))
