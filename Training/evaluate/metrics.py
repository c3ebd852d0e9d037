"""How well a label map agrees with a reference: MONAI's metrics, bone by bone, and in the joint."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance
from scipy import ndimage

JOINT_REACH = 4.0  # mm from both bones: what counts as joint space
JOINT_BAND = 5.0  # mm round the joint space in which agreement is counted


@dataclass(frozen=True)
class Agreement:
    """One bone. Dice, precision and recall on voxels; surface distances in mm; volume as a share of the reference's."""

    dice: float
    precision: float
    recall: float
    asd: float
    hd95: float
    volume_ratio: float
    joint_dice: float | None = None

    def as_dict(self) -> dict[str, float | None]:
        """Plain numbers for a table, rounded."""
        return {k: None if v is None else round(v, 4) for k, v in asdict(self).items()}


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Dice of two masks; two empty ones agree."""
    total = int(a.sum()) + int(b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0


def _box(*masks: np.ndarray, margin: int = 4) -> tuple[slice, ...]:
    found = ndimage.find_objects(np.logical_or.reduce(masks).astype(np.uint8))[0]
    return tuple(slice(max(0, s.start - margin), s.stop + margin) for s in found)


def joint_band(femur: np.ndarray, hip: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Mask of all within 5 mm of the space between two bones; ``spacing`` in mm, [z, y, x]."""
    away = [ndimage.distance_transform_edt(~m, sampling=spacing) for m in (femur, hip)]
    space = (away[0] <= JOINT_REACH) & (away[1] <= JOINT_REACH) & ~femur & ~hip
    if not space.any():
        return space
    return ndimage.distance_transform_edt(~space, sampling=spacing) <= JOINT_BAND


def agreement(
    predicted: np.ndarray, reference: np.ndarray, spacing: tuple[float, float, float], band: np.ndarray | None = None
) -> Agreement:
    """Compare two masks [z, y, x] of one bone on a grid of ``spacing`` mm [z, y, x]."""
    both = int((predicted & reference).sum())
    box = _box(predicted, reference)
    pair = [torch.from_numpy(m[box][None, None].astype(np.float32)) for m in (predicted, reference)]
    empty = not predicted.any() or not reference.any()
    asd = (
        float("nan")
        if empty
        else float(compute_average_surface_distance(*pair, include_background=True, symmetric=True, spacing=spacing))
    )
    hd95 = (
        float("nan")
        if empty
        else float(compute_hausdorff_distance(*pair, include_background=True, percentile=95, spacing=spacing))
    )
    return Agreement(
        dice=overlap(predicted, reference),
        precision=both / max(1, int(predicted.sum())),
        recall=both / max(1, int(reference.sum())),
        asd=asd,
        hd95=hd95,
        volume_ratio=int(predicted.sum()) / max(1, int(reference.sum())),
        joint_dice=None if band is None or not band.any() else overlap(predicted & band, reference & band),
    )


def compare(
    predicted: np.ndarray, reference: np.ndarray, spacing: tuple[float, float, float], ignore: np.ndarray | None = None
) -> dict[str, Agreement]:
    """All bones of two label maps [z, y, x] of task hip-ct; voxels of ``ignore`` count for neither."""
    from hipjoint.labels import HIP_CT  # noqa: PLC0415 - keeps this module free of the engine for other label sets

    if ignore is not None:
        predicted, reference = (np.where(ignore, 0, m) for m in (predicted, reference))
    bands = {}
    for femur, hip in ((1, 3), (2, 4)):
        if (reference == femur).any() and (reference == hip).any():
            bands[femur] = bands[hip] = joint_band(reference == femur, reference == hip, spacing)
    return {
        label.name: agreement(predicted == label.value, reference == label.value, spacing, bands.get(label.value))
        for label in HIP_CT
        if (reference == label.value).any()
    }
