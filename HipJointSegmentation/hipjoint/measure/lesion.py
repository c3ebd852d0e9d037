"""How large the necrotic lesion is, in ml and as a share of the head, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.measure.boundary import Mask, boundary
from hipjoint.measure.value import Definition

# What two readers' outlines of one head and lesion differ by, on average: 0.65 and 0.76 mm (Uemura et al. 2025, model
# against surgeon). Finer voxels do not make an outline more certain than this.
LEAST_UNCERTAINTY_MM = 0.5
# Smaller pieces are specks of the outline: they count in the volume and not in the number.
SMALLEST_PIECE_ML = 0.05

HEAD_VOLUME = Definition(
    "head_volume",
    "Volume of the head",
    "ml",
    "Voxels of head and lesion on the head's side of the head-neck junction and not more than 3 mm outside the sphere, "
    "times the volume of a voxel. Interval: the surface moved in and out by the uncertainty of the outline.",
    "voxel count",
)
LESION_VOLUME = Definition(
    "lesion_volume",
    "Volume of the lesion",
    "ml",
    "Voxels of the lesion that lie inside the head, times the volume of a voxel. Interval: its surface moved in and "
    "out by the uncertainty of the outline.",
    "voxel count",
)
SHARE = Definition(
    "lesion_share",
    "Lesion in the head",
    "%",
    "Volume of the lesion divided by the volume of the whole head, lesion included. Interval: smallest and largest "
    "share when the surface of the head and the border of the lesion inside it are each moved by the uncertainty of "
    "the outline, in or out; the joint surface of the lesion moves with the head.",
    "Steinberg et al., J Bone Joint Surg Br 1995; the interval is this program's",
)
PIECES = Definition(
    "lesion_pieces",
    "Pieces of the lesion",
    "",
    f"Connected pieces of the lesion (voxels that touch at a corner belong together) of {SMALLEST_PIECE_ML} ml or "
    "more; a lesion of smaller pieces only counts as one.",
    "definition of this program",
    digits=0,
)

Interval = tuple[float, float]


@dataclass(frozen=True)
class LesionSize:
    """Volumes in ml, share of the head in percent, each with its interval; pieces; the uncertainty used, in mm."""

    head_ml: float
    head_interval: Interval
    lesion_ml: float
    lesion_interval: Interval
    share: float
    share_interval: Interval
    pieces: int
    uncertainty_mm: float


def default_uncertainty(grid: sitk.Image) -> float:
    """By how much, in mm, an outline on ``grid`` may be wrong: half the edge of a cube of a voxel's volume.

    Never less than 0.5 mm. Moving the whole surface by this is cautious: along a real outline errors partly cancel.
    """
    return max(LEAST_UNCERTAINTY_MM, float(np.cbrt(prod(grid.GetSpacing()))) / 2)


def measure_lesion(head: Mask, lesion: Mask, grid: sitk.Image, uncertainty_mm: float) -> LesionSize:
    """Sizes of the part of ``lesion`` inside ``head`` (masks [z, y, x] on ``grid``), within ``uncertainty_mm``.

    A surface that moves by u adds u times its area, which holds as long as u is small beside the size of the lesion.
    Raises ``ValueError`` if the head is empty.
    """
    if not head.any():
        raise ValueError("the head is empty")
    inside = lesion & head
    voxel_ml = prod(grid.GetSpacing()) / 1000.0
    head_ml, lesion_ml = (float(np.count_nonzero(mask)) * voxel_ml for mask in (head, inside))
    whole = uncertainty_mm * _area_cm2(head, ~head, grid) / 10
    inner = uncertainty_mm * _area_cm2(inside, head & ~inside, grid) / 10 if inside.any() else 0.0
    outer = uncertainty_mm * _area_cm2(inside, ~head, grid) / 10 if inside.any() else 0.0
    shares = [
        _share(lesion_ml + a * inner + b * outer, head_ml + b * whole) for a, b in product((-1.0, 0.0, 1.0), repeat=2)
    ]
    return LesionSize(
        head_ml,
        (max(0.0, head_ml - whole), head_ml + whole),
        lesion_ml,
        (max(0.0, lesion_ml - inner - outer), lesion_ml + inner + outer),
        _share(lesion_ml, head_ml),
        (min(shares), max(shares)),
        _pieces(inside, voxel_ml),
        uncertainty_mm,
    )


def _area_cm2(inside: Mask, outside: Mask, grid: sitk.Image) -> float:
    return float(boundary(inside, grid, outside).patches.sum()) / 100


def _share(part: float, whole: float) -> float:
    return 100.0 * min(1.0, max(0.0, part) / whole) if whole > 0 else 100.0


def _pieces(mask: Mask, voxel_ml: float) -> int:
    labelled, count = ndimage.label(mask, structure=np.ones((3, 3, 3), bool))
    if not count:
        return 0
    sizes = np.bincount(labelled.ravel())[1:] * voxel_ml
    return max(1, int(np.count_nonzero(sizes >= SMALLEST_PIECE_ML)))
