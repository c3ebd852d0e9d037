"""Surfaces drawn to the edges that the image shows: a watershed from what the network is sure of.

The network says which bone is where; where exactly its surface lies, the image often knows better. Each class keeps its
inner part as a marker, and the strip between the markers is flooded along the gradient of the image (Meyer and Beucher
1990; scikit-image's implementation), so that classes meet on the strongest edge between them. In thin bone and narrow
gaps the marker is the inner half, so that nothing thin is lost.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage
from skimage.segmentation import watershed

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

REACH = 4.0  # mm that a surface may move
EDGES = (-50.0, 600.0)  # HU; fat is no edge, and within cortex there is none
BLUR = 0.8  # voxels over which the gradient is taken
SOFTENING = 0.7  # voxels over which labels become a field again


def snapped(classes: Floats, hu: Floats, where: Mask, spacing: float) -> Floats:
    """Class shares (K, Z, Y, X) with surfaces on the edges of ``hu``, changed only in ``where``, both (Z, Y, X).

    ``spacing`` in mm. Shares of the classes are 0 to 1 and blurred over a voxel: where they are half is the surface.
    """
    best = classes.argmax(0)
    markers = np.zeros(best.shape, dtype=np.int32)
    for index in range(len(classes)):
        markers[_inner(best == index, spacing)] = index + 1
    edges = ndimage.gaussian_gradient_magnitude(np.clip(hu, *EDGES), BLUR)
    labels = np.where(where, watershed(edges, markers, mask=where), best + 1)
    return np.stack(
        [ndimage.gaussian_filter((labels == i + 1).astype(np.float32), SOFTENING) for i in range(len(classes))]
    )


def _inner(mask: Mask, spacing: float) -> Mask:
    """The part of a mask that is sure: deeper than REACH, or than half of what it is deep nearby."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing((spacing,) * 3)
    if not mask.any() or mask.all():
        return mask
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    depth = sitk.GetArrayFromImage(distance) + np.float32(spacing / 2)  # ITK gives 0 at the outermost voxels
    side = 2 * round(REACH / spacing) + 1
    return np.asarray(depth > np.minimum(REACH, 0.5 * ndimage.maximum_filter(depth, size=side)))
