"""Scans whose HU rise evenly along each axis of the patient: wherever and however they are sampled, and however often
they are interpolated linearly, the exact value at each point is known, and no turn or flip goes unnoticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.volume.resample import AIR

RISE = np.array([4.0, 3.0, 2.0])
AT_ZERO = -50.0


def hu_at(points: np.ndarray) -> np.ndarray:
    """HU at points (..., 3) in LPS mm."""
    return points @ RISE + AT_ZERO


def points_of(image: sitk.Image) -> np.ndarray:
    """LPS mm (z, y, x, 3) of every voxel of an image."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in image.GetSize()), indexing="ij"), -1)
    axes = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    return (index @ axes.T + image.GetOrigin()).transpose(2, 1, 0, 3)


def scan(
    size: tuple[int, int, int] = (24, 22, 20),
    spacing: tuple[float, float, float] = (4.0, 3.5, 3.5),
    direction: np.ndarray | None = None,
    middle: tuple[float, float, float] = (5.0, -8.0, 11.0),
) -> sitk.Image:
    """A scan (float64) of the field about ``middle``, on a grid of any direction, sheared ones too."""
    image = sitk.Image(size, sitk.sitkFloat64)
    image.SetSpacing(spacing)
    turned = np.eye(3) if direction is None else direction
    image.SetDirection(turned.ravel().tolist())
    image.SetOrigin((np.array(middle) - turned @ ((np.array(size) - 1) * spacing / 2)).tolist())
    return with_values(hu_at(points_of(image)), image)


def with_values(values: np.ndarray, image: sitk.Image) -> sitk.Image:
    """``values`` [z, y, x] as an image on the grid of ``image``."""
    made = sitk.GetImageFromArray(values)
    made.CopyInformation(image)
    return made


def written(image: sitk.Image, path: Path) -> Path:
    sitk.WriteImage(image, str(path))
    return path


def greatest_error(image: sitk.Image, rim: int = 0) -> float:
    """By how many HU a scan of the field differs from it at most, where it does not show the air put around it.

    Voxels nearer than ``rim`` to that air are left out: beyond its outermost voxels a scan can only be guessed.
    """
    values = sitk.GetArrayFromImage(image)
    covered = values > AIR
    if rim:
        covered = ndimage.binary_erosion(covered, iterations=rim)
    return float(np.abs(values - hu_at(points_of(image)))[covered].max())


def covered_share(image: sitk.Image) -> float:
    """The share of voxels that do not show the air put around the scan."""
    return float((sitk.GetArrayViewFromImage(image) > AIR).mean())


def turned(degrees: float, axis: tuple[float, float, float]) -> np.ndarray:
    """Direction matrix (3, 3) of a grid turned about an axis."""
    transform = sitk.VersorTransform(np.array(axis, float).tolist(), float(np.radians(degrees)))
    return np.array(transform.GetMatrix()).reshape(3, 3)
