"""Two bones that a segmentation stuck together, parted again along the joint space between them.

A few strokes say which bone is where. Inside a box round them two fronts start from the strokes and run through what
is labelled as either bone, fast in bone and hardly at all in the joint space: a voxel belongs to the bone whose front
arrives first (fast marching, Sethian 1996, as SimpleITK has it).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from hipjoint.edit.joint_space import Darkness, joint_space
from hipjoint.edit.strokes import MARGIN_MM, Box, Lines, Mask, Triple, brushed, local_box
from hipjoint.errors import InputError

Pair = tuple[Mask, Mask]

# What ITK gives voxels that a front cannot reach is larger than this.
_NEVER = 1e30


@dataclass(frozen=True)
class Split:
    """What the two bones are in ``box``, slices [z, y, x] of the arrays; outside of it nothing changes."""

    box: Box
    bones: Pair


def split_joint(
    hu: npt.NDArray[np.generic],
    bones: Pair,
    strokes: tuple[Lines, Lines],
    spacing: Triple,
    *,
    radius_mm: float = 2.0,
    margin_mm: float = MARGIN_MM,
    names: tuple[str, str] = ("1", "2"),
) -> Split:
    """Part two bones by strokes on each of them.

    ``hu`` and the masks ``bones`` are [z, y, x] on one grid with ``spacing`` (z, y, x) in mm; ``strokes`` are lines
    (n, 3) in voxels [z, y, x] for either bone, drawn with a ball of ``radius_mm``. In the box that is ``margin_mm``
    larger than the strokes, each voxel of either bone goes to the bone whose strokes reach it first, and the joint
    space between them to none. What strokes touch always goes to their bone, what none reaches stays as it is.

    ``names`` are those of the bones in sentences for people. Raises ``InputError`` if a bone has no stroke, if its
    strokes lie outside the scan, or if they touch neither bone.
    """
    box = local_box(strokes, hu.shape, spacing, names, margin_mm)
    before = bones[0][box], bones[1][box]
    union = before[0] | before[1]
    seeds = _seeds(strokes, radius_mm, box, union, spacing, names)
    darkness = Darkness.of(hu[box], seeds, spacing)
    first, reached = _race(np.where(union, darkness.speed(), np.float32(0)), seeds, spacing)
    after = reached & first, reached & ~first
    gap = joint_space(darkness, after, spacing) & ~seeds[0] & ~seeds[1]
    kept = before[0] & ~reached, before[1] & ~reached
    return Split(box, (after[0] & ~gap | kept[0], after[1] & ~gap | kept[1]))


def _seeds(
    strokes: tuple[Lines, Lines], radius_mm: float, box: Box, union: Mask, spacing: Triple, names: tuple[str, str]
) -> Pair:
    """The voxels of ``union`` that the strokes of one bone touch and those of the other do not."""
    start = np.array([part.start for part in box])
    touched = [brushed([line - start for line in lines], radius_mm, union.shape, spacing) for lines in strokes]
    seeds = touched[0] & ~touched[1] & union, touched[1] & ~touched[0] & union
    for seed, name in zip(seeds, names, strict=True):
        if not seed.any():
            raise InputError(
                f"The strokes on the bone {name} touch neither bone, or only where the other ones do: draw them inside."
            )
    return seeds


def _race(speed: npt.NDArray[np.float32], seeds: Pair, spacing: Triple) -> Pair:
    """Where the front of the first seeds arrives before that of the second, and where any arrives."""
    # SimpleITK lets other threads run while it works.
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda seed: _arrival(speed, seed, spacing), seeds)
    return np.asarray(first <= second), np.asarray(np.minimum(first, second) < _NEVER)


def _arrival(speed: npt.NDArray[np.float32], seed: Mask, spacing: Triple) -> npt.NDArray[np.float64]:
    image = sitk.GetImageFromArray(speed)
    image.SetSpacing(tuple(reversed(spacing)))
    marching = sitk.FastMarchingImageFilter()
    marching.SetTrialPoints(np.argwhere(seed)[:, ::-1].tolist())
    return np.asarray(sitk.GetArrayFromImage(marching.Execute(image)))
