"""Sliding window: a model's answer for a volume, or a picture, larger than the patch it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

import numpy as np
import numpy.typing as npt

from hipjoint.models.backend import Backend, Floats

Mask = npt.NDArray[np.bool_]
Window = tuple[slice, ...]
Patch = tuple[int, ...]

# Width of the Gaussian as a share of the patch, as in nnU-Net (Isensee et al., Nat Methods 2021) and MONAI.
_SIGMA = 0.125


def predict(
    backend: Backend,
    channels: Floats,
    patch: Patch,
    overlap: float = 0.25,
    where: Mask | None = None,
    on_patch: Callable[[int, int], None] | None = None,
) -> Floats:
    """Probabilities (K, Z, Y, X) of ``channels`` (C, Z, Y, X), both float32, from windows of ``patch`` voxels.

    Of a picture there is no Z, neither here nor in what ``backend`` sees.

    Neighbouring windows share at least ``overlap`` (0 to below 1) of their side and are averaged with Gaussian weights
    that favour their middles. Only windows with something of ``where`` (Z, Y, X) in them are computed; all of
    ``where`` is covered, and what no window reaches is background: class 0 with probability 1. A volume smaller than
    the patch is padded with each channel's lowest value. ``on_patch(done, all)`` is called after each window.
    Raises ``ValueError`` if ``where`` is empty.
    """
    if where is not None and not where.any():
        raise ValueError("there is nothing to predict: where is empty")
    margins = [_margin(size, side) for size, side in zip(channels.shape[1:], patch, strict=True)]
    wanted = np.ones(channels.shape[1:], bool) if where is None else where
    if any(margin != (0, 0) for margin in margins):
        channels = np.stack([np.pad(c, margins, constant_values=c.min()) for c in channels])
        wanted = np.pad(wanted, margins)
    result = _blended(backend, channels, list(windows(wanted, patch, overlap)), _weights(patch), on_patch)
    inner = tuple(slice(low, size - high) for (low, high), size in zip(margins, wanted.shape, strict=True))
    return result[(slice(None), *inner)]


def windows(wanted: Mask, patch: Patch, overlap: float) -> Iterator[Window]:
    """Windows that cover all of ``wanted`` (Z, Y, X) or (Y, X), each with something of it inside.

    Slabs are laid along the first axis, rows within each slab along the next, windows within each row along the last,
    so that they follow the shape of what is wanted.
    """
    side = patch[0]
    for start in _starts(np.asarray(wanted.any(axis=tuple(range(1, wanted.ndim)))), side, overlap):
        here = slice(start, start + side)
        if wanted.ndim == 1:
            yield (here,)
        else:
            yield from ((here, *rest) for rest in windows(np.asarray(wanted[here].any(axis=0)), patch[1:], overlap))


def _starts(wanted: Mask, side: int, overlap: float) -> Iterator[int]:
    """Where to begin windows of ``side`` on a line; a gap in what is wanted wider than a step is left out."""
    found = np.flatnonzero(wanted)
    step = max(1, int(side * (1 - overlap)))
    for run in np.split(found, np.flatnonzero(np.diff(found) > step) + 1):
        yield from _spread(int(run[0]), int(run[-1]) + 1, side, step, len(wanted))


def _spread(low: int, high: int, side: int, step: int, size: int) -> Iterator[int]:
    """As few starts as cover [low, high) at most ``step`` apart, evenly spread; a single window sits in the middle."""
    room = high - low - side
    count = 1 + max(0, ceil(room / step))
    first = low if room > 0 else low + room // 2
    for i in range(count):
        yield min(max(first + i * room // max(1, count - 1), 0), size - side)


def _margin(size: int, side: int) -> tuple[int, int]:
    """Voxels to add before and after an axis of ``size`` so that a window of ``side`` fits."""
    lacking = max(0, side - size)
    return lacking // 2, lacking - lacking // 2


def _weights(patch: Patch) -> Floats:
    """Gaussian weights of the patch's shape, 1 in the middle, still 4e-11 in a corner four widths away on each axis."""
    axes = np.ogrid[tuple(slice(0, side) for side in patch)]
    squares = sum(((axis - (side - 1) / 2) / (_SIGMA * side)) ** 2 for axis, side in zip(axes, patch, strict=True))
    return np.exp(-squares / 2).astype(np.float32)


def _blended(
    backend: Backend,
    channels: Floats,
    places: list[Window],
    weights: Floats,
    on_patch: Callable[[int, int], None] | None,
) -> Floats:
    """Weighted mean of the answers in all windows; the sums are divided in place, since a whole scan is large."""
    shape = channels.shape[1:]
    total = np.zeros(shape, np.float32)
    result: Floats | None = None
    for done, place in enumerate(places, 1):
        answer = backend.run(np.ascontiguousarray(channels[(slice(None), *place)])[None])[0]
        if result is None:
            result = np.zeros((len(answer), *shape), np.float32)
        answer *= weights
        result[(slice(None), *place)] += answer
        total[place] += weights
        if on_patch:
            on_patch(done, len(places))
    assert result is not None  # noqa: S101 - something is wanted, so there is a window
    unseen = total == 0
    result[0][unseen] = total[unseen] = 1
    result /= total
    return result
