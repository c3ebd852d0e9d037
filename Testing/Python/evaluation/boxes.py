"""Label maps of boxes, whose agreement can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

SHAPE = (24, 26, 30)
Box = tuple[slice, slice, slice]


def box(z: int, y: int, x: int, side: int = 10) -> Box:
    """A cube with its first voxel there."""
    return slice(z, z + side), slice(y, y + side), slice(x, x + side)


def mask(*boxes: Box) -> np.ndarray:
    found = np.zeros(SHAPE, bool)
    for each in boxes:
        found[each] = True
    return found


def label_map(painted: dict[int, Box], spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> sitk.Image:
    """Boxes painted with their values; ``spacing`` in mm [x, y, z]."""
    values = np.zeros(SHAPE, np.uint8)
    for value, each in painted.items():
        values[each] = value
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(spacing)
    image.SetOrigin((-12.0, 7.5, 30.0))
    return image


def write(image: sitk.Image, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
    return path
