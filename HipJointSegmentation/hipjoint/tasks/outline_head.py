"""Second stage of MRI: the fine network outlines head and lesion in a cube round one hip.

It knows left hips only: what it sees of a right one is mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import Side
from hipjoint.models import Backend, ModelEntry
from hipjoint.tasks.clean import one_piece
from hipjoint.tasks.find_hips import SMALLEST_ML, FoundHip, darkest
from hipjoint.tasks.inputs import seen_by
from hipjoint.volume.resample import Grid, on_grid

Floats = npt.NDArray[np.float32]

# A head whose middle lies further off that of the cube than this is looked at again from its own middle.
OFF_MM = 4.0
TURNS = 3
# Pieces of a lesion smaller than this are noise.
SMALLEST_LESION_ML = 0.3
# A tenth of the voxels of a lesion are surer than this; lines of pressure and scars of a normal head are not.
# Chosen on the normal heads that the network was trained with and on lesions drawn into them.
SURE = 0.955


@dataclass(frozen=True)
class Outline:
    """One head: fields (float32, positive inside) of the whole head and of the lesion, the latter None without one."""

    side: Side
    head: sitk.Image
    lesion: sitk.Image | None


def outline_head(image: sitk.Image, hip: FoundHip, entry: ModelEntry, backend: Backend) -> Outline | None:
    """Head and lesion of a hip, None if the fine network sees no head there."""
    centre = hip.centre
    for _ in range(TURNS):
        grid = cube(centre, entry)
        head, lesion = fields_of(_asked(image, grid, hip.side, entry, backend), grid.spacing)
        if not (head > 0).any():
            return None
        middle = grid.origin + np.argwhere(head > 0).mean(0)[::-1] * grid.spacing
        if np.linalg.norm(middle - centre) <= OFF_MM:
            break
        centre = middle
    return Outline(hip.side, grid.image(head), grid.image(lesion) if (lesion > 0).any() else None)


def cube(centre: npt.NDArray[np.float64], entry: ModelEntry) -> Grid:
    """The grid of the fine network with its middle at ``centre`` (LPS mm)."""
    size = entry.patch[::-1]
    origin = centre - (np.array(size) - 1) / 2 * entry.input.spacing_mm
    return Grid(tuple(origin.tolist()), (size[0], size[1], size[2]), entry.input.spacing_mm)


def _asked(image: sitk.Image, grid: Grid, side: Side, entry: ModelEntry, backend: Backend) -> Floats:
    """Probabilities (3, Z, Y, X) of background, living head and lesion."""
    seen = seen_by(entry.input, on_grid(image, grid, darkest(image)))
    if side == "right":
        seen = seen[:, :, ::-1]
    found = backend.run(np.ascontiguousarray(seen[None, None]))[0]
    return np.ascontiguousarray(found[..., ::-1]) if side == "right" else found


def fields_of(probability: Floats, spacing: float) -> tuple[Floats, Floats]:
    """Fields (Z, Y, X) of the head, one piece without holes, and of the lesion, which lies inside it.

    Both are -1 all over where there is none; ``spacing`` in mm.
    """
    none, living, dead = probability
    voxel_ml = spacing**3 / 1000
    head = one_piece(living + dead - none)
    if np.count_nonzero(head > 0) * voxel_ml < SMALLEST_ML:
        return np.full_like(head, -1.0), np.full_like(head, -1.0)
    lesion = _surely(np.minimum(dead - living, head), dead)
    return head, _without_islands(lesion, SMALLEST_LESION_ML / voxel_ml)


def _surely(field: Floats, dead: Floats) -> Floats:
    """A field of lesions without the pieces of which the network, saying ``dead``, is nowhere sure."""
    pieces, count = ndimage.label(field > 0)
    for number in range(1, count + 1):
        piece = pieces == number
        if np.percentile(dead[piece], 90) < SURE:
            field = np.where(piece, -field, field)
    return field


def _without_islands(field: Floats, least: float) -> Floats:
    """A field without pieces of fewer than ``least`` voxels; holes as small are filled."""
    out = field.copy()
    for sign in (1, -1):
        pieces, _ = ndimage.label(out * sign > 0)
        few = np.bincount(pieces.ravel()) < least
        few[0] = False
        out = np.where(few[pieces], -sign * np.abs(out), out)
    return np.asarray(out, dtype=np.float32)
