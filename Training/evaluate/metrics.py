"""How well a label map agrees with a reference, bone by bone, and in the joint."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import nan

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.evaluation.agreement import agreement as whole_agreement
from hipjoint.labels import HIP_CT

JOINT_REACH = 4.0  # mm from both bones: what counts as joint space
JOINT_BAND = 5.0  # mm round the joint space in which agreement is counted
FORAMEN = 8.0  # mm, half the width of the canal and of the widest foramina of a sacrum


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
    outer_dice: float | None = None  # of the sacrum, its canal and foramina counting for neither

    def as_dict(self) -> dict[str, float | None]:
        """Plain numbers for a table, rounded."""
        return {k: None if v is None else round(v, 4) for k, v in asdict(self).items()}


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Dice of two masks; two empty ones agree."""
    total = int(a.sum()) + int(b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0


def joint_band(femur: np.ndarray, hip: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Mask of all within 5 mm of the space between two bones; ``spacing`` in mm, [z, y, x]."""
    away = [ndimage.distance_transform_edt(~m, sampling=spacing) for m in (femur, hip)]
    space = (away[0] <= JOINT_REACH) & (away[1] <= JOINT_REACH) & ~femur & ~hip
    if not space.any():
        return space
    return ndimage.distance_transform_edt(~space, sampling=spacing) <= JOINT_BAND


def hollows(bone: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """What lies in the canals and notches of a bone: what its closing by FORAMEN adds; ``spacing`` in mm, [z, y, x]."""
    reach = [round(FORAMEN / s) for s in spacing]
    padded = np.pad(bone, [(r, r) for r in reach]).astype(np.uint8)
    closed = sitk.GetArrayFromImage(sitk.BinaryMorphologicalClosing(sitk.GetImageFromArray(padded), reach[::-1])) > 0
    inner = tuple(slice(r, n - r) for r, n in zip(reach, padded.shape, strict=True))
    return closed[inner] & ~bone


def agreement(
    predicted: np.ndarray, reference: np.ndarray, spacing: tuple[float, float, float], band: np.ndarray | None = None
) -> Agreement:
    """Compare two masks [z, y, x] of one bone on a grid of ``spacing`` mm [z, y, x]; the engine's own definitions."""
    found = whole_agreement(predicted, reference, spacing)
    return Agreement(
        dice=found.dice,
        precision=found.precision or 0.0,
        recall=found.recall or 0.0,
        asd=nan if found.asd_mm is None else found.asd_mm,
        hd95=nan if found.hd95_mm is None else found.hd95_mm,
        volume_ratio=int(predicted.sum()) / max(1, int(reference.sum())),
        joint_dice=None if band is None or not band.any() else overlap(predicted & band, reference & band),
    )


def compare(
    predicted: np.ndarray, reference: np.ndarray, spacing: tuple[float, float, float], ignore: np.ndarray | None = None
) -> dict[str, Agreement]:
    """All bones of two label maps [z, y, x] of task hip-ct; voxels of ``ignore`` count for neither."""
    if ignore is not None:
        predicted, reference = (np.where(ignore, 0, m) for m in (predicted, reference))
    bands = {}
    for femur, hip in ((1, 3), (2, 4)):
        if (reference == femur).any() and (reference == hip).any():
            bands[femur] = bands[hip] = joint_band(reference == femur, reference == hip, spacing)
    found = {
        label.name: agreement(predicted == label.value, reference == label.value, spacing, bands.get(label.value))
        for label in HIP_CT
        if (reference == label.value).any()
    }
    if "sacrum" in found:
        bone = reference == HIP_CT[4].value
        scored = (predicted == HIP_CT[4].value) & ~hollows(bone, spacing)
        found["sacrum"] = replace(found["sacrum"], outer_dice=overlap(scored, bone))
    return found
