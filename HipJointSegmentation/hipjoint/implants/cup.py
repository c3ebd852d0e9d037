"""A cup: a hemisphere with a wall, in its own frame with the centre at the origin and its opening along z."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.errors import InputError
from hipjoint.implants.pose import placed
from hipjoint.measure.bone_shape import Bone, field_at
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import Frame
from hipjoint.mesh.arrays import surface_of

# Outer diameters in mm, and the thickness of the wall of all of them.
SMALLEST, LARGEST, STEP = 44.0, 66.0, 2.0
WALL_MM = 4.0
# A gap between cup and bone up to this wide counts as covered: it is about a voxel.
CONTACT_MM = 1.0
_POINTS = 6000
# The medial wall is what lies within these degrees of medial, looked at along rays in such steps.
_MEDIAL_DEGREES, _RAY_STEP_MM, _BEHIND_MM = 50.0, 0.25, 15.0
# A field of the bone that is made once serves all cups whose centre lies this near, in mm, to its middle.
ROOM_MM = 15.0
# So much of the medial wall may lie nearer: a voxel is no wall.
_PERCENT = 2.0
_MERIDIANS, _PARALLELS = 96, 24


@dataclass(frozen=True)
class Cup:
    """A cup of an outer ``diameter`` in mm."""

    diameter: float
    wall: float = WALL_MM

    @property
    def radius(self) -> float:
        """The outer radius in mm."""
        return self.diameter / 2


CUPS: tuple[Cup, ...] = tuple(Cup(float(each)) for each in np.arange(SMALLEST, LARGEST + STEP / 2, STEP))


@dataclass(frozen=True)
class CupFit:
    """Share of the hemisphere that bone covers; mm of bone behind the cup to medial, negative where it is pierced.

    ``medial_wall`` is None where no bone lies to medial.
    """

    coverage: float
    medial_wall: float | None

    @property
    def penetration(self) -> float | None:
        """How far in mm the cup goes through the medial wall; none if it does not."""
        return None if self.medial_wall is None else max(0.0, -self.medial_wall)


def cup_for(sphere_diameter: float) -> Cup | None:
    """The smallest cup that is not smaller than an acetabular sphere, None if there is none that large or small."""
    if sphere_diameter <= SMALLEST - STEP:
        return None
    return next((cup for cup in CUPS if cup.diameter >= sphere_diameter), None)


def cup_of(diameter: float) -> Cup:
    """The cup of a diameter. Raises ``InputError`` for one that there is not."""
    found = next((cup for cup in CUPS if cup.diameter == diameter), None)
    if found is None:
        raise InputError(f"{diameter:g} mm is no size of a cup: choose one of {SMALLEST:.0f} to {LARGEST:.0f} mm.")
    return found


def field_round(hip: Bone, centre: Floats) -> sitk.Image:
    """The field of a hip bone that every cup needs whose centre lies within ``ROOM_MM`` of ``centre`` (3,)."""
    return hip.field(hip.fine, centre, LARGEST / 2 + _BEHIND_MM + 2.0 + ROOM_MM)


def cup_fit(cup: Cup, pose: Floats, hip: Bone, frame: Frame, known: sitk.Image | None = None) -> CupFit:
    """What a cup at a ``pose`` (4, 4) does in a hip bone; medial is that of ``frame``.

    A point of the outer surface is covered if bone lies ``CONTACT_MM`` outside it. The medial wall is measured along
    rays from the cup's centre: from its surface to where they leave the bone. ``known`` is what ``field_round`` made,
    if it is there.
    """
    centre = pose[:3, 3]
    if (np.linalg.norm(hip.coarse.points - centre, axis=1) > cup.radius + _BEHIND_MM).all():
        return CupFit(0.0, None)
    field = hip.field(hip.fine, centre, cup.radius + _BEHIND_MM + 2.0) if known is None else known
    directions = placed(_HEMISPHERE, pose) - centre
    covered = field_at(field, centre + (cup.radius + CONTACT_MM) * directions) > 0
    medial = -frame.lateral("right" if hip.label.name.endswith("right") else "left")
    rays = directions[directions @ medial > np.cos(np.deg2rad(_MEDIAL_DEGREES))]
    distance = np.arange(0.4 * cup.radius, cup.radius + _BEHIND_MM, _RAY_STEP_MM)
    inside = field_at(field, centre + rays[:, None] * distance[:, None]) > 0
    some = inside.any(axis=1)
    if not some.any():
        return CupFit(float(covered.mean()), None)
    last = inside.shape[1] - 1 - inside[some, ::-1].argmax(axis=1)
    wall = distance[last] + _RAY_STEP_MM / 2 - cup.radius
    return CupFit(float(covered.mean()), float(np.percentile(wall, _PERCENT)))


def _hemisphere() -> Floats:
    """Unit vectors (n, 3), even on the half of the sphere away from the opening (Fibonacci lattice)."""
    number = np.arange(_POINTS) + 0.5
    depth = -number / _POINTS
    turn = np.pi * (1 + np.sqrt(5)) * number
    ring = np.sqrt(1 - depth**2)
    return np.column_stack([ring * np.cos(turn), ring * np.sin(turn), depth])


_HEMISPHERE = _hemisphere()


def cup_surface(cup: Cup, pose: Floats) -> vtkPolyData:
    """The closed surface of a cup in LPS mm: outer and inner hemisphere and the ring between them."""
    turn = np.linspace(0, np.pi / 2, _PARALLELS + 1)[1:]
    outer = cup.radius * np.column_stack([np.sin(turn), -np.cos(turn)])
    inner = (cup.radius - cup.wall) * np.column_stack([np.sin(turn), -np.cos(turn)])
    profile = np.concatenate([outer, inner[::-1]])
    points, triangles = _revolved(profile, -cup.radius, -(cup.radius - cup.wall))
    return surface_of(placed(points, pose), triangles)


def _revolved(profile: Floats, first: float, last: float) -> tuple[Floats, np.ndarray]:
    """Points and triangles of a ``profile`` (n, 2) of distance and height, turned round z, between points on the axis.

    Seen from outside if the profile runs up along the outside.
    """
    turn = 2 * np.pi * np.arange(_MERIDIANS) / _MERIDIANS
    rings = [np.column_stack([r * np.cos(turn), r * np.sin(turn), np.full(_MERIDIANS, z)]) for r, z in profile]
    points = np.concatenate([[[0.0, 0.0, first]], *rings, [[0.0, 0.0, last]]])
    here, beyond = np.arange(_MERIDIANS), np.roll(np.arange(_MERIDIANS), -1)
    triangles = [np.column_stack([np.zeros_like(here), 1 + beyond, 1 + here])]
    for low in range(1, 1 + (len(profile) - 1) * _MERIDIANS, _MERIDIANS):
        high = low + _MERIDIANS
        triangles += [
            np.column_stack([low + here, low + beyond, high + beyond]),
            np.column_stack([low + here, high + beyond, high + here]),
        ]
    end, top = len(points) - 1, len(points) - 1 - _MERIDIANS
    triangles.append(np.column_stack([top + here, top + beyond, np.full_like(here, end)]))
    return points, np.concatenate(triangles).astype(np.int64)
