"""Where an implant lies: a 4x4 matrix from its own frame to LPS mm, as Slicer's transforms are."""

from __future__ import annotations

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import Frame, unit
from hipjoint.measure.head_neck import plane_axes
from hipjoint.measure.orientation import Orientation, axis_of, radiographic

_FLAT = 1e-3


def pose_of(origin: Floats, x: Floats, z: Floats) -> Floats:
    """The pose (4, 4) with its ``origin`` (3,) in LPS mm and unit vectors (3,) ``x`` and ``z`` at right angles."""
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([x, np.cross(z, x), z])
    pose[:3, 3] = origin
    return pose


def placed(points: Floats, pose: Floats) -> Floats:
    """Points (n, 3) of the implant's own frame in LPS mm."""
    return np.asarray(points @ pose[:3, :3].T + pose[:3, 3])


def own(points: Floats, pose: Floats) -> Floats:
    """Points (n, 3) in LPS mm in the implant's own frame."""
    return np.asarray((points - pose[:3, 3]) @ pose[:3, :3])


def cup_pose(centre: Floats, inclination: float, version: float, frame: Frame, side: Side) -> Floats:
    """The pose of a cup: its centre in LPS mm, and radiographic angles in degrees in a ``frame`` (Murray 1993)."""
    lateral, anterior, superior = axis_of(inclination, version)
    axis = unit(lateral * frame.lateral(side) + anterior * frame.anterior + superior * frame.superior)
    return pose_of(centre, plane_axes(axis)[0], axis)


def cup_angles(pose: Floats, frame: Frame, side: Side) -> Orientation:
    """Radiographic inclination and version in degrees of a cup in a ``frame``."""
    return radiographic(frame.parts(unit(pose[:3, 2]), side))


def rigid(matrix: Floats) -> Floats | None:
    """The nearest pose to a matrix (4, 4) that may stretch or shear too; None for one that mirrors or lays flat."""
    if not np.isfinite(matrix).all():
        return None
    left, stretch, right = np.linalg.svd(matrix[:3, :3])
    if np.linalg.det(left @ right) < 0 or stretch[-1] < _FLAT * stretch[0]:
        return None
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = left @ right, matrix[:3, 3]
    return pose
