"""Metal on a radiograph: told to the user, because what is drawn near it is not to be trusted.

Nails, plates, screws and stems are bars of even brightness with sharp parallel edges; bones are tubes, brighter at
their walls than inside, and shade off. Thresholds were chosen on films: ``Docs/radiographs.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from hipjoint.labels import HIP_RADIOGRAPH
from hipjoint.tasks.film_heads import FoundHead
from hipjoint.tasks.film_inputs import HEAD_RADIUS, Floats, at_head_scale
from hipjoint.warning import BoneWarning

Mask = npt.NDArray[np.bool_]

SIDE = 512  # pixels of the film's longest side; all lengths here are in these pixels
LEAST_LENGTH = 52.0
_EDGE = 0.025  # of each side of the film: frames that are burnt in lie there
_SIGMAS = (2.0, 3.5, 5.0)  # of the ridges that are looked at
_REACH = 16
_WIDTHS = (3, 22)
# Of the height of a profile: how far it may vary on top, and how narrow it may be at 3/4 of what it is at 1/4.
_FLAT, _SQUARE = 0.2, 0.75
_LEAST_HEIGHT, _LEAST_CURVE = 0.12, 0.004
_NEAR = 6.0  # head radii: metal farther from a head is not said to be at that hip


@dataclass(frozen=True)
class Bar:
    """A piece of metal: its middle (x, y) in pixels of the film, its ``length`` as a share of the longest side."""

    middle: npt.NDArray[np.float64]
    length: float


def find_metal(film: Floats) -> list[Bar]:
    """Bars of metal on a ``normalised`` film (rows, columns), the longest first."""
    seen, frame = at_head_scale(film, HEAD_RADIUS * max(film.shape) / SIDE)
    like = _inner(np.any([_bar_like(seen, sigma) for sigma in _SIGMAS], axis=0))
    groups, _ = ndimage.label(ndimage.binary_dilation(like, iterations=2))
    bars = []
    for number, (down, across) in enumerate(ndimage.find_objects(groups), start=1):
        length = float(np.hypot(down.stop - down.start, across.stop - across.start))
        if length >= LEAST_LENGTH:
            middle = np.argwhere(like & (groups == number)).mean(axis=0)[::-1]
            bars.append(Bar(frame.to_film(middle), length / SIDE))
    return sorted(bars, key=lambda bar: -bar.length)


def metal_warnings(film: Floats, heads: Sequence[FoundHead]) -> tuple[str, ...]:
    """One sentence for each hip of ``heads`` that metal lies at, or one if it lies elsewhere on the film."""
    bars = find_metal(film)
    if not bars:
        return ()
    sides = [head.side for head in heads if any(_is_at(bar, head) for bar in bars)]
    if not sides:
        return ("The film shows metal: check what is drawn near it.",)
    return tuple(
        BoneWarning(
            f"Metal near the {side} hip, such as a nail, plate or prosthesis: what is drawn and measured there is not "
            "to be trusted.",
            [label for label in HIP_RADIOGRAPH if label.side == side],
        )
        for side in sides
    )


def _is_at(bar: Bar, head: FoundHead) -> bool:
    return bool(np.linalg.norm(bar.middle - head.centre) <= _NEAR * head.radius)


def _inner(mask: Mask) -> Mask:
    """The mask without what lies at the film's edge."""
    out = np.zeros_like(mask)
    inside = tuple(slice(round(_EDGE * size), size - round(_EDGE * size)) for size in mask.shape)
    out[inside] = mask[inside]
    return out


def _bar_like(seen: Floats, sigma: float) -> Mask:
    """The places on the ridges of width ``sigma`` whose profile is that of a bar."""
    out = np.zeros(seen.shape, dtype=bool)
    places, normals = _ridges(seen, sigma)
    for some in _portions(len(places)):
        steps = np.arange(-_REACH, _REACH + 1)
        at = places[some][:, :, None] + normals[some][:, :, None] * steps
        profiles = ndimage.map_coordinates(seen, [at[:, 0], at[:, 1]], order=1, mode="nearest")
        y, x = places[some][_is_bar(profiles)].T
        out[y, x] = True
    return out


def _portions(count: int, size: int = 50_000) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))


def _ridges(seen: Floats, sigma: float) -> tuple[npt.NDArray[np.intp], Floats]:
    """Places (n, 2) as row, column on bright ridges, and the unit normals (n, 2) of these, from the Hessian."""
    yy, xx, xy, gy, gx = (
        ndimage.gaussian_filter(seen, sigma, order) for order in ((2, 0), (0, 2), (1, 1), (1, 0), (0, 1))
    )
    middle, spread = (yy + xx) / 2, np.hypot((yy - xx) / 2, xy)
    across, along = middle - spread, middle + spread  # the eigenvalues
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    ny, nx = np.cos(angle), -np.sin(angle)
    off = -(gx * nx + gy * ny) / np.minimum(across, -1e-6)
    on_top = (across < -_LEAST_CURVE) & (np.abs(off) < 0.7) & (np.abs(along) < -0.5 * across)
    return np.argwhere(on_top), np.stack([ny[on_top], nx[on_top]], axis=1)


def _is_bar(profiles: Floats) -> Mask:
    """Which of the profiles (n, 33) across ridges have steep sides and a flat top."""
    top = np.median(profiles[:, _REACH - 1 : _REACH + 2], axis=1)
    base = np.maximum(profiles[:, 2 : _REACH - 2].min(axis=1), profiles[:, _REACH + 3 : -2].min(axis=1))
    height = top - base
    low, middle, high = (_width(profiles, base + share * height) for share in (0.25, 0.5, 0.75))
    inside = np.abs(np.arange(-_REACH, _REACH + 1)) <= 0.3 * middle[:, None]
    uneven = np.where(inside, np.abs(profiles - top[:, None]), 0).max(axis=1)
    return np.asarray(
        (height > _LEAST_HEIGHT)
        & (high >= _SQUARE * low)
        & (low < 2 * _REACH)
        & (uneven <= _FLAT * height)
        & (middle >= _WIDTHS[0])
        & (middle <= _WIDTHS[1])
    )


def _width(profiles: Floats, level: Floats) -> npt.NDArray[np.int64]:
    """How many pixels (n,) of each profile (n, 33) round its middle lie above a level (n,)."""
    above = profiles > level[:, None]
    right = np.cumprod(above[:, _REACH:], axis=1).sum(axis=1)
    left = np.cumprod(above[:, _REACH::-1], axis=1).sum(axis=1)
    return np.asarray(np.maximum(left + right - 1, 1))
