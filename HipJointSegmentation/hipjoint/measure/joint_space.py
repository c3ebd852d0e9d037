"""The width of the joint space: how far the joint surface of the head is from the acetabulum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from hipjoint.measure.bone_shape import Surface
from hipjoint.measure.boundary import Floats
from hipjoint.measure.head_sphere import Sphere

# A point of the head counts if it is this near to its sphere, this deep in the socket under the plane of the rim, faces
# the bone, and the bone there is joint surface and not the fossa: at most this far outside the acetabular sphere.
_ON_HEAD_MM, _UNDER_RIM_MM, _IN_SOCKET_MM = 2.5, 3.0, 2.0
_WIDEST_MM = 12.0
_LEAST_POINTS = 100
# The least width is that of the narrowest hundredth of the points' part: a single point is noise.
_NARROW_PERCENT = 2.0


@dataclass(frozen=True)
class JointSpace:
    """Widths (n,) in mm at ``points`` (n, 3) of the head's surface in LPS mm."""

    points: Floats
    widths: Floats

    @property
    def least(self) -> float:
        """The least width in mm: two percent of the joint surface are narrower."""
        return float(np.percentile(self.widths, _NARROW_PERCENT))

    @property
    def mean(self) -> float:
        """The mean width in mm."""
        return float(self.widths.mean())

    def narrowest(self) -> Floats:
        """The middle (3,) of where it is narrowest."""
        return np.asarray(self.points[self.widths <= self.least].mean(axis=0))


def joint_space(
    femur: Surface, hip: Surface, head: Sphere, acetabulum: Sphere, rim: tuple[Floats, Floats]
) -> JointSpace | None:
    """The width from head to acetabulum, to the nearest point; None if too little of the joint is there.

    ``rim`` are a point of its plane and the normal out of the socket.
    """
    directions = head.directions(femur.points)
    on_head = np.abs(head.depth(femur.points)) < _ON_HEAD_MM
    deep = (femur.points - rim[0]) @ rim[1] < -_UNDER_RIM_MM
    facing = (directions * femur.normals).sum(axis=1) > 0.5
    here = np.flatnonzero(on_head & deep & facing)
    if len(here) < _LEAST_POINTS or len(hip.points) < _LEAST_POINTS:
        return None
    width, number = cKDTree(hip.points).query(femur.points[here])
    in_joint = (acetabulum.depth(hip.points[number]) > -_IN_SOCKET_MM) & (width < _WIDEST_MM)
    if np.count_nonzero(in_joint) < _LEAST_POINTS:
        return None
    return JointSpace(femur.points[here][in_joint], width[in_joint])
