"""Whether a grid and its values can be a CT or an MRI of a hip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hipjoint.volume.modality import CT, FILM, MR, Modality
from hipjoint.volume.problem import Problem

FINEST, COARSEST = 0.3, 8.0
SMALLEST_EXTENT = 60.0
MOST_VOXELS = 1_500_000_000
# Headers round: 0.3 mm may stand there as 0.2998.
ROUNDING = 0.01

# Of a radiograph, in pixels: less does not show the edges of a hip, more is no film.
SMALLEST_FILM, MOST_PIXELS = 150, 150_000_000
# Every CT of a living hip has fat and most have air. What is far below air is padding and no evidence of either.
AIR_AND_FAT = (-1100.0, -50.0)
LEAST_SHARE = 0.01
SOFT_BONE = 100.0
# Values down to here are those of air in a CT; MRI has no such scale and seldom values below 0.
CT_AIR = -500.0


def grid_problem(size: Sequence[int], spacing: Sequence[float]) -> Problem | None:
    """Why a grid of ``size`` voxels (x, y, z) with ``spacing`` in mm cannot be used, None if it can."""
    if min(size) < 2:
        return Problem("is a single slice", "give the whole series, such as the folder that the slice lies in")
    if min(spacing) < FINEST * (1 - ROUNDING) or max(spacing) > COARSEST * (1 + ROUNDING):
        reason = f"has voxels of {_by(spacing)} mm, which is not between {FINEST} and {COARSEST:.0f} mm"
        return Problem(reason, "export it with another spacing, or check the spacing in its header")
    if np.prod([float(n) for n in size]) > MOST_VOXELS:
        return Problem(f"has {_by(size)} voxels, too many to compute with", "cut out the hips or resample it")
    extent = [n * s for n, s in zip(size, spacing, strict=True)]
    if min(extent) < SMALLEST_EXTENT:
        reason = f"covers {_by(extent)} mm, too little for a hip joint"
        return Problem(reason, f"give a scan of at least {SMALLEST_EXTENT:.0f} mm in every direction")
    return None


def value_problem(values: npt.NDArray[np.float32], low: float, high: float, modality: Modality = CT) -> Problem | None:
    """Why ``values`` from ``low`` to ``high`` cannot be those of a ``modality``, None if they can."""
    if not np.isfinite([low, high]).all():
        return Problem("holds values that are not numbers (NaN or infinite)", "export it again from the original scan")
    if low == high:
        return Problem(f"is empty (every voxel has the value {low:g})", "export it again from the original scan")
    if modality is FILM:
        return None
    return _hu_problem(values, low, high) if modality is CT else _signal_problem(values, low, high)


def film_problem(size: Sequence[int], spacing: Sequence[float], values: npt.NDArray[np.float32]) -> Problem | None:
    """Why a picture of ``size`` pixels (x, y, 1) with ``values`` cannot be a radiograph of a hip, None if it can."""
    if min(size[:2]) < SMALLEST_FILM:
        return Problem(f"has {_by(size[:2])} pixels, too few to show a hip", "give the film in its full resolution")
    if np.prod([float(n) for n in size]) > MOST_PIXELS:
        return Problem(f"has {_by(size[:2])} pixels, too many to compute with", "resample it")
    if abs(spacing[0] - spacing[1]) > ROUNDING * max(spacing[:2]):
        return Problem("has pixels that are not square", "export it again with square pixels")
    return value_problem(values, float(values.min()), float(values.max()), FILM)


def _hu_problem(values: npt.NDArray[np.float32], low: float, high: float) -> Problem | None:
    air_and_fat = np.count_nonzero((values > AIR_AND_FAT[0]) & (values < AIR_AND_FAT[1])) / values.size
    if air_and_fat < LEAST_SHARE:
        return Problem(f"is no CT in HU, as its values from {low:g} to {high:g} show neither air nor fat", CT.wanted)
    if high < SOFT_BONE:
        return Problem(f"shows no bone (its highest value is {high:g} HU)", f"{CT.wanted} that shows a hip joint")
    return None


def _signal_problem(values: npt.NDArray[np.float32], low: float, high: float) -> Problem | None:
    """An MRI has no scale; that of a CT gives it away."""
    if low <= CT_AIR and _hu_problem(values, low, high) is None:
        return Problem(f"is a CT and no MRI, as its values from {low:g} to {high:g} are HU", MR.wanted)
    return None


def slices_problem(size: Sequence[int], spacing: Sequence[float], fewest: int) -> Problem | None:
    """Why a grid has too few slices (along its coarsest axis), None if it has ``fewest`` or more."""
    count = size[int(np.argmax(spacing))]
    return None if count >= fewest else few_slices(count, fewest)


def few_slices(count: int, fewest: int) -> Problem:
    """The problem of a scan of ``count`` slices where ``fewest`` are needed."""
    return Problem(f"has {count} slices only, as a scout view has", f"give a scan of {fewest} slices or more")


def _by(numbers: Sequence[float]) -> str:
    return " x ".join(f"{number:.3g}" if number < 1000 else f"{number:.0f}" for number in numbers)
