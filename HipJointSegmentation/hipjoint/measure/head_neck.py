"""Where the head of the femur ends: axis of the neck, head-neck junction, and one rule of what is head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats, Mask, in_grid, voxel_centres
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.value import Definition

# The section of the neck leaves the sphere where its radius is this much larger than the sphere's.
LEAVES_MM = 1.0
# Beyond the sphere by more than this is no head: cartilage, osteophyte, or paint outside the lines.
MARGIN_MM = 3.0

# The neck is looked for round the direction of a neck-shaft angle of 127 degrees, this wide.
_EXPECTED_ELEVATION = np.deg2rad(127.0 - 90.0)
_SEARCH_DEGREES = 75.0
_OFF_SPHERE_MM = 2.0
# Of the directions that are searched; less is a dent or a bump and no neck.
_LEAST_NECK = 0.04
_RAYS, _RAY_STEP_MM = 3000, 0.5
_SECTION_STEP_MM, _PIXEL_MM = 0.5, 0.75
_FIRST_SECTION, _LAST_SECTION, _SECTION_REACH = 0.3, 1.3, 1.25

Ending = Literal["leaves the sphere", "cut", "none"]

JUNCTION = Definition(
    "head_neck_junction",
    "Head-neck junction",
    "mm",
    "Distance from the centre of the sphere, along the axis of the neck, of the first plane square to that axis in "
    f"which the section of the bone (as a circle of the same area) is {LEAVES_MM:.0f} mm or more larger in radius than "
    "the section of the sphere. If the mask ends before, the plane in which it ends. What lies beyond the plane, or "
    f"more than {MARGIN_MM:.0f} mm outside the sphere, is not head.",
    "after the alpha angle: the bone leaves the sphere (Nötzli et al., J Bone Joint Surg Br 2002); the amount is "
    "this program's",
)


@dataclass(frozen=True)
class Neck:
    """Unit vector (3,) in LPS from the sphere's centre into the neck, junction in mm along it, and how it was found.

    ``ending``: the section "leaves the sphere"; or the mask is "cut" at or before that; or there is "none" to see: then
    the axis is the expected one and the junction lies outside the sphere.
    """

    axis: Floats
    junction_mm: float
    ending: Ending

    def along(self, sphere: Sphere, points: Floats) -> Floats:
        """Place (n,) in mm of points (n, 3) along the axis, from the centre of the sphere."""
        return np.asarray((points - sphere.centre) @ self.axis)

    def polar_angle(self, sphere: Sphere) -> float:
        """Angle in degrees, at the sphere's centre, between the axis and the edge of the junction."""
        return float(np.degrees(np.arccos(np.clip(self.junction_mm / sphere.radius, -1.0, 1.0))))


def expected_axis(side: Side) -> Floats:
    """Unit vector in LPS of a neck with a neck-shaft angle of 127 degrees and no version."""
    lateral = -1.0 if side == "right" else 1.0
    return np.array([lateral * np.cos(_EXPECTED_ELEVATION), 0.0, -np.sin(_EXPECTED_ELEVATION)])


def lateral_of(side: Side) -> float:
    """Sign of the LPS x axis that points away from the middle of the patient."""
    return -1.0 if side == "right" else 1.0


def signed_distance(inside: Mask, grid: sitk.Image) -> Floats:
    """Field [z, y, x], positive inside, zero half-way between voxels in and out: shapes interpolate through it.

    Shape-based interpolation (Raya and Udupa 1990): between thick slices the outline changes gradually.
    """
    sampling = tuple(reversed(grid.GetSpacing()))
    within = ndimage.distance_transform_edt(inside, sampling=sampling)
    without = ndimage.distance_transform_edt(~inside, sampling=sampling)
    return np.asarray(within - without)


def sampled(field: Floats, grid: sitk.Image, points: Floats) -> Floats:
    """Linear interpolation (...) of a field [z, y, x] at points (..., 3) in LPS mm; outside the grid it is -1."""
    index = np.moveaxis(in_grid(points, grid)[..., ::-1], -1, 0)
    return np.asarray(ndimage.map_coordinates(field, index, order=1, mode="constant", cval=-1.0))


def find_neck(field: Floats, grid: sitk.Image, sphere: Sphere, side: Side) -> Neck:
    """The neck of the bone whose ``signed_distance`` is ``field``, and the junction by the rule of ``JUNCTION``.

    The axis is the mean of the directions, within 75 degrees of the expected one, in which the bone goes on 2 mm or
    more beyond the sphere; if it does so nowhere, of those in which it ends 2 mm or more short of it (a cut neck).
    """
    expected = expected_axis(side)
    directions = _directions_round(expected)
    reach = _reach(field, grid, sphere, directions) - sphere.radius
    beyond, short = reach > _OFF_SPHERE_MM, reach < -_OFF_SPHERE_MM
    enough = _LEAST_NECK * len(directions)
    found = beyond if np.count_nonzero(beyond) >= enough else short
    if np.count_nonzero(found) < enough:
        return Neck(expected, sphere.radius + MARGIN_MM, "none")
    mean = directions[found].mean(axis=0)
    axis = mean / np.linalg.norm(mean)
    return Neck(axis, *_junction(field, grid, sphere, axis))


