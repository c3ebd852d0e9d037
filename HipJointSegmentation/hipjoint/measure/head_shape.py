"""The head of one hip in a mask: sphere, neck, what is head and what speaks against trusting it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import Side
from hipjoint.measure.boundary import Mask, boundary
from hipjoint.measure.head_neck import Neck, find_neck, head_of, signed_distance
from hipjoint.measure.head_sphere import LEAST_USED, Sphere, fit_sphere
from hipjoint.measure.lesion import SMALLEST_PIECE_ML

# Round the sphere, in its radii: what lies farther off says nothing about the head.
_NEIGHBOURHOOD = 1.4
_BORDER_VOXELS = 4
# A ball of 61 mm diameter: larger heads are rare, and a mark that runs over into the acetabulum is more likely.
_LARGE_ML = 120.0


@dataclass(frozen=True)
class HeadShape:
    """``head`` and the ``lesion`` in it, masks [z, y, x] on ``grid``; ``sphere`` and ``neck`` in LPS mm.

    ``notes`` say what was left out; ``doubt`` says in sentences why nothing of this hip is certain, empty if it is.
    """

    side: Side
    grid: sitk.Image
    head: Mask
    lesion: Mask
    sphere: Sphere
    neck: Neck
    notes: tuple[str, ...]
    doubt: str


def find_head(head: Mask, dead: Mask, grid: sitk.Image, side: Side) -> HeadShape:
    """The head in masks [z, y, x] of a head, with or without lesion and neck, and of its lesion (``dead``).

    Hollows inside head and lesion together count as head. Raises ``InputError`` if there is no head.
    """
    whole, dead, grid = _cropped(head | dead, dead, grid)
    sphere = fit_sphere(boundary(whole, grid))
    near = _neighbourhood(grid, sphere)
    whole, dead, grid = _cut(whole, near), _cut(dead, near), _cut_grid(grid, near)
    whole = ndimage.binary_fill_holes(whole)
    neck = find_neck(signed_distance(whole, grid), grid, sphere, side)
    kept = head_of(whole, grid, sphere, neck)
    notes = _notes(dead, kept, neck, grid)
    return HeadShape(side, grid, kept, dead & kept, sphere, neck, notes, _doubt(kept, dead, sphere, neck, grid))


def _cropped(whole: Mask, dead: Mask, grid: sitk.Image) -> tuple[Mask, Mask, sitk.Image]:
    box = ndimage.find_objects(whole.astype(np.uint8))[0]
    around = tuple(
        slice(max(0, part.start - _BORDER_VOXELS), min(size, part.stop + _BORDER_VOXELS))
        for part, size in zip(box, whole.shape, strict=True)
    )
    return _cut(whole, around), _cut(dead, around), _cut_grid(grid, around)


def _neighbourhood(grid: sitk.Image, sphere: Sphere) -> tuple[slice, ...]:
    """The box [z, y, x] round the sphere, inside the grid."""
    middle = np.array(grid.TransformPhysicalPointToContinuousIndex(sphere.centre.tolist()))
    reach = _NEIGHBOURHOOD * sphere.radius / np.array(grid.GetSpacing()) + _BORDER_VOXELS
    low = np.clip(np.floor(middle - reach), 0, None).astype(int)
    high = np.minimum(np.ceil(middle + reach) + 1, grid.GetSize()).astype(int)
    return tuple(slice(a, b) for a, b in zip(low[::-1].tolist(), high[::-1].tolist(), strict=True))


def _cut(mask: Mask, box: tuple[slice, ...]) -> Mask:
    return np.ascontiguousarray(mask[box])


def _cut_grid(grid: sitk.Image, box: tuple[slice, ...]) -> sitk.Image:
    x, y, z = reversed(box)
    return grid[x, y, z]


def _notes(dead: Mask, kept: Mask, neck: Neck, grid: sitk.Image) -> tuple[str, ...]:
    notes = []
    outside = _ml(dead & ~kept, grid)
    if outside >= SMALLEST_PIECE_ML:
        notes.append(f"{outside:.1f} ml of the lesion lie outside the head and do not count.")
    if neck.ending == "leaves the sphere":
        notes.append("The mask goes on into the neck: head is what lies on the near side of the head-neck junction.")
    return tuple(notes)


def _doubt(kept: Mask, dead: Mask, sphere: Sphere, neck: Neck, grid: sitk.Image) -> str:
    """Why nothing of this hip is certain, as sentences; empty if there is no such reason."""
    doubts = []
    if sphere.used < LEAST_USED:
        doubts.append(f"Only {100 * sphere.used:.0f} % of a sphere's surface is round.")
    if _touches_border(kept):
        doubts.append("The head is cut by the edge of the image.")
    if neck.ending == "none":
        doubts.append("The mask shows neither a neck nor where it was cut off.")
    if _ml(kept, grid) > _LARGE_ML:
        doubts.append(f"The head is larger than {_LARGE_ML:.0f} ml, as few are: check what is marked.")
    if np.count_nonzero(dead & kept) < np.count_nonzero(dead) / 2:
        doubts.append("Most of the lesion lies outside the head: check the label values.")
    return " ".join(doubts)


def _ml(mask: Mask, grid: sitk.Image) -> float:
    return np.count_nonzero(mask) * float(np.prod(grid.GetSpacing())) / 1000


def _touches_border(mask: Mask) -> bool:
    return any(bool(np.take(mask, end, axis=axis).any()) for axis in range(3) for end in (0, -1))
