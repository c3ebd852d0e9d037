"""Profiles of a CT across a bone's surface: sampled along its normals, and their edges at half the height.

A profile runs from the soft tissue through the cortex into the trabecular bone. Depths are mm along the inward normal
from the point of the surface; the edges are looked for near to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.measure.boundary import Floats, Mask, in_grid

Numbers = npt.NDArray[np.intp]

# Far enough out to see the soft tissue, far enough in to see what lies behind the thickest cortex of a femur.
OUTERMOST_MM, INNERMOST_MM, STEP_MM = -4.0, 13.0, 0.4
# The outline may be off the outer edge by this much.
LOOK_FOR_EDGE_MM = 2.5
_MARGIN = 4
# Behind a peak, what is lower than this share of its height is no longer the same cortex.
_DROP = 0.25
# What lies behind the cortex is judged in this depth behind its inner edge, what lies before it in this depth.
BEHIND_MM, BEFORE_MM = 4.0, 2.5
# Another bone before the surface rises above the soft tissue by this share of the peak.
_OTHER_BONE = 0.3


@dataclass(frozen=True)
class Profiles:
    """HU ``values`` (n, k) at ``depths`` (k,) mm; ``seen`` (n, k) is False beyond the scan.

    ``normals`` (n, 3) in LPS point out of the bone.
    """

    depths: Floats
    values: Floats
    seen: Mask
    normals: Floats

    def chosen(self, which: Numbers | Mask) -> Profiles:
        """Some of the profiles, by number or mask."""
        return Profiles(self.depths, self.values[which], self.seen[which], self.normals[which])

    @staticmethod
    def joined(parts: Sequence[Profiles]) -> Profiles:
        """Profiles of several bones of one scan as one set, in order."""
        columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ("values", "seen", "normals")]
        return Profiles(parts[0].depths, *columns)


@dataclass(frozen=True)
class Edges:
    """Where the profiles cross half the height of the cortex: ``outer`` and ``inner`` (n,) in mm.

    ``outer`` is NaN if there is no edge near the surface, ``inner`` also if the bone behind the cortex is as dense as
    it. ``soft``, ``peak`` and ``behind`` (n,) are the HU on both sides and between; ``first`` and ``last`` (n,) the
    depths in mm between which the profile shows this cortex and its neighbours alone.
    """

    outer: Floats
    inner: Floats
    soft: Floats
    peak: Floats
    behind: Floats
    first: Floats
    last: Floats

    @property
    def thickness(self) -> Floats:
        """Thickness (n,) in mm at half the height: right for a thick cortex, too large for a thin one."""
        return np.asarray(self.inner - self.outer)


def sample_profiles(image: sitk.Image, points: Floats, normals: Floats) -> Profiles:
    """Profiles of a scan (HU, 3D, any direction) at surface points (n, 3), unit ``normals`` (n, 3) outward; LPS mm.

    Cubic splines: linear interpolation would blur the scan further, by an amount that varies from point to point.
    """
    depths = np.arange(OUTERMOST_MM, INNERMOST_MM + STEP_MM / 2, STEP_MM)
    places = points[:, None] - normals[:, None] * depths[:, None]
    index = in_grid(places, image)[..., ::-1]
    size = np.array(image.GetSize()[::-1])
    seen = np.asarray(((index >= 0) & (index <= size - 1)).all(axis=-1))
    low = np.clip(np.floor(index.min(axis=(0, 1))).astype(int) - _MARGIN, 0, size - 1)
    high = np.clip(np.ceil(index.max(axis=(0, 1))).astype(int) + _MARGIN + 1, low + 1, size)
    crop = sitk.GetArrayViewFromImage(image)[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    spline = ndimage.spline_filter(crop.astype(np.float32), order=3, output=np.float32, mode="mirror")
    at = np.moveaxis(index - low, -1, 0)
    values = ndimage.map_coordinates(spline, at, order=3, prefilter=False, mode="nearest", output=np.float32)
    return Profiles(depths, values.astype(np.float64), seen, normals)


def half_maximum(profiles: Profiles) -> Edges:
    """The edges of each profile's cortex at half the height above what lies on the same side of it.

    The plain method (full width at half maximum): a cortex thinner than the blur of the scanner looks about as wide as
    the blur, and the HU of its peak are too low.
    """
    depths, values = profiles.depths, _smooth(profiles)
    rough = _outer_edge(depths, values, values.max(axis=1, where=depths <= LOOK_FOR_EDGE_MM + 3, initial=-1024.0))
    peak_at, end_at = _first_peak(depths, values, rough)
    rows = np.arange(len(values))
    peak = values[rows, peak_at]
    first, soft = _soft_side(depths, values, peak_at)
    outer = _crossing_before(depths, values, peak_at, (peak + soft) / 2)
    behind, inner = _inner_side(depths, values, peak_at, end_at, peak)
    missing = np.isnan(outer) | (np.abs(outer) > LOOK_FOR_EDGE_MM + 1)
    outer, inner = np.where(missing, np.nan, outer), np.where(missing, np.nan, inner)
    last = np.where(np.isnan(inner), depths[peak_at] + 1.0, inner) + BEHIND_MM
    return Edges(outer, inner, soft, peak, behind, first, np.minimum(last, depths[-1]))


def _smooth(profiles: Profiles) -> Floats:
    """Noise must not make peaks; beyond the scan the last value goes on."""
    values = np.where(profiles.seen, profiles.values, -1024.0)
    return np.asarray(ndimage.gaussian_filter1d(values, 0.8, axis=1, mode="nearest"))


def _outer_edge(depths: Floats, values: Floats, top: Floats) -> Floats:
    """Depth (n,) of the crossing of half of ``top`` (n,) that is nearest to the surface; 0 where there is none."""
    soft = np.median(values[:, (depths >= -3.5) & (depths <= -1.5)], axis=1)
    half = (np.maximum(top, soft + 1) + soft) / 2
    rising = (values[:, :-1] < half[:, None]) & (values[:, 1:] >= half[:, None])
    away = np.where(rising, np.abs(depths[:-1] + STEP_MM / 2), np.inf)
    away[:, np.abs(depths[:-1]) > LOOK_FOR_EDGE_MM] = np.inf
    nearest = away.argmin(axis=1)
    return np.where(np.isfinite(away.min(axis=1)), depths[nearest], 0.0)


def _first_peak(depths: Floats, values: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Sample numbers (n,) of the first peak behind ``start`` (n,) and of the first sample clearly below it."""
    behind = depths >= start[:, None] - STEP_MM
    ahead = np.where(behind, values, -np.inf)
    highest = np.maximum.accumulate(ahead, axis=1)
    before = np.where((depths < start[:, None]) & (depths > start[:, None] - BEFORE_MM), values, np.inf).min(axis=1)
    before = np.where(np.isfinite(before), before, 0.0)
    dropped = behind & (values < highest - _DROP * np.maximum(highest - before[:, None], 100.0))
    end = np.where(dropped.any(axis=1), dropped.argmax(axis=1), len(depths) - 1)
    within = np.where(np.arange(len(depths)) <= end[:, None], ahead, -np.inf)
    return within.argmax(axis=1), end


