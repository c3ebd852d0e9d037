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

SMALLEST = 3.0  # ml; less than this of a bone is not reported


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
    seen = seen_by(entry.input, on_grid(image, grid))
    probability = predict(backend, seen[None], entry.patch, overlap=0.5)
    return Coarse(grid, probability, whole_bones(probability, SMALLEST * 1000 / grid.spacing**3))


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
