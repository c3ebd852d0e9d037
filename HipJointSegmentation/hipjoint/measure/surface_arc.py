"""Which part of the head's outline in the mid-coronal or mid-sagittal plane lies over the lesion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats, Mask
from hipjoint.measure.head_neck import MARGIN_MM, Neck, lateral_of, sampled
from hipjoint.measure.head_sphere import Sphere

Plane = Literal["coronal", "sagittal"]

# A lesion that comes this near to the joint surface reaches it: the band at its border may run under the surface.
REACHES_MM = 3.0
STEP_DEGREES = 0.25
_RAY_STEP_MM = 0.25
_NEAREST = 0.3


@dataclass(frozen=True)
class Arc:
    """The outline by angle, seen from the sphere's centre: 0 is superior, positive lateral (coronal) or anterior.

    ``angles`` (n,) in degrees from -180 to 180; ``involved`` (n,) where the lesion reaches the surface; ``end_error``
    in degrees is by how much the ends of the involved parts may be wrong together.
    """

    angles: Floats
    involved: Mask
    end_error: float

    @property
    def degrees(self) -> float:
        """How much of the outline is involved; gaps do not count."""
        return float(np.count_nonzero(self.involved)) * STEP_DEGREES


def direction_at(angles: Floats, plane: Plane, side: Side) -> Floats:
    """Unit vectors (n, 3) in LPS of angles (n,) in degrees in a plane of the patient."""
    turn = np.deg2rad(angles)
    nothing = np.zeros_like(turn)
    if plane == "coronal":
        return np.column_stack([lateral_of(side) * np.sin(turn), nothing, np.cos(turn)])
    return np.column_stack([nothing, -np.sin(turn), np.cos(turn)])


def surface_arc(
    head: Floats, lesion: Floats, grid: sitk.Image, sphere: Sphere, neck: Neck, plane: Plane, side: Side
) -> Arc:
    """The arc in the patient's plane through the sphere's centre.

    ``head`` and ``lesion`` are ``signed_distance`` fields on ``grid``. An angle is involved if, on the ray from the
    centre, lesion lies within 3 mm under the outermost point of the head. Rays into the neck meet no joint surface.
    """
    angles = np.arange(-180.0, 180.0, STEP_DEGREES) + STEP_DEGREES / 2
    directions = direction_at(angles, plane, side)
    distance = np.arange(_NEAREST * sphere.radius, sphere.radius + MARGIN_MM, _RAY_STEP_MM)
    points = sphere.centre + directions[:, None] * distance[:, None]
    inside = sampled(head, grid, points) > 0
    outermost = np.where(inside.any(axis=1), distance[inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)], -np.inf)
    near = (distance <= outermost[:, None]) & (distance > outermost[:, None] - REACHES_MM)
    to_joint = directions @ neck.axis < np.cos(np.deg2rad(neck.polar_angle(sphere)))
    involved = (near & (sampled(lesion, grid, points) > 0)).any(axis=1) & to_joint
    return Arc(angles, involved, _end_error(angles, involved, grid, sphere, plane, side))


def _end_error(angles: Floats, involved: Mask, grid: sitk.Image, sphere: Sphere, plane: Plane, side: Side) -> float:
    """Half of the largest step along the outline at each end of the involved parts, as angles, together."""
    ends = angles[involved != np.roll(involved, 1)]
    tangents = direction_at(ends + 90.0, plane, side)
    steps = np.abs(tangents @ np.array(grid.GetDirection()).reshape(3, 3)) * grid.GetSpacing()
    return float(np.degrees(steps.max(axis=1) / 2 / sphere.radius).sum()) if len(ends) else 0.0