def _soft_side(depths: Floats, values: Floats, peak_at: Floats) -> tuple[Floats, Floats]:
    """Depth (n,) from which on the profile is free of other bones, and the HU (n,) of the soft tissue."""
    number = np.arange(len(depths))
    before = number <= peak_at[:, None]
    outward = np.where(before, values, np.inf)[:, ::-1]
    lowest = np.minimum.accumulate(outward, axis=1)
    peak = values[np.arange(len(values)), peak_at]
    rise = np.maximum(_OTHER_BONE * (peak[:, None] - lowest), 120.0)
    risen = np.isfinite(outward) & (outward > lowest + rise)
    stop = np.where(risen.any(axis=1), risen.argmax(axis=1), len(depths))
    until = np.where(np.arange(len(depths)) < stop[:, None], outward, np.inf)
    lowest_at = len(depths) - 1 - until.argmin(axis=1)
    first = np.where(risen.any(axis=1), depths[lowest_at], depths[0])
    near = before & (depths >= first[:, None]) & (depths <= depths[peak_at][:, None])
    ranked = np.sort(np.where(near, values, np.inf), axis=1)
    count = np.maximum(near.sum(axis=1), 1)
    # The lower quarter lies off the edge; its middle is less at the mercy of noise than the lowest sample.
    soft = ranked[np.arange(len(values)), count // 8]
    return first, np.where(np.isfinite(soft), soft, 0.0)


def _crossing_before(depths: Floats, values: Floats, peak_at: Floats, level: Floats) -> Floats:
    """Depth (n,) of the last rise through ``level`` (n,) before the peak, between the samples."""
    number = np.arange(len(depths) - 1)
    rising = (values[:, :-1] < level[:, None]) & (values[:, 1:] >= level[:, None]) & (number < peak_at[:, None])
    last = len(number) - 1 - rising[:, ::-1].argmax(axis=1)
    return _between(depths, values, last, level, np.asarray(rising.any(axis=1)))


def _inner_side(depths: Floats, values: Floats, peak_at: Floats, end_at: Floats, peak: Floats) -> tuple[Floats, Floats]:
    """HU (n,) behind the cortex and depth (n,) of the fall half-way to them."""
    number = np.arange(len(depths))
    window = (number >= end_at[:, None]) & (depths <= (depths[end_at] + BEHIND_MM)[:, None])
    behind = np.where(window, values, np.inf).min(axis=1)
    level = (peak + behind) / 2
    at = number[:-1]
    falling = (values[:, :-1] >= level[:, None]) & (values[:, 1:] < level[:, None]) & (at >= peak_at[:, None])
    found = falling.any(axis=1) & (behind < peak - np.maximum(_DROP * np.abs(peak), 60.0))
    return behind, _between(depths, values, falling.argmax(axis=1), level, found)


def _between(depths: Floats, values: Floats, at: Floats, level: Floats, found: Mask) -> Floats:
    rows = np.arange(len(values))
    low, high = values[rows, at], values[rows, at + 1]
    step = np.where(high == low, 1.0, high - low)
    return np.where(found, depths[at] + STEP_MM * (level - low) / step, np.nan)
