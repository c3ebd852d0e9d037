"""What in an image is joint space: a dark gap between two bright plates, however thin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from hipjoint.edit.strokes import Triple

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Metal and air say nothing of bone.
WINDOW = (-200.0, 1500.0)
# Widest gap, in mm, that is seen as a gap between plates; a joint space of the hip is 1 to 5 mm wide.
WIDEST_MM = 5.0
# How far, in mm, the joint space may reach from the boundary of the two bones.
REACH_MM = 3.0
# How much darker, in HU, than the bone under the strokes soft tissue is at least.
DARKER_HU = 25.0
# Percentiles of the depth of gaps under the strokes, where they are noise and texture: what is ordinary, with a floor
# in HU, and what few reach. A voxel of the joint space is darker than that, and somewhere near it is so many times
# darker than what is ordinary.
ORDINARY, ORDINARY_HU, RARE, CLEAR = 30, 10.0, 95, 3.0


@dataclass(frozen=True)
class Darkness:
    """How dark an image is: ``gap`` in HU below the bright on both sides, ``missing`` below bone under the strokes.

    ``ordinary`` and ``rare`` are depths in HU of the gaps that noise and texture make within bone: one that many have,
    and one that few reach.
    """

    gap: Floats
    missing: Floats
    ordinary: float
    rare: float

    @classmethod
    def of(cls, hu: npt.NDArray[np.generic], strokes: tuple[Mask, Mask], spacing: Triple) -> Darkness:
        """That of ``hu`` [z, y, x] with ``spacing`` (z, y, x) in mm; ``strokes`` show what lies within bone.

        The depth of gaps is a bottom-hat transform (Serra 1982) with a cube as wide as the widest joint space.
        """
        clipped = np.clip(hu, *WINDOW).astype(np.float32)
        width = [2 * int(WIDEST_MM / 2 / step) + 1 for step in spacing]
        gap = ndimage.grey_closing(clipped, size=width) - clipped
        ordinary = max(float(np.percentile(gap[stroke], ORDINARY)) for stroke in strokes)
        # Strokes on a thin wall touch its edges: those on the thicker bone tell more.
        rare = min(float(np.percentile(gap[stroke], RARE)) for stroke in strokes)
        bone = min(np.percentile(clipped[stroke], 20) for stroke in strokes)
        return cls(gap, np.maximum(np.float32(bone) - clipped, 0), max(ordinary, ORDINARY_HU), rare)

    def speed(self) -> Floats:
        """How fast, 0 to 1, a front runs: all but stopped by the joint space and by soft tissue."""
        slow = (self.gap / self.ordinary) ** 4 + (self.missing / DARKER_HU) ** 4
        return np.asarray(1 / (1 + slow), dtype=np.float32)


def joint_space(darkness: Darkness, bones: tuple[Mask, Mask], spacing: Triple) -> Mask:
    """Voxels of two ``bones`` [z, y, x] that touch which are the joint space between them.

    From where the bones meet it reaches as far as the image is darker than half-way between the bone there and the
    darkest near by along the boundary, at most 3 mm.
    """
    first, second = bones
    meeting = (ndimage.binary_dilation(first) & second) | (ndimage.binary_dilation(second) & first)
    size = [2 * round(REACH_MM / step) + 1 for step in spacing]
    deepest = ndimage.maximum_filter(np.where(meeting, darkness.gap, np.float32(0)), size=size)
    clear = deepest > CLEAR * darkness.ordinary
    dark = (first | second) & clear & (darkness.gap > np.maximum(deepest / 2, darkness.rare))
    return np.asarray(ndimage.binary_propagation(meeting & dark, mask=dark))