def head_of(inside: Mask, grid: sitk.Image, sphere: Sphere, neck: Neck) -> Mask:
    """The part of the mask [z, y, x] that is head by the rule of ``JUNCTION``."""
    points = voxel_centres(inside, grid)
    kept = (neck.along(sphere, points) <= neck.junction_mm) & (sphere.depth(points) >= -MARGIN_MM)
    head = np.zeros_like(inside)
    head[inside] = kept
    return head


def _directions_round(middle: Floats) -> Floats:
    """Unit vectors (n, 3), even on the sphere (Fibonacci lattice), at most the searched angle from ``middle``."""
    number = np.arange(_RAYS) + 0.5
    height = 1 - 2 * number / _RAYS
    turn = np.pi * (1 + np.sqrt(5)) * number
    ring = np.sqrt(1 - height**2)
    directions = np.column_stack([ring * np.cos(turn), ring * np.sin(turn), height])
    return np.asarray(directions[directions @ middle >= np.cos(np.deg2rad(_SEARCH_DEGREES))])


def _reach(field: Floats, grid: sitk.Image, sphere: Sphere, directions: Floats) -> Floats:
    """How far (n,) in mm from the centre the bone goes without a gap in each direction (n, 3)."""
    distance = np.arange(0.0, 1.3 * sphere.radius, _RAY_STEP_MM)
    points = sphere.centre + directions[:, None] * distance[:, None]
    outside = sampled(field, grid, points) <= 0
    # The centre itself may lie in a hollow that was painted or cut: what counts begins at a third of the radius.
    outside[:, distance < sphere.radius / 3] = False
    first = np.where(outside.any(axis=1), outside.argmax(axis=1), len(distance) - 1)
    return np.asarray(distance[first] - _RAY_STEP_MM / 2)


def _junction(field: Floats, grid: sitk.Image, sphere: Sphere, axis: Floats) -> tuple[float, Ending]:
    """Where along the axis the sections leave the sphere, or the mask ends."""
    places = np.arange(_FIRST_SECTION * sphere.radius, _LAST_SECTION * sphere.radius, _SECTION_STEP_MM)
    radii = np.sqrt(_section_areas(field, grid, sphere, axis, places) / np.pi)
    of_sphere = np.sqrt(np.clip(sphere.radius**2 - places**2, 0, None))
    leaves = _first_place(radii - of_sphere - LEAVES_MM, places)
    # A section of half the radius is the end of the mask: a plane that cuts it not quite square makes such sections.
    ends = _first_place(np.where(of_sphere > 0, of_sphere / 2 - radii, 1 - radii), places)
    if min(leaves, ends) == np.inf:
        return sphere.radius + MARGIN_MM, "none"
    return (leaves, "leaves the sphere") if leaves < ends else (ends, "cut")


def _first_place(excess: Floats, places: Floats) -> float:
    """Where ``excess`` (n,) first comes to zero from below, between the places (n,); infinite if it does not."""
    over = excess >= 0
    if not over.any():
        return np.inf
    first = int(over.argmax())
    if first == 0:
        return float(places[0])
    low, high = excess[first - 1], excess[first]
    return float(places[first] - (places[first] - places[first - 1]) * high / (high - low))


def _section_areas(field: Floats, grid: sitk.Image, sphere: Sphere, axis: Floats, places: Floats) -> Floats:
    """Area (n,) in mm² of the bone's section square to the axis at each place; the piece round the axis alone."""
    across, down = plane_axes(axis)
    reach = _SECTION_REACH * sphere.radius
    pixels = np.arange(-reach, reach + _PIXEL_MM / 2, _PIXEL_MM)
    plane = pixels[:, None, None] * across + pixels[:, None] * down
    points = sphere.centre + places[:, None, None, None] * axis + plane
    sections = sampled(field, grid, points) > 0
    round_axis = np.hypot(pixels[:, None], pixels) <= sphere.radius / 4
    return np.array([_piece_area(section, round_axis) for section in sections])


def _piece_area(section: Mask, round_axis: Mask) -> float:
    """Area in mm² of the pieces of a section that come near the axis: the greater trochanter is none of them."""
    pieces, _ = ndimage.label(section)
    near = np.unique(pieces[round_axis])
    return float(np.count_nonzero(np.isin(pieces, near[near > 0]))) * _PIXEL_MM**2


def plane_axes(normal: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors that with the unit vector ``normal`` (3,) make a right-angled frame."""
    helper = np.eye(3)[int(np.argmin(np.abs(normal)))]
    across = np.cross(normal, helper)
    across /= np.linalg.norm(across)
    return across, np.cross(normal, across)
