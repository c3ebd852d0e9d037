"""The medullary canal of the femur in a CT: its width along the shaft, flare and Dorr type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.measure.boundary import Floats, in_grid
from hipjoint.measure.frames import square_to, unit
from hipjoint.measure.landmarks import Landmark
from hipjoint.measure.shaft import up_of

# Heights in mm from the middle of the lesser trochanter: canal flare (Noble 1988) and Dorr's ratio (1993).
FLARE_MM, DORR_MM = 20.0, -100.0
# Where the isthmus is looked for; the scan must show the shaft to its lower end.
ISTHMUS_MM = (-140.0, -60.0)
_LEVEL_STEP_MM = 4.0
# Rays from the shaft's axis: how long, how fine, and how wide a fan to each side is averaged.
_REACH_MM, _RAY_STEP_MM = 32.0, 0.25
_FAN_DEGREES = np.arange(-12.0, 13.0, 4.0)
_SLAB_MM = np.array([-2.0, 0.0, 2.0])
# Cortex is at least this dense, marrow is looked at this near to the axis.
_LEAST_CORTEX_HU, _MARROW_MM = 450.0, 3.0


@dataclass(frozen=True)
class CanalWidths:
    """Width of the canal from medial to lateral in mm at heights in mm from the lesser trochanter; NaN if none."""

    heights: Floats
    widths: Floats

    def at(self, height: float) -> float:
        """The width at one of the ``heights``."""
        return float(self.widths[int(np.argmin(np.abs(self.heights - height)))])


def canal_widths(
    scan: sitk.Image, axis: Landmark, head: Landmark, trochanter: Landmark, heights: Floats
) -> CanalWidths:
    """Widths of the canal at ``heights`` (n,) from the lesser trochanter's tip, in a scan in HU (LPS mm).

    Where one cannot be measured, those after it are not looked for: whoever asks needs them all.
    The border of the canal is where, from the axis outwards, HU first comes half-way from the marrow to the densest
    cortex of that ray. Medial is where the head lies, seen along the shaft.
    """
    up = up_of(axis)
    medial = unit(square_to(head.point - axis.point, up))
    middle = axis.point + ((trochanter.point - axis.point) @ up) * up
    widths = np.full(len(heights), np.nan)
    for number, height in enumerate(heights):
        widths[number] = _width(scan, middle + height * up, up, medial)
        if not np.isfinite(widths[number]):
            break
    return CanalWidths(heights, widths)


def _width(scan: sitk.Image, centre: Floats, up: Floats, medial: Floats) -> float:
    front = np.cross(up, medial)
    turn = np.deg2rad(_FAN_DEGREES)[:, None]
    fan = np.cos(turn) * medial + np.sin(turn) * front
    return sum(float(np.median(canal_borders(scan, centre, sign * fan, up))) for sign in (1.0, -1.0))


def canal_borders(scan: sitk.Image, centre: Floats, directions: Floats, up: Floats) -> Floats:
    """Distance (n,) in mm from ``centre`` (3,) to the cortex in unit ``directions`` (n, 3) across ``up``; NaN if none.

    Averaged over 4 mm along the shaft.
    """
    distance = np.arange(0.0, _REACH_MM, _RAY_STEP_MM)
    rays = centre + directions[:, None] * distance[:, None]
    values = np.mean([_hu(scan, rays + slab * up) for slab in _SLAB_MM], axis=0)
    return np.array([_border(row, distance) for row in values])


def _border(values: Floats, distance: Floats) -> float:
    """Distance in mm at which a ray enters cortex, NaN if it meets none."""
    marrow = float(np.median(values[distance <= _MARROW_MM]))
    densest = float(values.max())
    if not densest >= max(_LEAST_CORTEX_HU, marrow + 200.0):
        return float("nan")
    level = (marrow + densest) / 2
    first = int(np.argmax(values >= level))
    if first == 0:
        return float("nan")
    low, high = values[first - 1], values[first]
    return float(distance[first] - (high - level) / (high - low) * _RAY_STEP_MM)


def _hu(scan: sitk.Image, points: Floats) -> Floats:
    """HU (...) at points (..., 3); NaN outside the scan."""
    index = np.moveaxis(in_grid(points, scan)[..., ::-1], -1, 0)
    low = np.maximum(np.floor(index.reshape(3, -1).min(axis=1)).astype(int) - 1, 0)
    high = np.ceil(index.reshape(3, -1).max(axis=1)).astype(int) + 2
    block = sitk.GetArrayViewFromImage(scan)[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    if min(block.shape) < 2:
        return np.full(points.shape[:-1], np.nan)
    shifted = index - low.reshape(3, *[1] * (index.ndim - 1))
    return np.asarray(ndimage.map_coordinates(block, shifted, output=np.float64, order=1, cval=np.nan))
