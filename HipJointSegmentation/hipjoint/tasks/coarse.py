"""First stage: the coarse network on the whole scan finds the bones, their sides and where to look closer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from hipjoint.models import Backend, ModelEntry, predict
from hipjoint.tasks.clean import largest_piece
from hipjoint.tasks.inputs import seen_by
from hipjoint.tasks.sides import agreed, sided_pieces
from hipjoint.volume.resample import Grid, corners, covering_grid, on_grid

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

SMALLEST = 3.0  # ml; less than this of a bone is not reported
SOFTEST = 100.0  # HU that a tenth of every bone exceeds, the osteopenic too; water, muscle and fat do not


@dataclass(frozen=True)
class Coarse:
    """Answer of the first stage on ``grid``: ``bones`` (5, Z, Y, X) in label order, ``probability`` (6, Z, Y, X)."""

    grid: Grid
    probability: Floats
    bones: npt.NDArray[np.bool_]


def find_bones(image: sitk.Image, entry: ModelEntry, backend: Backend) -> Coarse:
    """First stage on the whole scan."""
    spots = corners(image)
    grid = covering_grid(spots.min(0), spots.max(0), entry.input.spacing_mm)
    hu = on_grid(image, grid)
    probability = predict(backend, seen_by(entry.input, hu)[None], entry.patch, overlap=0.5)
    bones = whole_bones(probability, SMALLEST * 1000 / grid.spacing**3)
    return Coarse(grid, probability, np.stack([bone & is_hard(bone, hu) for bone in bones]))


def is_hard(bone: Mask, hu: Floats) -> bool:
    """Whether what was found is as dense as the softest bone, and no shape seen in noise; masks and HU (Z, Y, X)."""
    return bool(bone.any() and np.percentile(hu[bone], 90) > SOFTEST)


def whole_bones(probability: Floats, least: float) -> npt.NDArray[np.bool_]:
    """Masks (5, Z, Y, X) of the bones in label order, at most one piece each and none under ``least`` voxels."""
    kinds = np.stack([probability[0], *side_blind(probability)]).argmax(0)
    femora = sided_pieces(probability[1], probability[2], kinds == 1, least)
    hips = sided_pieces(probability[3], probability[4], kinds == 2, least)
    femora, hips = agreed(femora, hips)
    sacrum = largest_piece(kinds == 3)
    return np.stack([*femora, *hips, sacrum if sacrum.sum() >= least else np.zeros_like(sacrum)])


def side_blind(p: Floats) -> Floats:
    """Femur, hip bone and sacrum (3, Z, Y, X) without regard to the side, as the fine network takes them."""
    return np.stack([p[1] + p[2], p[3] + p[4], p[5]])
