"""The backs of the femoral condyles, on which a femur lies on a table."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull

from hipjoint.measure.bone_shape import Bone
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import anterior_of, square_to, unit
from hipjoint.measure.landmarks import CONDYLES, KNEE_CENTRE, Landmark, absent, placed
from hipjoint.measure.shaft import up_of

# In head radii: a femur with its condyles is this long at least, and the condyles are this high and this wide.
_LEAST_LENGTH, _HEIGHT, _LEAST_WIDTH = 11.0, 1.6, 2.4
# The line that touches both condyles is this long at least, in head radii, and faces the back within these degrees.
_LEAST_BRIDGE, _FACING = 1.0, 60.0
_TOUCH_MM = 0.8
_ROUNDS = 3


def find_condyles(bone: Bone, head: Landmark, axis: Landmark) -> tuple[Landmark, Landmark]:
    """The line that touches both condyles from behind, and the centre of the knee; or why there is none."""
    side, up = head.side, up_of(axis)
    base = axis.point
    for _ in range(_ROUNDS):
        height = bone.coarse.points @ up
        reason = _missing(bone, head, up, height)
        if reason:
            return absent(CONDYLES, side, reason), absent(KNEE_CENTRE, side, reason)
        distal = bone.coarse.points[height < height.min() + _HEIGHT * head.radius]
        centre = (distal.max(axis=0) + distal.min(axis=0)) / 2
        up = unit(base - centre)
    medial = unit(square_to(head.point - base, up))
    backs = _backs(distal, medial, anterior_of(medial, up, side), _LEAST_BRIDGE * head.radius)
    if backs is None:
        reason = f"No line touches both condyles of the {side} femur from behind."
        return absent(CONDYLES, side, reason), absent(KNEE_CENTRE, side, reason)
    return placed(CONDYLES, side, *backs), placed(KNEE_CENTRE, side, centre)


def _missing(bone: Bone, head: Landmark, up: Floats, height: Floats) -> str:
    """Why the condyles cannot be seen, empty if they can."""
    lowest = float(height.min())
    if float(head.point @ up) - lowest < _LEAST_LENGTH * head.radius:
        return f"The scan does not show the condyles of the {head.side} femur."
    if len(bone.cut) and (bone.cut @ up).min() < lowest + _HEIGHT * head.radius:
        return f"The condyles of the {head.side} femur are cut by the edge of the scan."
    distal = bone.coarse.points[height < lowest + _HEIGHT * head.radius]
    across = square_to(distal - distal.mean(axis=0), up)
    width = 2 * np.sqrt(2) * np.linalg.svd(across, compute_uv=False)[0] / np.sqrt(len(across))
    if width < _LEAST_WIDTH * head.radius:
        return f"The lower end of the {head.side} femur is too narrow to be its condyles."
    return ""


def _backs(distal: Floats, medial: Floats, anterior: Floats, least: float) -> tuple[Floats, Floats] | None:
    """The two points (3,), medial first, where the longest edge of the outline that faces the back touches."""
    flat = np.column_stack([distal @ medial, distal @ anterior])
    corners = flat[ConvexHull(flat).vertices]
    edges = np.roll(corners, -1, axis=0) - corners
    length = np.linalg.norm(edges, axis=1)
    # The hull runs counter-clockwise in (medial, anterior): outside lies to the right of an edge.
    faces_back = edges[:, 0] > np.cos(np.deg2rad(_FACING)) * length
    if not (faces_back & (length > least)).any():
        return None
    longest = int(np.argmax(np.where(faces_back, length, 0)))
    along = edges[longest] / length[longest]
    out = np.array([along[1], -along[0]])
    depth = corners[longest] @ out - flat @ out
    half = (flat - corners[longest]) @ along < length[longest] / 2
    touching = [distal[(depth < _TOUCH_MM) & which].mean(axis=0) for which in (~half, half)]
    return touching[0], touching[1]
