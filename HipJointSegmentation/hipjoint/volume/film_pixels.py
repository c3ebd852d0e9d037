"""What all readers of radiographs share: one grey slice out of what a file holds."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from hipjoint.volume.modality import FILM
from hipjoint.volume.problem import Problem

# Of the range of the values: by so much the channels of a grey picture may differ, for the sake of JPEG.
_TINT, _COLOURED = 0.08, 0.01


def kind_problem(size: tuple[int, ...], components: int) -> Problem | None:
    """Why what has this size (x, y, z ...) and so many numbers a pixel is no single picture, None if it is."""
    if int(np.prod(size[2:])) > 1:
        return Problem(f"holds {int(np.prod(size[2:]))} pictures or slices", f"{FILM.wanted} as a single picture")
    if components > 4:
        return Problem(f"holds {components} numbers a pixel", FILM.wanted)
    return None


def one_grey_slice(image: sitk.Image) -> sitk.Image | Problem:
    """The one slice (float32, 3D) of a picture in 2D or 3D with one to four numbers a pixel, or why it is in colour."""
    values = sitk.GetArrayFromImage(image).astype(np.float32)
    if image.GetNumberOfComponentsPerPixel() > 1:
        channels = values[..., : 3 if values.shape[-1] > 2 else 1]  # the second of two, and the fourth, is opacity
        if _is_coloured(channels):
            return Problem("is a picture in colour", FILM.wanted)
        values = channels.mean(axis=-1)
    rows, columns = values.shape[-2:]
    slice_ = sitk.GetImageFromArray(values.reshape(1, rows, columns))
    if image.GetDimension() == 3:
        slice_.CopyInformation(sitk.VectorIndexSelectionCast(image, 0) if _is_vector(image) else image)
    else:
        slice_.SetSpacing((*image.GetSpacing(), 1.0))
        slice_.SetOrigin((*image.GetOrigin(), 0.0))
    return slice_


def negative(image: sitk.Image) -> sitk.Image:
    """The image with black and white exchanged."""
    values = sitk.GetArrayViewFromImage(image)
    ends = float(values.min()) + float(values.max())
    return sitk.Cast(ends - image, sitk.sitkFloat32)


def _is_vector(image: sitk.Image) -> bool:
    return bool(image.GetNumberOfComponentsPerPixel() > 1)


def _is_coloured(channels: np.ndarray) -> bool:
    """Whether more than a hundredth of the pixels (..., channels) have a colour."""
    spread = channels.max(axis=-1) - channels.min(axis=-1)
    return bool((spread > _TINT * max(float(np.ptp(channels)), 1e-6)).mean() > _COLOURED)
