"""Grids to work on: isotropic, along the patient's axes (LPS), covering what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

AIR = -1024.0


@dataclass(frozen=True)
class Grid:
    """Isotropic grid along the LPS axes: ``origin`` (mm) of its first voxel's centre, ``size`` in voxels; x, y, z."""

    origin: tuple[float, float, float]
    size: tuple[int, int, int]
    spacing: float

    def image(self, values: npt.NDArray[np.float32]) -> sitk.Image:
        """An array [z, y, x] as an image on this grid."""
        image = sitk.GetImageFromArray(values)
        image.SetOrigin(self.origin)
        image.SetSpacing((self.spacing,) * 3)
        return image

    def part(self, box: tuple[slice, slice, slice]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """LPS mm of the lowest and the highest corner of a box of voxels given as slices [z, y, x]."""
        low, high = (np.array([getattr(s, end) for s in reversed(box)]) for end in ("start", "stop"))
        origin = np.asarray(self.origin)
        return origin + (low - 0.5) * self.spacing, origin + (high - 0.5) * self.spacing


def corners(image: sitk.Image) -> npt.NDArray[np.float64]:
    """The eight corners (8, 3) in LPS mm of the outer faces of an image."""
    ends = [(-0.5, n - 0.5) for n in image.GetSize()]
    return np.array([image.TransformContinuousIndexToPhysicalPoint(c) for c in product(*ends)])


def covering_grid(low: npt.ArrayLike, high: npt.ArrayLike, spacing: float) -> Grid:
    """The grid of ``spacing`` mm whose voxels fill the box from ``low`` to ``high`` (LPS mm)."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    size = np.maximum(np.ceil((high - low) / spacing - 1e-6).astype(int), 1)
    middle = (low + high) / 2
    origin = middle - (size - 1) / 2 * spacing
    return Grid(tuple(origin.tolist()), tuple(size.tolist()), spacing)


def on_grid(image: sitk.Image, grid: Grid, outside: float = AIR) -> npt.NDArray[np.float32]:
    """An image's values [z, y, x] at a grid's points, linear between voxels, ``outside`` beyond its edge.

    Where the grid is much coarser than the image, whole voxels are averaged first, so that nothing aliases.
    """
    shrink = [max(1, int(grid.spacing / s + 0.25)) for s in image.GetSpacing()]
    shrink = [f if n >= 2 * f else 1 for f, n in zip(shrink, image.GetSize(), strict=True)]
    if max(shrink) > 1:
        image = sitk.BinShrink(image, shrink)
    resampled = sitk.Resample(
        image,
        grid.size,
        sitk.Transform(),
        sitk.sitkLinear,
        grid.origin,
        (grid.spacing,) * 3,
        np.eye(3).ravel().tolist(),
        outside,
        sitk.sitkFloat32,
    )
    return np.asarray(sitk.GetArrayFromImage(resampled), dtype=np.float32)


def onto(
    field: sitk.Image, reference: sitk.Image, outside: float
) -> tuple[tuple[slice, slice, slice], npt.NDArray[np.float32]]:
    """The part of ``reference``'s grid that a field covers, as slices [z, y, x], and the field's values there."""
    size = np.array(reference.GetSize())
    index = np.array([reference.TransformPhysicalPointToContinuousIndex(c) for c in corners(field)])
    low = np.clip(np.floor(index.min(0)).astype(int), 0, size - 1)
    high = np.clip(np.ceil(index.max(0)).astype(int) + 1, low + 1, size)
    resampled = sitk.Resample(
        field,
        (high - low).tolist(),
        sitk.Transform(),
        sitk.sitkLinear,
        reference.TransformIndexToPhysicalPoint(low.tolist()),
        reference.GetSpacing(),
        reference.GetDirection(),
        outside,
        sitk.sitkFloat32,
    )
    place = tuple(slice(int(a), int(b)) for a, b in zip(low[::-1], high[::-1], strict=True))
    return (place[0], place[1], place[2]), sitk.GetArrayFromImage(resampled)
