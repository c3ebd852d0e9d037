"""Strokes of a brush: the box round them, and the voxels they touch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hipjoint.errors import InputError

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Box = tuple[slice, slice, slice]
Triple = tuple[float, float, float]
# Lines of one bone, each (n, 3) in voxels [z, y, x]; voxel centres are whole numbers.
Lines = Sequence[Floats]

MARGIN_MM = 15.0


def local_box(
    strokes: tuple[Lines, Lines],
    shape: tuple[int, ...],
    spacing: Triple,
    names: tuple[str, str],
    margin_mm: float = MARGIN_MM,
) -> Box:
    """Slices [z, y, x] round the strokes on two bones and ``margin_mm`` more, within an array of ``shape``.

    ``spacing`` (z, y, x) in mm; ``names`` are those of the bones, for people. Raises ``InputError`` if a bone has no
    stroke, or none within the array.
    """
    kept = [_within(lines, shape, name) for lines, name in zip(strokes, names, strict=True)]
    points = np.concatenate(kept)
    wide = np.ceil(margin_mm / np.asarray(spacing))
    low = np.maximum(np.floor(points.min(axis=0)) - wide, 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0)) + wide + 1, shape).astype(int)
    z, y, x = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return z, y, x


def brushed(lines: Lines, radius_mm: float, shape: tuple[int, ...], spacing: Triple) -> Mask:
    """Voxels [z, y, x] in an array of ``shape`` whose centres lie in a ball of ``radius_mm`` moved along ``lines``.

    The voxels that the lines themselves pass belong to it, however small the ball is.
    """
    reach = [int(radius_mm / step) for step in spacing]
    steps = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    ball = steps[((steps * np.asarray(spacing)) ** 2).sum(axis=1) <= radius_mm**2]
    centres = np.unique(np.rint(np.concatenate([_dense(line) for line in lines])).astype(int), axis=0)
    touched = (centres[:, None] + ball).reshape(-1, 3)
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(touched[((touched >= 0) & (touched < shape)).all(axis=1)].T)] = True
    return mask


def _within(lines: Lines, shape: tuple[int, ...], name: str) -> Floats:
    """The points (n, 3) of ``lines`` that lie in an array of ``shape``."""
    if not any(len(line) for line in lines):
        raise InputError(f"There is no stroke on the bone {name}: draw at least one on each of the two bones.")
    points = np.concatenate([np.reshape(line, (-1, 3)) for line in lines])
    inside = ((points >= -0.5) & (points <= np.asarray(shape) - 0.5)).all(axis=1)
    if not inside.any():
        raise InputError(f"The strokes on the bone {name} lie outside the scan: draw them within it.")
    return np.asarray(points[inside])


def _dense(line: Floats) -> Floats:
    """Points on a line (n, 3), at most half a voxel from one to the next."""
    points = np.reshape(line, (-1, 3)).astype(np.float64)
    if len(points) < 2:
        return points
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    places = np.linspace(0, length[-1], 2 + int(2 * length[-1]))
    return np.stack([np.interp(places, length, points[:, axis]) for axis in range(3)], axis=1)
