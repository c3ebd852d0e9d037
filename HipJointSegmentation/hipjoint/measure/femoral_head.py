"""The head of a whole femur: its sphere and the narrowest place of its neck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.measure.bone_shape import COARSE_MM, Bone, Surface, field_at
from hipjoint.measure.boundary import Boundary, Floats, Mask, boundary
from hipjoint.measure.frames import unit
from hipjoint.measure.head_neck import find_neck, plane_axes
from hipjoint.measure.head_sphere import LEAST_USED, Sphere, fit_sphere
from hipjoint.measure.landmarks import HEAD, NECK_CENTRE, Landmark, absent, placed
from hipjoint.measure.sphere_votes import voted_sphere

# The head lies in the uppermost part of the femur; below this the condyles could be taken for it.
_UPPER_MM = 130.0
# Spheres of these radii in mm are looked for.
_VOTE_RADII = np.arange(15.0, 35.0, 2.0)
# In head radii: the box round the head, and that round head, neck and trochanters.
_HEAD_BOX, _NEAR_BOX = 1.4, 3.0
NEAR_MM = 1.0
# A head that is less round than this is measured, but not to be trusted. Two millimetres are also what tells a head
# that has collapsed (Yoon et al., J Arthroplasty 2020, ARCO).
_ROUGH_MM, _OFF_MM, _LARGEST_OFF_SHARE = 1.5, 2.0, 0.15
# Nearer than this to the axis of the neck, seen from its centre, the head goes over into the neck. What is left is head
# up to so many radii outside the sphere.
_OFF_NECK_DEGREES, _OUTERMOST = 65.0, 1.25
_AXIS_ROUNDS = 3
# In head radii from the centre along the neck: where the narrowest place is looked for, and how wide.
_NECK_FROM, _NECK_TO, _NECK_REACH = 0.55, 2.0, 1.25
_STEP_MM, _PIXEL_MM = 1.0, 0.75
_ROUNDS = 5
# Sections that are at most this much larger than the narrowest are the neck, and their middles are averaged.
_ABOUT_NARROWEST = 1.1
# A neck is narrower than its head; its section is at most this share of the head's.
_LARGEST_SHARE = 0.92


@dataclass(frozen=True)
class Proximal:
    """Sphere of a head, ``field`` of its surroundings (positive inside, 1 mm), ``start`` (3,) of the neck's axis."""

    sphere: Sphere
    field: sitk.Image
    start: Floats


def find_sphere(bone: Bone, side: Side) -> Landmark:
    """The head's sphere in a femur that is shown from the head downwards, by more or less."""
    surface = bone.coarse
    if not len(surface.points):
        return absent(HEAD, side, f"The {side} femur is too small to be measured.")
    upper = surface.points[:, 2] > surface.points[:, 2].max() - _UPPER_MM
    try:
        found = _refined(bone, _rough(surface.chosen(upper)), side)
    except InputError:
        return absent(HEAD, side, f"The {side} femur shows no round head.")
    sphere = found.sphere
    doubt = _doubt(bone, found, side)
    if sphere.used < LEAST_USED / 2:
        return absent(HEAD, side, doubt)
    return placed(HEAD, side, sphere.centre, doubt=doubt, radius=sphere.radius, residual=sphere.rms_mm)


def _rough(surface: Surface) -> Sphere:
    """About the sphere of the head: no other part of the femur is so much of a sphere."""
    found = voted_sphere(surface, _VOTE_RADII, hollow=False)
    return fit_sphere(_as_boundary(surface), None if found is None else found[0])


def _as_boundary(surface: Surface) -> Boundary:
    count = len(surface.points)
    return Boundary(surface.points, surface.normals, np.full(count, COARSE_MM / 2), np.full(count, COARSE_MM**2))


@dataclass(frozen=True)
class _Fit:
    """A ``sphere``, and which share of the head's surface lies more than 2 mm off it."""

    sphere: Sphere
    off_share: float


def _refined(bone: Bone, rough: Sphere, side: Side) -> _Fit:
    """The fit to the voxels of the scan, each as exact as it is; then to what is not near the neck, if there is one.

    Where a head is not quite round, what the neck's beginning adds would pull at the sphere and make it smaller.
    """
    box = bone.box(rough.centre, _HEAD_BOX * rough.radius)
    found = boundary(sitk.GetArrayViewFromImage(box) != 0, box)
    found = found.chosen(bone.to_cut(found.points) > max(box.GetSpacing()))
    sphere = fit_sphere(found, rough)
    axis = _neck_axis(bone, sphere, side)
    if axis is None:
        return _Fit(sphere, 0.0)
    part = found.chosen(sphere.directions(found.points) @ axis < np.cos(np.deg2rad(_OFF_NECK_DEGREES)))
    return _without_neck(part, sphere)


def _without_neck(part: Boundary, whole: Sphere) -> _Fit:
    """The fit to the ``part`` of the surface off the neck; a head of which too little is left keeps the ``whole``."""
    try:
        sphere = fit_sphere(part, whole)
    except InputError:
        return _Fit(whole, 0.0)
    if sphere.used < LEAST_USED:
        return _Fit(whole, 0.0)
    depth = sphere.depth(part.points)
    patches = part.patches * (depth > (1 - _OUTERMOST) * sphere.radius)
    # In thick slices the voxels alone put points that far off.
    limit = np.maximum(_OFF_MM, 3 * part.exactness(sphere.directions(part.points)))
    return _Fit(sphere, float(patches[np.abs(depth) > limit].sum() / patches.sum()))


