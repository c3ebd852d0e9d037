"""First stage of MRI: the coarse network on the whole scan finds the femoral heads and their sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from hipjoint.labels import Side
from hipjoint.models import Backend, ModelEntry, predict
from hipjoint.tasks.inputs import seen_by
from hipjoint.tasks.sides import sided_pieces
from hipjoint.volume.resample import Grid, corners, covering_grid, on_grid

# Of a head in ml; less than this is no head that can be measured.
SMALLEST_ML = 8.0
SIDES: tuple[Side, ...] = ("right", "left")


@dataclass(frozen=True)
class FoundHip:
    """A femoral head: its side and the middle (3,) in LPS mm of what the coarse network took for it."""

    side: Side
    centre: npt.NDArray[np.float64]


def find_hips(image: sitk.Image, entry: ModelEntry, backend: Backend) -> tuple[FoundHip, ...]:
    """The heads in an MRI, the right one first; none if it shows no hip."""
    spots = corners(image)
    grid = covering_grid(spots.min(0), spots.max(0), entry.input.spacing_mm)
    seen = seen_by(entry.input, on_grid(image, grid, darkest(image)))
    probability = predict(backend, seen[None], entry.patch, overlap=0.5)
    return heads_in(probability, grid)


def heads_in(probability: npt.NDArray[np.float32], grid: Grid) -> tuple[FoundHip, ...]:
    """The heads in probabilities (3, Z, Y, X) of background, right and left head on a grid."""
    right, left = probability[1:]
    masks = sided_pieces(right, left, right + left > 0.5, SMALLEST_ML * 1000 / grid.spacing**3)
    return tuple(
        FoundHip(side, grid.origin + np.argwhere(mask).mean(0)[::-1] * grid.spacing)
        for side, mask in zip(SIDES, masks, strict=True)
        if mask.any()
    )


def darkest(image: sitk.Image) -> float:
    """The lowest value of an MRI, which is that of air: what lies beyond the edge of the scan is taken for air."""
    return float(sitk.GetArrayViewFromImage(image).min())
