"""One bone of a label map as the measures of geometry see it: its voxels, its surface, and where the scan cuts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage
from scipy.spatial import cKDTree
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.labels import Label
from hipjoint.measure.boundary import Floats, Mask, in_grid, in_space
from hipjoint.measure.field_of_view import HIGHEST_PADDING_HU
from hipjoint.measure.head_neck import signed_distance
from hipjoint.mesh.arrays import Triangles, arrays
from hipjoint.mesh.surface import surface_from_field

# Coarse is enough for the ends of the bones and averages the noise of outlines; fine is for joint surfaces.
COARSE_MM, FINE_MM, LEAST_FINE_MM = 2.0, 0.8, 1.25
_MARGIN_MM = 6.0
# In steps of the working grid: takes the steps off an outline and rounds an edge by less than half a step.
_BLUR = 0.6
# A surface this near to where the scan ends is the cut and not the bone.
CUT_MM = 3.0
# Nobody asks how much farther the cut is than this; to look farther takes longer.
_FAR_FROM_CUT_MM = 40.0
_TOUCHING = np.ones((3, 3, 3), bool)


@dataclass(frozen=True)
class Surface:
    """Points (n, 3) in LPS mm with unit normals (n, 3) that point out of the bone, and triangles (m, 3)."""

    points: Floats
    normals: Floats
    triangles: Triangles

    def chosen(self, which: npt.NDArray[Any]) -> Surface:
        """The points for which ``which`` (n,) is true, or whose numbers it holds, without triangles."""
        return Surface(self.points[which], self.normals[which], np.empty((0, 3), np.int64))


@dataclass(frozen=True)
class Bone:
    """The largest piece of one label, as ``mask`` (uint8, any direction, cropped with a margin of background).

    ``cut`` are the LPS mm (k, 3) of voxels of the bone that lie at the edge of what was scanned.
    """

    label: Label
    mask: sitk.Image
    cut: Floats

    @cached_property
    def coarse(self) -> Surface:
        """The whole surface at 2 mm, without what the edge of the scan made."""
        return self._uncut(surface_in(self.field(COARSE_MM)))

    @property
    def fine(self) -> float:
        """Step in mm of fine surfaces: no finer than the voxels of the scan."""
        return float(min(max(FINE_MM, *self.mask.GetSpacing()), LEAST_FINE_MM))

    @cached_property
    def middle(self) -> Floats:
        """Mean (3,) of the surface in LPS mm."""
        return np.asarray(self.coarse.points.mean(axis=0))

    def field(self, spacing: float, centre: Floats | None = None, reach: float = 0.0) -> sitk.Image:
        """Field (float32, positive inside, steps of ``spacing`` mm along the axes of the scan).

        Of the whole bone, or of the box ``reach`` mm to each side of ``centre`` (3,) in LPS mm.
        """
        return _smooth(self.mask if centre is None else self.box(centre, reach), spacing)

    def box(self, centre: Floats, reach: float) -> sitk.Image:
        """The mask in the box ``reach`` mm to each side of ``centre`` (3,) in LPS mm."""
        return _box(self.mask, centre, reach)

    def surface(self, centre: Floats, reach: float) -> Surface:
        """The fine surface in a box round ``centre``, without what the box and the edge of the scan made."""
        return self.surface_of(self.field(self.fine, centre, reach))

    def surface_of(self, field: sitk.Image) -> Surface:
        """The surface in a field of a box of this bone, without what the box and the edge of the scan made."""
        return self.trimmed(surface_in(field), field)

    def trimmed(self, found: Surface, field: sitk.Image) -> Surface:
        """A surface in a ``field`` without what the border of the field and the edge of the scan made."""
        index = in_grid(found.points, field)
        within = np.asarray(((index > 2) & (index < np.array(field.GetSize()) - 3)).all(axis=1))
        return self._uncut(found.chosen(within))

    def to_cut(self, points: Floats) -> Floats:
        """Distance (n,) in mm of points (n, 3) to where the scan cuts the bone; infinite if that is far or nowhere."""
        if not len(self.cut):
            return np.full(len(points), np.inf)
        return np.asarray(self._cut_tree.query(points, distance_upper_bound=_FAR_FROM_CUT_MM)[0])

    @cached_property
    def _cut_tree(self) -> cKDTree:
        return cKDTree(self.cut)

    def _uncut(self, surface: Surface) -> Surface:
        if not len(self.cut):
            return surface
        step = max(self.mask.GetSpacing())
        return surface.chosen(self.to_cut(surface.points) > CUT_MM + step / 2)


def bones_of(labels: sitk.Image, table: Sequence[Label], padding: sitk.Image | None = None) -> dict[str, Bone]:
    """The bones of a label map (LPS mm) by the name of their label in ``table``; those that are not in it are left out.

    ``padding`` is the scan on the same grid, if known: what has its lowest value at or below air was not scanned.
    """
    boxes = ndimage.find_objects(sitk.GetArrayViewFromImage(labels), max_label=max(label.value for label in table))
    there = {label: boxes[label.value - 1] for label in table if boxes[label.value - 1] is not None}
    return {label.name: _bone(labels, label, box, padding) for label, box in there.items()}


def _bone(labels: sitk.Image, label: Label, box: tuple[slice, ...], padding: sitk.Image | None) -> Bone:
    x, y, z = reversed(box)
    crop = _largest_piece(labels[x, y, z] == label.value)
    outside = _not_scanned(labels, crop, padding)
    margin = [int(np.ceil(_MARGIN_MM / step)) for step in crop.GetSpacing()]
    return Bone(label, sitk.ConstantPad(crop, margin, margin, 0), outside)


def _largest_piece(mask: sitk.Image) -> sitk.Image:
    """Crumbs elsewhere must not be taken for ends of the bone; what lies two voxels off still belongs to it."""
    values = sitk.GetArrayViewFromImage(mask)
    halved = values
    for axis in range(3):
        halved = _halved(halved, axis)
    pieces, count = ndimage.label(halved, structure=_TOUCHING)
    if count == 1:
        return mask
    shares = ndimage.sum_labels(halved, pieces, np.arange(1, count + 1))
    largest = pieces == 1 + int(np.argmax(shares))
    whole = largest.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)[tuple(map(slice, values.shape))]
    kept = sitk.GetImageFromArray(values * whole)
    kept.CopyInformation(mask)
    return kept


def _halved(values: npt.NDArray[np.uint8], axis: int) -> npt.NDArray[np.uint8]:
    """The larger of every two neighbours along an axis."""
    along = np.moveaxis(values, axis, 0)
    pairs = len(along) // 2
    larger = np.maximum(along[: 2 * pairs : 2], along[1 : 2 * pairs : 2])
    return np.moveaxis(np.concatenate([larger, along[2 * pairs :]]), 0, axis)


def _not_scanned(labels: sitk.Image, crop: sitk.Image, padding: sitk.Image | None) -> Floats:
    """LPS mm (k, 3) of the voxels of ``crop`` at the border of the label map or beside padding of the scan."""
    bone = sitk.GetArrayViewFromImage(crop) != 0
    start = labels.TransformPhysicalPointToIndex(crop.GetOrigin())
    found = [np.empty((0, 3), np.int64)]
    for axis in range(3):
        last = crop.GetSize()[axis] - 1
        ends = [(0, start[axis] == 0), (last, start[axis] + last + 1 == labels.GetSize()[axis])]
        for at in (at for at, is_border in ends if is_border):
            face = np.argwhere(np.take(bone, at, axis=2 - axis))
            found.append(np.insert(face, 2 - axis, at, axis=1))
    if padding is not None:
        found.append(np.argwhere(bone & _beside_padding(padding, start, crop.GetSize())))
    index = np.unique(np.concatenate(found), axis=0)
    return in_space(index[:, ::-1].astype(np.float64), crop)


def _beside_padding(scan: sitk.Image, start: tuple[int, ...], size: tuple[int, ...]) -> Mask:
    """Voxels [z, y, x] of a box of the scan that lie two steps at most from the constant value outside a round view."""
    values = sitk.GetArrayViewFromImage(scan)
    box = tuple(slice(first, first + n) for first, n in zip(reversed(start), reversed(size), strict=True))
    lowest = values[box].min()
    if lowest > HIGHEST_PADDING_HU or lowest > values.min():
        return np.zeros(tuple(reversed(size)), bool)
    return _grown(_grown(values[box] == lowest))


def _grown(mask: Mask) -> Mask:
    """A mask with the neighbours of its voxels along the axes."""
    grown = mask.copy()
    for axis in range(mask.ndim):
        along, before = np.moveaxis(grown, axis, 0), np.moveaxis(mask, axis, 0)
        along[1:] |= before[:-1]
        along[:-1] |= before[1:]
    return grown


def _box(mask: sitk.Image, centre: Floats, reach: float) -> sitk.Image:
    index = in_grid(np.asarray(centre), mask)
    steps = reach / np.array(mask.GetSpacing())
    low = np.clip(np.floor(index - steps), 0, None).astype(int)
    high = np.minimum(np.ceil(index + steps) + 1, mask.GetSize()).astype(int)
    x, y, z = (slice(a, max(b, a + 2)) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    return mask[x, y, z]


def _smooth(mask: sitk.Image, spacing: float) -> sitk.Image:
    """Share of bone less a half, on a grid of equal steps; of thick slices the depth in mm, which changes evenly."""
    steps = mask.GetSpacing()
    if max(steps) > 1.5 * spacing:
        # ITK's own distance maps are zero in the middle of the outermost voxels: half a voxel too small.
        distance = signed_distance(sitk.GetArrayViewFromImage(mask) != 0, mask)
        share = sitk.GetImageFromArray(distance.astype(np.float32))
        share.CopyInformation(mask)
    else:
        factors = [max(1, int(spacing / step + 0.25)) for step in steps]
        share = sitk.BinShrink(sitk.Cast(mask, sitk.sitkFloat32), factors) - 0.5
    share = sitk.SmoothingRecursiveGaussian(share, [max(_BLUR * spacing, 0.35 * step) for step in share.GetSpacing()])
    return _equal_steps(share, spacing)


def _equal_steps(field: sitk.Image, spacing: float) -> sitk.Image:
    extent = np.array(field.GetSpacing()) * (np.array(field.GetSize()) - 1)
    if np.allclose(field.GetSpacing(), spacing, rtol=0.02):
        return field
    size = (np.floor(extent / spacing + 1e-6).astype(int) + 1).tolist()
    return sitk.Resample(
        field, size, sitk.Transform(), sitk.sitkLinear, field.GetOrigin(), [spacing] * 3, field.GetDirection(), -0.5
    )


def surface_in(field: sitk.Image) -> Surface:
    """The zero level of a field that is positive inside; nothing if it has no inside."""
    if not (sitk.GetArrayViewFromImage(field) > 0).any():
        return Surface(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3), np.int64))
    return surface_arrays(surface_from_field(field))


def surface_arrays(polydata: vtkPolyData) -> Surface:
    """Points, outward normals (area-weighted mean of the triangles round a point) and triangles of a surface."""
    points, triangles = arrays(polydata)
    corners = points.astype(np.float64)[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((len(points), 3))
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], faces[:, axis], len(points))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return Surface(points.astype(np.float64), normals / np.maximum(length, 1e-12), triangles)


def field_at(field: sitk.Image, points: Floats) -> Floats:
    """Linear interpolation (...) of a field at points (..., 3) in LPS mm; outside the grid it is -0.5."""
    index = np.moveaxis(in_grid(points, field)[..., ::-1], -1, 0)
    values = sitk.GetArrayViewFromImage(field)
    return np.asarray(ndimage.map_coordinates(values, index, order=1, mode="constant", cval=-0.5))


def grid_points(field: sitk.Image) -> Floats:
    """LPS mm (n, 3) of the samples of a field that lie inside the bone."""
    inside = np.argwhere(sitk.GetArrayViewFromImage(field) > 0)[:, ::-1]
    return in_space(inside.astype(np.float64), field)
