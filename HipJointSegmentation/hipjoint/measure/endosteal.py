"""The inner surface of the cortex of a femur as a field: by its depth under the outline, or by the scan.

Thin cortex is blurred into one peak with what lies on both sides of it: there the depth that the fitted model tells
holds, smooth along the surface. Of thick cortex the scan shows the inner edge by itself. It is drawn where the HU pass
half-way from the cortex to what lies behind, with the ridges that no smooth depth under the outline follows.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from scipy.spatial import cKDTree

from hipjoint.inner_surface import InnerSurface
from hipjoint.measure.boundary import Floats, Mask, in_grid, in_space
from hipjoint.measure.cortex_map import CortexMap

# Fields end this far from the surface, in mm.
_FAR = 2.0
# Deeper than this, and than this beyond the deepest inner surface, all is trabecular.
_DEEPEST_MM, _BEYOND_MM = 16.0, 2.5
# Thickness in blurs up to which the depth alone tells where the cortex ends, and from which on the scan alone does.
_THICK = (3.0, 4.0)
# In blurs: nearer to the outline the HU still rise.
_RISING = 1.5
# Width of a blurred edge over its blur: its height by its steepest slope.
_EDGE_WIDTH = np.sqrt(2 * np.pi)
_LEAST_CONTRAST = 200.0
# What is cortex by its HU but not in one piece with it lies this deep in mm inside the inner surface.
_ISLAND = 0.3


def endosteal_field(cortex: CortexMap, outline: sitk.Image, scan: sitk.Image, which: InnerSurface) -> sitk.Image:
    """Field in mm, positive inside an inner surface of the cortex, on the grid of ``outline`` (positive in the bone).

    ``scan`` is the one in HU that ``cortex`` was measured in. A voxel's depth is taken from the tangent planes of the
    nearest points of the surface, so that the flat end of a bone that the scan cuts is no surface.
    """
    inside = sitk.GetArrayViewFromImage(outline) > 0
    values = np.where(inside, np.float32(_FAR), np.float32(-_FAR))
    if np.count_nonzero(cortex.shown) >= 3:
        near = inside & (_rough_depth(inside, outline) < _deepest(cortex, which))
        at = in_space(np.argwhere(near)[:, ::-1].astype(np.float64), outline)
        values[near] = np.clip(_excess(cortex, at, scan, which), -_FAR, _FAR)
        _drown_islands(values, inside)
    made = sitk.GetImageFromArray(values.astype(np.float32))
    made.CopyInformation(outline)
    return made


def _deepest(cortex: CortexMap, which: InnerSurface) -> float:
    return min(_DEEPEST_MM, _BEYOND_MM + float(np.nanmax(cortex.inner[which], initial=0.0)))


def _rough_depth(inside: Mask, grid: sitk.Image) -> Floats:
    spacing = grid.GetSpacing()[::-1]
    return np.asarray(ndimage.distance_transform_edt(np.pad(inside, 1), sampling=spacing)[1:-1, 1:-1, 1:-1])


def _excess(cortex: CortexMap, at: Floats, scan: sitk.Image, which: InnerSurface) -> Floats:
    """How deep in mm (n,) places (n, 3) in the bone lie inside the inner surface."""
    shown = cortex.shown
    points, normals = cortex.surface.points[shown], cortex.surface.normals[shown]
    away, index = cKDTree(points).query(at, k=3, workers=-1)
    weights = 1 / (away + 0.2) ** 2
    weights /= weights.sum(axis=1, keepdims=True)

    def here(values: Floats) -> Floats:
        return np.asarray((weights * values).sum(axis=1))

    depth = here(np.einsum("nkj,nkj->nk", points[index] - at[:, None], normals[index]))
    by_depth = depth - here(cortex.inner[which][shown][index])
    if cortex.scanner is None:
        return by_depth
    blur = cortex.scanner.blur(normals)[index]
    share = here(_share(np.nan_to_num(cortex.thickness[shown][index]) / blur)) * (depth > _RISING * here(blur))
    by_scan = _below(here(cortex.level[which][shown][index]), cortex.scanner.cortex_hu, _hu_at(scan, at))
    return np.asarray(by_depth + share * (by_scan * _EDGE_WIDTH * cortex.scanner.across - by_depth))


def _share(thickness: Floats) -> Floats:
    """How far the scan alone tells where a cortex ends that is so many blurs thick."""
    low, high = _THICK
    return np.asarray(np.clip((thickness - low) / (high - low), 0, 1))


def _below(level: Floats, cortex_hu: float, hu: Floats) -> Floats:
    """By how much HU are below ``level``, half-way from the cortex to what lies behind, as a share of that contrast."""
    return np.asarray((level - hu) / np.maximum(2 * (cortex_hu - level), _LEAST_CONTRAST))


def _hu_at(scan: sitk.Image, places: Floats) -> Floats:
    index = np.moveaxis(in_grid(places, scan)[..., ::-1], -1, 0)
    values = sitk.GetArrayViewFromImage(scan)
    return np.asarray(ndimage.map_coordinates(values, index, order=1, mode="nearest", output=np.float64))


def _drown_islands(values: Floats, inside: Mask) -> None:
    """Dense trabecular bone that is not in one piece with the cortex is no cortex."""
    pieces, count = ndimage.label(inside & (values <= 0))
    if count > 1:
        largest = 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
        values[(pieces > 0) & (pieces != largest)] = _ISLAND
