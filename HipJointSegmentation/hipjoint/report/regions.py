"""Where in the scan the hip joints are, so that the report shows slices through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import FEMUR, HIP_BONE, Code, Label, Side

# Fine enough to find a femoral head and coarse enough to take no time.
GRID_MM = 2.0
# The femoral head is the part of the femur this near to the hip bone.
JOINT_MM = 8.0


@dataclass(frozen=True)
class Region:
    """One hip: its side and a point near the centre of the joint, as voxel index (x, y, z) of the label map."""

    side: Side
    centre: tuple[int, int, int]


def hip_regions(labels: sitk.Image, shown: tuple[Label, ...]) -> list[Region]:
    """The hips that the label map shows, right first; ``shown`` are the labels in it."""
    step = tuple(max(1, round(GRID_MM / spacing)) for spacing in reversed(labels.GetSpacing()))
    coarse = sitk.GetArrayViewFromImage(labels)[:: step[0], :: step[1], :: step[2]]
    sampling = tuple(spacing * s for spacing, s in zip(reversed(labels.GetSpacing()), step, strict=True))
    regions = []
    sides: tuple[Side, ...] = ("right", "left")
    for side in sides:
        femur = _mask(coarse, shown, FEMUR, side)
        hip = _mask(coarse, shown, HIP_BONE, side)
        if femur.any() or hip.any():
            z, y, x = (round(float(c) * s) for c, s in zip(_joint_centre(femur, hip, sampling), step, strict=True))
            regions.append(Region(side, (x, y, z)))
    return regions


def _mask(coarse: np.ndarray, shown: tuple[Label, ...], code: Code, side: Side) -> np.ndarray:
    values = [label.value for label in shown if label.code == code and label.side == side]
    return np.isin(coarse, values)


def _joint_centre(femur: np.ndarray, hip: np.ndarray, sampling: tuple[float, ...]) -> np.ndarray:
    """Centroid [z, y, x] of the femur near the hip bone; of whichever bone there is where they do not meet."""
    if femur.any() and hip.any():
        near = femur & (ndimage.distance_transform_edt(~hip, sampling=sampling) <= JOINT_MM)
        if near.any():
            return _centroid(near)
    return _centroid(femur if femur.any() else hip)


def _centroid(mask: np.ndarray) -> np.ndarray:
    return np.asarray(np.argwhere(mask).mean(axis=0))
