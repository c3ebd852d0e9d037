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
# Percentile of the depth of gaps under the strokes, where they are noise and texture, and a floor for it in HU.
ORDINARY_SHARE, ORDINARY_HU = 30, 10.0
# A gap counts as joint space if it is so many times deeper than the ordinary ones within bone.
CLEAR = 3.0
# Dark specks of marrow up to twice as wide, in mm, within one bone are no joint space.
SPECK_MM = 1.0


@dataclass(frozen=True)
class Darkness:
    """How dark an image is: ``gap`` in HU below the bright on both sides, ``missing`` below bone under the strokes.

    ``ordinary`` is the depth in HU of the gaps that noise and texture make within bone.
    """

    gap: Floats
    missing: Floats
    ordinary: float

    @classmethod
    def of(cls, hu: npt.NDArray[np.generic], strokes: tuple[Mask, Mask], spacing: Triple) -> Darkness:
        """That of ``hu`` [z, y, x] with ``spacing`` (z, y, x) in mm; ``strokes`` show what lies within bone.

        The depth of gaps is a bottom-hat transform (Serra 1982) with a cube as wide as the widest joint space.
        """
        clipped = np.clip(hu, *WINDOW).astype(np.float32)
        width = [2 * int(WIDEST_MM / 2 / step) + 1 for step in spacing]
        gap = ndimage.grey_closing(clipped, size=width) - clipped
        ordinary = max(float(np.percentile(gap[stroke], ORDINARY_SHARE)) for stroke in strokes)
        bone = min(np.percentile(clipped[stroke], 20) for stroke in strokes)
        return cls(gap, np.maximum(np.float32(bone) - clipped, 0), max(ordinary, ORDINARY_HU))

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
    dark = (first | second) & (darkness.gap > deepest / 2) & (deepest > CLEAR * darkness.ordinary)
    space = ndimage.binary_propagation(meeting & dark, mask=dark)
    return np.asarray(space & ~_closed(first & ~space, spacing) & ~_closed(second & ~space, spacing))


def _closed(bone: Mask, spacing: Triple) -> Mask:
    """A bone with its holes and niches filled that are narrower than specks of marrow."""
    size = [2 * round(SPECK_MM / step) + 1 for step in spacing]
    return np.asarray(ndimage.grey_closing(bone.astype(np.uint8), size=size) > 0)
