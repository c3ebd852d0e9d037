"""From class probabilities to whole bones: one piece each, no holes, right and left told apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

LEAK = 2  # voxels


def bounding_box(mask: Mask, margin: int) -> tuple[slice, slice, slice] | None:
    """Slices [z, y, x] round all that is true, ``margin`` voxels wider where there is room; None if nothing is."""
    found = ndimage.find_objects(mask.astype(np.uint8))
    if not found:
        return None
    a, b, c = (
        slice(max(0, s.start - margin), min(n, s.stop + margin)) for s, n in zip(found[0], mask.shape, strict=True)
    )
    return a, b, c


def largest_piece(mask: Mask) -> Mask:
    """The largest 6-connected piece of a mask; an empty mask stays empty."""
    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    counts = np.bincount(pieces.ravel())
    counts[0] = 0
    return np.asarray(pieces == counts.argmax())


def one_piece(field: Floats) -> Floats:
    """A bone's field (positive inside) without islands and cavities: both get the sign of what is round them.

    Marrow poor in bone is as dark as fat and may be left out, with a leak through a thin place: a cavity counts as
    closed if no way out of it is wider than twice LEAK voxels.
    """
    inside = field > 0
    bone = largest_piece(inside)
    solid = _solid(bone)
    field = np.where(inside & ~bone, -np.abs(field), field)
    return np.where(solid & ~bone, np.maximum(np.abs(field), np.float32(0.05)), field).astype(np.float32)


def _solid(bone: Mask) -> Mask:
    """A bone with its cavities filled."""
    image = sitk.GetImageFromArray(bone.astype(np.uint8))
    sealed = sitk.GetArrayFromImage(sitk.BinaryMorphologicalClosing(image, [LEAK] * 3)) > 0
    whole = np.asarray(ndimage.binary_fill_holes(sealed))
    # What only the sealing filled is no cavity unless it lies beside one.
    cavities = ndimage.binary_dilation(whole & ~sealed, iterations=LEAK + 1) & whole
    return np.asarray(ndimage.binary_fill_holes(bone | cavities))


def nearer(a: Mask, b: Mask, spacing: float) -> Floats:
    """How much nearer (mm, within 20) each voxel is to ``a`` than to ``b``; a missing one is far away."""

    def away(mask: Mask) -> Floats:
        if not mask.any():
            return np.full(mask.shape, 1e4, dtype=np.float32)
        return np.asarray(ndimage.distance_transform_edt(~mask, sampling=spacing), dtype=np.float32)

    return np.asarray(np.clip(away(b) - away(a), -20, 20), dtype=np.float32)
