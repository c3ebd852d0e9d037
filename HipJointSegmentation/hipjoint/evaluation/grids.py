"""Two label maps of one scan on one grid, without changing a voxel."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.evaluation.pairs import Pair
from hipjoint.volume import canonical

# In voxels: what rounding in headers may move a grid by.
_TOLERANCE = 0.1

Index = npt.NDArray[np.int64]


def on_one_grid(prediction: sitk.Image, reference: sitk.Image, pair: Pair) -> tuple[sitk.Image, sitk.Image]:
    """Both label maps of ``pair`` with axes along LPS, on the grid that holds them both; what was not there is 0.

    Slicer crops what it saves, and programs turn axes as they like: voxels that lie on one lattice are brought together
    without resampling. Raises ``InputError`` if they lie on different lattices or nowhere together.
    """
    prediction, reference = canonical(prediction), canonical(reference)
    shift = _shift(prediction, reference)
    if shift is None:
        raise InputError(
            f"{pair.prediction} ({_words(prediction)}) lies on another grid than {pair.reference} "
            f"({_words(reference)}): export both on the grid of the scan, with nearest neighbour interpolation."
        )
    sizes = [np.array(image.GetSize()) for image in (prediction, reference)]
    low, high = np.minimum(shift, 0), np.maximum(shift + sizes[0], sizes[1])
    if (np.maximum(shift, 0) >= np.minimum(shift + sizes[0], sizes[1])).any():
        raise InputError(f"{pair.prediction} and {pair.reference} show different places: give those of one scan.")
    return (
        _padded(prediction, shift - low, high - shift - sizes[0]),
        _padded(reference, -low, high - sizes[1]),
    )


def _shift(image: sitk.Image, onto: sitk.Image) -> Index | None:
    """By how many voxels [x, y, z] the first voxel of ``image`` is off that of ``onto``; None on another lattice."""
    corners = np.array(list(product(*((0, n - 1) for n in image.GetSize()))))
    places = [image.TransformIndexToPhysicalPoint(corner) for corner in corners.tolist()]
    shifts = np.array([onto.TransformPhysicalPointToContinuousIndex(place) for place in places]) - corners
    whole = np.rint(shifts[0])
    return whole.astype(np.int64) if np.abs(shifts - whole).max() <= _TOLERANCE else None


def _padded(image: sitk.Image, before: Index, after: Index) -> sitk.Image:
    if not (before.any() or after.any()):
        return image
    return sitk.ConstantPad(image, before.tolist(), after.tolist(), 0.0)


def _words(image: sitk.Image) -> str:
    size, spacing = image.GetSize(), image.GetSpacing()
    return f"{' x '.join(map(str, size))} voxels of {' x '.join(f'{step:.3g}' for step in spacing)} mm"
