"""First stage of radiographs: the coarse network sees the whole film and finds the femoral heads and their sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from hipjoint.labels import Side
from hipjoint.models import Backend, ModelEntry
from hipjoint.tasks.film_inputs import FilmFrame, Floats, letterboxed

Mask = npt.NDArray[np.bool_]
Point = npt.NDArray[np.float64]

# Classes of the network.
RIGHT, LEFT, FEMORA, PELVIS = 1, 2, (3, 4), 5
# What a head can be: its share of the film's longest side, how much of it is a disc, how sure the network is of it.
_RADII, _ROUNDEST, _SURE = (0.02, 0.2), 0.6, 0.7
# Radii of the inscribed circle beyond which a piece is no longer the head.
_TAIL = 1.3
# Of the head's area: so much femur and hip bone lie within four radii of every head in an AP view.
_NEAR, _FEMUR, _BONE = 4.0, 0.3, 1.0
# Two heads of one patient: the larger over the smaller, and the distance of their centres in radii.
_UNLIKE, _NEAREST = 1.5, 3.0
# Radii by which the hip bone must lie on one side of a single head to tell which hip it is.
_BESIDE = 0.4


@dataclass(frozen=True)
class FoundHead:
    """A femoral head: the patient's side, ``centre`` (x, y) and ``radius`` in pixels of the film, ``sure`` 0 to 1."""

    side: Side
    centre: Point
    radius: float
    sure: float


def find_heads(film: Floats, entry: ModelEntry, backend: Backend) -> tuple[FoundHead, ...]:
    """The heads on a ``normalised`` film (rows, columns), the right one first; none if it is no AP view of a hip."""
    seen, frame = letterboxed(film, entry.patch[0])
    return heads_in(backend.run(np.ascontiguousarray(seen[None, None]))[0], frame)


def heads_in(probability: Floats, frame: FilmFrame) -> tuple[FoundHead, ...]:
    """The heads in probabilities (6, rows, columns) of the coarse network's classes on a frame."""
    pieces, count = ndimage.label(probability[RIGHT] + probability[LEFT] > 0.5)
    found = [
        head
        for number in range(1, count + 1)
        if (head := _head(pieces == number, probability, frame.shape[0])) is not None
    ]
    return tuple(_on_film(head, frame) for head in _pair(found))


def _head(piece: Mask, probability: Floats, side_px: int) -> FoundHead | None:
    """The head (in pixels of the frame) that a piece is, None if it can be none."""
    share = probability[RIGHT] + probability[LEFT]
    centre, radius, round_share = _disc(piece)
    sure = float(share[piece].mean())
    plausible = _RADII[0] <= radius / side_px <= _RADII[1] and round_share >= _ROUNDEST and sure >= _SURE
    if not plausible or not _has_bones(centre, radius, probability):
        return None
    return FoundHead(_side(piece, centre, radius, probability), centre, radius, sure)


def _disc(piece: Mask) -> tuple[Point, float, float]:
    """Centre (x, y) and radius of the disc that a piece is but for its tails, and the disc's share of the piece.

    The disc is what lies within 1.3 times the largest inscribed circle of that circle's centre.
    """
    depth = ndimage.distance_transform_edt(np.pad(piece, 1))[1:-1, 1:-1]
    deepest = np.argwhere(depth >= depth.max() - 0.5).mean(axis=0)[::-1]
    places = np.argwhere(piece)[:, ::-1].astype(np.float64)
    own = places[np.linalg.norm(places - deepest, axis=1) <= _TAIL * depth.max()]
    return own.mean(axis=0), float(np.sqrt(len(own) / np.pi)), len(own) / len(places)


def _around(centre: Point, radius: float, shape: tuple[int, ...]) -> Mask:
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= (_NEAR * radius) ** 2)


def _has_bones(centre: Point, radius: float, probability: Floats) -> bool:
    """Whether a femur and a hip bone lie at a head."""
    near = _around(centre, radius, probability.shape[1:])
    femur = np.count_nonzero(near & (probability[list(FEMORA)].sum(axis=0) > 0.5))
    bone = np.count_nonzero(near & (probability[PELVIS] > 0.5))
    area = np.pi * radius**2
    return bool(femur >= _FEMUR * area and bone >= _BONE * area)


def _side(piece: Mask, centre: Point, radius: float, probability: Floats) -> Side:
    """The side on which a head lies, by where the hip bone lies of it, or else by the network."""
    bone = _around(centre, radius, piece.shape) & (probability[PELVIS] > 0.5)
    beside = float(np.nonzero(bone)[1].mean()) - float(centre[0])
    if abs(beside) >= _BESIDE * radius:
        return "right" if beside > 0 else "left"
    return "right" if probability[RIGHT][piece].sum() >= probability[LEFT][piece].sum() else "left"


def _pair(found: list[FoundHead]) -> list[FoundHead]:
    """One or two heads that can be one patient's: the surest, and its likeliest fellow on the other side."""
    if not found:
        return []
    first, *others = sorted(found, key=lambda head: -head.sure)
    for other in others:
        unlike = max(first.radius, other.radius) / min(first.radius, other.radius)
        way = other.centre - first.centre
        level = abs(way[0]) > abs(way[1])
        if unlike <= _UNLIKE and level and np.linalg.norm(way) >= _NEAREST * first.radius:
            a, b = sorted((first, other), key=lambda head: float(head.centre[0]))
            return [FoundHead("right", a.centre, a.radius, a.sure), FoundHead("left", b.centre, b.radius, b.sure)]
    return [first]


def _on_film(head: FoundHead, frame: FilmFrame) -> FoundHead:
    return FoundHead(head.side, frame.to_film(head.centre), head.radius * frame.scale, head.sure)
