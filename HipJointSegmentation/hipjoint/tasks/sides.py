"""Right and left: what the coarse network says of a side is smoothed, then checked against where the bones lie.

On a grid along the LPS axes the x index grows to the patient's left. Two femora, or two hip bones, are right and left
in that order; a femur lies lateral of the hip bone it belongs to. Where these contradict the network, they win.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.segmentation import watershed

from hipjoint.tasks.clean import bounding_box, largest_piece, nearer

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Pair = tuple[Mask, Mask]

_CLEAR = 0.8  # share of a piece's probability from which the whole piece belongs to one side
_SMOOTH = 2.0  # voxels
_DOUBTFUL = 8.0  # mm from where the coarse network parts right from left within which the fine one may part them better


def sided_pieces(right: Floats, left: Floats, found: Mask, least: float) -> Pair:
    """One piece a side of a paired bone from the probabilities of its sides, all (Z, Y, X).

    ``found`` is where the bone is, whichever side; pieces of less than ``least`` voxels are left out.
    """
    halves = np.zeros((2, *found.shape), dtype=bool)
    smooth = ndimage.gaussian_filter(right, _SMOOTH) >= ndimage.gaussian_filter(left, _SMOOTH)
    pieces, _ = ndimage.label(found)
    for number, place in enumerate(ndimage.find_objects(pieces), start=1):
        piece = pieces[place] == number
        if piece.sum() < least:
            continue
        share = float(right[place][piece].sum() / (right[place][piece] + left[place][piece]).sum())
        is_right = np.full(piece.shape, share >= 0.5) if not 1 - _CLEAR < share < _CLEAR else smooth[place]
        halves[0][place] |= piece & is_right
        halves[1][place] |= piece & ~is_right
    kept = [largest_piece(half) for half in halves]
    return in_order(*(half if half.sum() >= least else np.zeros_like(half) for half in kept))


def _x(mask: Mask) -> float | None:
    """Mean x index, or None of an empty mask."""
    return float(np.nonzero(mask)[2].mean()) if mask.any() else None


def in_order(right: Mask, left: Mask) -> Pair:
    """The two so that the right one lies on the patient's right."""
    a, b = _x(right), _x(left)
    return (left, right) if a is not None and b is not None and a > b else (right, left)


def agreed(femora: Pair, hips: Pair) -> tuple[Pair, Pair]:
    """Femora and hip bones with their sides made to agree where there is one of either kind only."""
    femur, hip = (next((i for i, m in enumerate(pair) if m.any()), None) for pair in (femora, hips))
    alone = all(sum(bool(m.any()) for m in pair) == 1 for pair in (femora, hips))
    if not alone or femur is None or hip is None:
        return femora, hips
    place, socket = _x(femora[femur]), _x(hips[hip])
    assert place is not None  # noqa: S101 - neither mask is empty
    assert socket is not None  # noqa: S101 - neither mask is empty
    side = 0 if place < socket else 1
    return _on(side, femora[femur]), _on(side, hips[hip])


def _on(side: int, mask: Mask) -> Pair:
    empty = np.zeros_like(mask)
    return (mask, empty) if side == 0 else (empty, mask)


def parted(lead: Floats, bone: Floats, spacing: float) -> Floats:
    """``lead`` with right and left parted where the bone between them is thinnest, as at the pubic symphysis.

    ``lead`` (Z, Y, X) says by how many mm a place is nearer to the right bone than to the left one of the coarse
    network; ``bone`` is the fine network's share of that bone, 0 to 1; ``spacing`` in mm.
    """
    doubtful = np.abs(lead) < _DOUBTFUL
    box = bounding_box(doubtful & (bone > 0.5), 2)
    if box is None:
        return lead
    near, here = lead[box], doubtful[box]
    markers = np.where(here, 0, np.where(near > 0, 1, 2)).astype(np.int32)
    if not (markers == 1).any() or not (markers == 2).any():
        return lead
    halves = watershed(1 - bone[box], markers)
    out = lead.copy()
    out[box] = np.where(here, nearer(halves == 1, halves == 2, spacing), near)
    return out