def _neck_axis(bone: Bone, sphere: Sphere, side: Side) -> Floats | None:
    """Unit vector (3,) from the head's centre to the narrowest place of the neck; None without a neck."""
    field = bone.field(COARSE_MM, sphere.centre, _NEAR_BOX * sphere.radius)
    axis = find_neck(sitk.GetArrayViewFromImage(field).astype(np.float64), field, sphere, side).axis
    narrowest = _narrowest_place(field, sphere, axis, COARSE_MM, _AXIS_ROUNDS)
    return None if narrowest is None else unit(narrowest[0] - sphere.centre)


def _doubt(bone: Bone, found: _Fit, side: Side) -> str:
    doubts, sphere = [], found.sphere
    if sphere.used < LEAST_USED:
        doubts.append(f"Only {100 * sphere.used:.0f} % of the {side} head's sphere is bone surface.")
    if sphere.rms_mm > _ROUGH_MM:
        doubts.append(f"The {side} head is not round (residual {sphere.rms_mm:.1f} mm).")
    if found.off_share > _LARGEST_OFF_SHARE:
        share = f"{100 * found.off_share:.0f} % of the surface of the {side} head"
        doubts.append(f"{share} lie more than {_OFF_MM:.0f} mm off its sphere: it is not round.")
    if len(bone.cut) and (np.linalg.norm(bone.cut - sphere.centre, axis=1) < 1.1 * sphere.radius).any():
        doubts.append(f"The {side} head is cut by the edge of the scan.")
    return " ".join(doubts)


def proximal_part(bone: Bone, head: Landmark) -> Proximal:
    """The surroundings of a head that was found, and about where its neck goes."""
    sphere = Sphere(head.point, head.radius)
    field = bone.field(NEAR_MM, sphere.centre, _NEAR_BOX * sphere.radius)
    values = sitk.GetArrayViewFromImage(field).astype(np.float64)
    return Proximal(sphere, field, find_neck(values, field, sphere, head.side).axis)


def find_neck_centre(bone: Bone, near: Proximal, side: Side) -> Landmark:
    """The centroid of the narrowest section; its plane is square to the line from the head's centre, by iteration."""
    sphere = near.sphere
    found = _narrowest_place(near.field, sphere, near.start, _STEP_MM, _ROUNDS)
    if found is None:
        return absent(NECK_CENTRE, side, f"The {side} femur shows no neck.")
    centre, area = found
    share = area / (np.pi * sphere.radius**2)
    doubts = []
    if share > _LARGEST_SHARE:
        doubts.append(f"The {side} neck is not narrower than the head.")
    if bone.to_cut(centre[None])[0] < sphere.radius:
        doubts.append(f"The {side} neck is cut by the edge of the scan.")
    return placed(NECK_CENTRE, side, centre, doubt=" ".join(doubts))


def _narrowest_place(
    field: sitk.Image, sphere: Sphere, axis: Floats, step: float, rounds: int
) -> tuple[Floats, float] | None:
    """Centroid (3,) and area in mm² of the neck's narrowest section, by iteration from a first ``axis``; None if none.

    Sections lie every ``step`` mm; each round makes them square to the line to the centroid that the last one found.
    """
    places = np.arange(_NECK_FROM * sphere.radius, _NECK_TO * sphere.radius, step)
    for _ in range(rounds):
        areas, middles = sections(field, sphere.centre, axis, places, _NECK_REACH * sphere.radius)
        found = _narrowest(areas)
        if found is None:
            return None
        centre = middles[found].mean(axis=0)
        axis = unit(centre - sphere.centre)
    return centre, float(areas[found].mean())


def sections(field: sitk.Image, start: Floats, axis: Floats, places: Floats, reach: float) -> tuple[Floats, Floats]:
    """Areas (n,) in mm² and centroids (n, 3) in LPS mm of the sections square to ``axis`` at ``places`` mm from start.

    Of each section counts the piece that comes near the axis; an empty one has no area and a centroid on the axis.
    """
    across, down = plane_axes(axis)
    pixels = np.arange(-reach, reach + _PIXEL_MM / 2, _PIXEL_MM)
    plane = pixels[:, None, None] * across + pixels[:, None] * down
    on_axis = start + places[:, None] * axis
    inside = field_at(field, on_axis[:, None, None] + plane) > 0
    round_axis = np.hypot(pixels[:, None], pixels) <= reach / 5
    areas, middles = [], []
    for place, section in zip(on_axis, inside, strict=True):
        piece = _near_axis(section, round_axis)
        areas.append(np.count_nonzero(piece) * _PIXEL_MM**2)
        middles.append(place + plane[piece].mean(axis=0) if piece.any() else place)
    return np.array(areas), np.array(middles)


def _near_axis(section: Mask, round_axis: Mask) -> Mask:
    pieces, _ = ndimage.label(section)
    near = np.unique(pieces[round_axis & section])
    return np.asarray(np.isin(pieces, near[near > 0]))


def _narrowest(areas: Floats) -> slice | None:
    """Numbers of the sections round the narrowest one, none if there is only a beginning or nothing."""
    shown = areas > 0
    end = len(areas) if shown.all() else int(np.argmin(shown))
    if end < 5:
        return None
    smooth = ndimage.uniform_filter1d(areas[:end], 3, mode="nearest")
    least = int(np.argmin(smooth))
    about = smooth <= _ABOUT_NARROWEST * smooth[least]
    first = least - int(np.argmin(np.r_[about[: least + 1][::-1], False])) + 1
    last = least + int(np.argmin(np.r_[about[least:], False]))
    return slice(first, last)
