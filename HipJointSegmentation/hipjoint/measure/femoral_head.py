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
# A head that is less round than this is measured, but not to be trusted.
_ROUGH_MM = 1.5
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
        sphere = _refined(bone, _rough(surface.chosen(upper)))
    except InputError:
        return absent(HEAD, side, f"The {side} femur shows no round head.")
    doubt = _doubt(bone, sphere, side)
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


def _refined(bone: Bone, rough: Sphere) -> Sphere:
    """The fit to the voxels of the scan, each as exact as it is."""
    box = bone.box(rough.centre, _HEAD_BOX * rough.radius)
    found = boundary(sitk.GetArrayViewFromImage(box) != 0, box)
    return fit_sphere(found.chosen(bone.to_cut(found.points) > max(box.GetSpacing())), rough)


def _doubt(bone: Bone, sphere: Sphere, side: Side) -> str:
    doubts = []
    if sphere.used < LEAST_USED:
        doubts.append(f"Only {100 * sphere.used:.0f} % of the {side} head's sphere is bone surface.")
    if sphere.rms_mm > _ROUGH_MM:
        doubts.append(f"The {side} head is not round (residual {sphere.rms_mm:.1f} mm).")
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
    sphere, axis = near.sphere, near.start
    places = np.arange(_NECK_FROM * sphere.radius, _NECK_TO * sphere.radius, _STEP_MM)
    for _ in range(_ROUNDS):
        areas, middles = sections(near.field, sphere.centre, axis, places, _NECK_REACH * sphere.radius)
        found = _narrowest(areas)
        if found is None:
            return absent(NECK_CENTRE, side, f"The {side} femur shows no neck.")
        centre = middles[found].mean(axis=0)
        axis = unit(centre - sphere.centre)
    share = float(areas[found].mean() / (np.pi * sphere.radius**2))
    doubts = []
    if share > _LARGEST_SHARE:
        doubts.append(f"The {side} neck is not narrower than the head.")
    if bone.to_cut(centre[None])[0] < sphere.radius:
        doubts.append(f"The {side} neck is cut by the edge of the scan.")
    return placed(NECK_CENTRE, side, centre, doubt=" ".join(doubts))


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
