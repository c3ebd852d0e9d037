"""The surface of a mask as points between its voxels, each with what it stands for and how exact it is.

A point lies half-way between two neighbouring voxels of which one is inside. Along its own axis it is wrong by at most
half a step and across that axis not at all: with thick slices the points within the slices keep their exactness, which
smoothing or interpolating between slices would lose.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# In voxels along each axis: enough for a steady direction, little beside the radius of a femoral head.
_BLUR = 1.2


@dataclass(frozen=True)
class Boundary:
    """Points (n, 3) in LPS mm; unit vector (n, 3) from voxel to voxel; its length (n,) in mm; the patch (n,) in mm²."""

    points: Floats
    axes: Floats
    steps: Floats
    patches: Floats

    def exactness(self, normals: Floats) -> Floats:
        """Standard deviation (n,) in mm of the points along unit ``normals`` (n, 3): even within a step."""
        return np.asarray(self.steps * np.abs((self.axes * normals).sum(axis=1)) / np.sqrt(12))

    def chosen(self, which: Mask) -> Boundary:
        """The points for which ``which`` (n,) is true."""
        return Boundary(self.points[which], self.axes[which], self.steps[which], self.patches[which])


def boundary(inside: Mask, grid: sitk.Image, outside: Mask | None = None) -> Boundary:
    """The surface between ``inside`` and ``outside``, masks [z, y, x] on the grid of the image ``grid``.

    ``outside`` is all that is not inside if it is not given. The border of the image is no surface: what lies beyond
    it is not known. The patches sum up to the area (a surface element shows the square of its normal's component to
    each axis, and these add up to 1).
    """
    beyond = ~inside if outside is None else outside
    slope = _slope(inside, grid)
    parts = [_crossings(inside, beyond, grid, axis, slope) for axis in range(3)]
    return Boundary(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _slope(inside: Mask, grid: sitk.Image) -> npt.NDArray[np.float32]:
    """Size (3, z, y, x) of the components, along the image axes x, y, z, of the unit normal of the blurred mask."""
    blurred = ndimage.gaussian_filter(inside.astype(np.float32), _BLUR, mode="nearest")
    gradient = np.abs(np.stack(np.gradient(blurred, *reversed(grid.GetSpacing()))[::-1]))
    length = np.linalg.norm(gradient, axis=0)
    return np.asarray(gradient / np.maximum(length, np.float32(1e-6)))


def _crossings(
    inside: Mask, beyond: Mask, grid: sitk.Image, axis: int, slope: npt.NDArray[np.float32]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Points, axes, steps and patches of the neighbours along image axis ``axis`` that differ."""
    array_axis = 2 - axis
    low = tuple(slice(None, -1) if k == array_axis else slice(None) for k in range(3))
    high = tuple(slice(1, None) if k == array_axis else slice(None) for k in range(3))
    found = (inside[low] & beyond[high]) | (beyond[low] & inside[high])
    index = np.argwhere(found)[:, ::-1].astype(np.float64)
    index[:, axis] += 0.5
    across = ((slope[axis][low] + slope[axis][high]) / 2)[found]
    step = grid.GetSpacing()[axis]
    direction = np.array(grid.GetDirection()).reshape(3, 3)
    return (
        in_space(index, grid),
        np.tile(direction[:, axis], (len(index), 1)),
        np.full(len(index), step),
        across.astype(np.float64) * (prod(grid.GetSpacing()) / step),
    )


def in_space(index: Floats, grid: sitk.Image) -> Floats:
    """LPS mm (n, 3) of continuous voxel indices (n, 3) in the order x, y, z."""
    direction = np.array(grid.GetDirection()).reshape(3, 3)
    return np.asarray(index @ (direction * grid.GetSpacing()).T + grid.GetOrigin())


def in_grid(points: Floats, grid: sitk.Image) -> Floats:
    """Continuous voxel indices (..., 3) in the order x, y, z of points (..., 3) in LPS mm."""
    direction = np.array(grid.GetDirection()).reshape(3, 3)
    return np.asarray((points - grid.GetOrigin()) @ direction / grid.GetSpacing())


def voxel_centres(inside: Mask, grid: sitk.Image) -> Floats:
    """LPS mm (n, 3) of the voxels of a mask [z, y, x], in the order of ``numpy.argwhere``."""
    return in_space(np.argwhere(inside)[:, ::-1].astype(np.float64), grid)
