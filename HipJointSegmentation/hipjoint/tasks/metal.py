"""Metal near a bone: told to the user, because what is drawn there is not to be trusted."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import HIP_CT
from hipjoint.warning import BoneWarning

METAL_HU = 2400.0  # above dense cortex, below what implants reach even when blurred by thick slices
LEAST_ML = 0.5
REACH_MM = 45.0


def metal_warnings(image: sitk.Image, labels: sitk.Image) -> tuple[str, ...]:
    """One sentence a side on which a piece of more than 0.5 ml of metal lies within 45 mm of a labelled bone."""
    metal = sitk.GetArrayViewFromImage(image) > METAL_HU
    voxel_ml = float(np.prod(image.GetSpacing())) / 1000
    if metal.sum() * voxel_ml < LEAST_ML:
        return ()
    pieces, count = ndimage.label(metal)
    volumes = np.bincount(pieces.ravel())[1:] * voxel_ml
    sides = {_side_of(pieces == i + 1, image, labels) for i in range(count) if volumes[i] >= LEAST_ML}
    return tuple(
        BoneWarning(
            f"Metal near the {side} hip: bone next to it is drawn with less certainty, check it before use.",
            [label for label in HIP_CT if label.side == side],
        )
        for side in sorted(s for s in sides if s)
    )


def _side_of(piece: np.ndarray, image: sitk.Image, labels: sitk.Image) -> str | None:
    """The side of the nearest labelled bone with a side, or None if none is within reach."""
    spot = np.argwhere(piece).mean(0)[::-1]
    place = np.array(image.TransformContinuousIndexToPhysicalPoint(spot.tolist()))
    array = sitk.GetArrayViewFromImage(labels)
    best: tuple[float, str | None] = (REACH_MM, None)
    direction = np.array(image.GetDirection()).reshape(3, 3)
    for label in (one for one in HIP_CT if one.side):
        where = np.argwhere(array == label.value)[::17, ::-1]  # every 17th voxel is near enough
        if not len(where):
            continue
        points = (where * image.GetSpacing()) @ direction.T + image.GetOrigin()
        best = min(best, (float(np.linalg.norm(points - place, axis=1).min()), label.side), key=lambda b: b[0])
    return best[1]
