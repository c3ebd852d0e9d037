"""The cortex of a femur at every point of its surface: how thick it is and where its inner surface shows.

Thickness is that of the bone, with the scanner's blur taken off. There are two inner surfaces, which are not the same
where the cortex is thin. The deconvolved one is the edge of the bone. The visible one is half-way between the HU of the
cortex and those of what lies behind: outlines of bones are drawn at the half-way surface too. It is that of the fitted
model under the blur within the slices, so that neither noise nor thick slices move it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk
from scipy.spatial import cKDTree

from hipjoint.inner_surface import INNER_SURFACES, InnerSurface
from hipjoint.labels import Side
from hipjoint.measure.bone_shape import CUT_MM, Bone, Surface, field_at, surface_in
from hipjoint.measure.boundary import Floats, Mask
from hipjoint.measure.cortical_model import Cortex, Scanner, calibrate, fit_cortex, shown_inner
from hipjoint.measure.cortical_profile import INNERMOST_MM, Profiles, half_maximum, sample_profiles

# Points of the surface lie about this far apart; what is drawn is drawn on a grid of this step.
SURFACE_MM, GRID_MM = 1.2, 0.6
# No thickness is told where the scan blurs more than this across the surface, or the fit is less certain than this.
WIDEST_BLUR_MM, LEAST_CERTAIN_MM = 1.6, 1.0
# A point's neighbours for smoothing: at most so many, so far away, with normals within 60 degrees.
_NEIGHBOURS, _SAME_SIDE = 25, 0.5
_MEDIAN_MM, _MEAN_MM = 2.2, 2.5
# The inner surface lies this deep under the outline at least.
_SHALLOWEST_MM = 0.3
_RAY_STEP_MM = 0.2


@dataclass(frozen=True)
class CortexMap:
    """All (n,) for the points of ``surface`` (LPS mm): ``thickness`` in mm, NaN where it could not be measured.

    ``inner`` is the depth in mm of each inner surface under the point, smooth, NaN on the flat ends that the edge of
    the scan makes; a label map has one, which stands for both. ``level`` are the HU there: half-way from the cortex to
    what lies behind. ``half_maximum`` is the thickness by the plain method, for comparison. ``scanner`` is None, and
    there is no ``level``, if the map was made from a label map alone.
    """

    surface: Surface
    thickness: Floats
    inner: Mapping[InnerSurface, Floats]
    half_maximum: Floats
    scanner: Scanner | None = None
    level: Mapping[InnerSurface, Floats] = field(default_factory=dict)

    @property
    def shown(self) -> Mask:
        """Which points (n,) are surface of the bone."""
        return np.isfinite(self.inner["visible"])


def map_cortices(image: sitk.Image, bones: Mapping[Side, Bone]) -> dict[Side, CortexMap]:
    """The cortex of each femur of one scan in HU (3D, any direction) by fitting profiles; both share one scanner."""
    surfaces = {side: surface_in(bone.field(SURFACE_MM)) for side, bone in bones.items()}
    shown = {side: _shown(bones[side], surface) for side, surface in surfaces.items()}
    profiles = {
        side: sample_profiles(image, surface.points[shown[side]], surface.normals[shown[side]])
        for side, surface in surfaces.items()
    }
    edges = {side: half_maximum(each) for side, each in profiles.items()}
    if not profiles:
        return {}
    joined = Profiles.joined(list(profiles.values()))
    scanner = calibrate(joined, half_maximum(joined), slice_axis(image))
    maps = {}
    for side, surface in surfaces.items():
        cortex = fit_cortex(profiles[side], edges[side], scanner)
        maps[side] = _map(surface, shown[side], cortex, edges[side].thickness, scanner)
    return maps


def map_from_labels(whole: Bone, trabecular: sitk.Image) -> CortexMap:
    """The cortex as a label map shows it: ``trabecular`` is a field, positive inside, of what is not cortex."""
    surface = surface_in(whole.field(SURFACE_MM))
    shown = _shown(whole, surface)
    depths = np.arange(0.0, INNERMOST_MM, _RAY_STEP_MM)
    rays = surface.points[shown][:, None] - surface.normals[shown][:, None] * depths[:, None]
    inside = field_at(trabecular, rays)
    entered = (inside[:, :-1] <= 0) & (inside[:, 1:] > 0)
    rows, at = np.arange(len(inside)), entered.argmax(axis=1)
    low, high = inside[rows, at], inside[rows, at + 1]
    depth = depths[at] - _RAY_STEP_MM * low / np.where(high == low, 1.0, high - low)
    depth = np.where(inside[:, 0] > 0, 0.0, np.where(entered.any(axis=1), depth, np.nan))
    full = _spread(shown, depth)
    return CortexMap(surface, full, dict.fromkeys(INNER_SURFACES, full), np.full(len(full), np.nan))


def slice_axis(image: sitk.Image) -> Floats:
    """Unit vector (3,) in LPS square to the slices: the axis with the longest step, the third if all are equal."""
    spacing = np.array(image.GetSpacing())
    axis = 2 if spacing[2] >= spacing.max() - 1e-3 else int(spacing.argmax())
    return np.array(image.GetDirection()).reshape(3, 3)[:, axis]


def _shown(bone: Bone, surface: Surface) -> Mask:
    step = max(bone.mask.GetSpacing())
    return np.asarray(bone.to_cut(surface.points) > CUT_MM + step / 2)


def _map(surface: Surface, shown: Mask, cortex: Cortex, half: Floats, scanner: Scanner) -> CortexMap:
    normals = surface.normals[shown]
    clear = scanner.blur(normals) <= WIDEST_BLUR_MM
    certain = clear & (cortex.sd < LEAST_CERTAIN_MM) & (np.abs(cortex.outer) < 3.0)
    around = _Around(surface.points[shown], normals)
    thickness = around.median(np.where(certain, cortex.thickness, np.nan), _MEDIAN_MM)
    visible, peak = shown_inner(cortex, scanner.across)
    edges: dict[InnerSurface, tuple[Floats, Floats]] = {
        "visible": (visible, peak),
        "deconvolved": (cortex.inner, cortex.hu),
    }
    inner, level = {}, {}
    for name, (depth, hu) in edges.items():
        smooth = around.smooth(np.where(certain, depth, np.nan), missing=1.0)
        inner[name] = _spread(shown, np.maximum(smooth, _SHALLOWEST_MM))
        half_way = np.where(certain, (hu + cortex.behind) / 2, np.nan)
        level[name] = _spread(shown, around.smooth(half_way, missing=scanner.cortex_hu / 2))
    return CortexMap(surface, _spread(shown, thickness), inner, _spread(shown, half), scanner, level)


def _spread(shown: Mask, values: Floats) -> Floats:
    full = np.full(len(shown), np.nan)
    full[shown] = values
    return full


class _Around:
    """The neighbours of each of some points (n, 3) with normals (n, 3), for smoothing over a surface."""

    def __init__(self, points: Floats, normals: Floats) -> None:
        count = min(_NEIGHBOURS, len(points))
        self._points = points
        away, self._index = cKDTree(points).query(points, k=count)
        same = np.einsum("nkj,nj->nk", normals[self._index], normals) > _SAME_SIDE
        self._away = np.where(same, away, np.inf)

    def median(self, values: Floats, reach: float) -> Floats:
        """Median (n,) of the neighbours within ``reach`` mm; NaN where fewer than three have a value."""
        near = np.where(self._away <= reach, values[self._index], np.nan)
        enough = np.isfinite(near).sum(axis=1) >= 3
        out = np.full(len(values), np.nan)
        if enough.any():
            out[enough] = np.nanmedian(near[enough], axis=1)
        return out

    def mean(self, values: Floats, reach: float) -> Floats:
        """Mean (n,) of the neighbours, weighted with a Gaussian that ends at ``reach`` mm."""
        weights = np.where(self._away <= reach, np.exp(-2 * (self._away / reach) ** 2), 0.0)
        return np.asarray((weights * values[self._index]).sum(axis=1) / weights.sum(axis=1))

    def smooth(self, values: Floats, missing: float) -> Floats:
        """Values (n,) without what single profiles got wrong, everywhere; ``missing`` if there are none."""
        return self.mean(self._filled(self.median(values, _MEDIAN_MM), missing), _MEAN_MM)

    def _filled(self, values: Floats, missing: float) -> Floats:
        """The values (n,) with those of the nearest point that has one where there is none."""
        known = np.isfinite(values)
        if not known.any():
            return np.full(len(values), missing)
        out = values.copy()
        out[~known] = values[known][cKDTree(self._points[known]).query(self._points[~known])[1]]
        return out
