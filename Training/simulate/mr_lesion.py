"""Simulated osteonecrosis: where it lies in the head, how large it is, and what it is made of.

No real lesion was available. Shapes and signals follow what is published: anterosuperior, under the joint surface, a
low-signal band on T1 and a double line on T2 (Mitchell et al., Radiology 1987), inside it fat, oedema, fibrous tissue
or fluid, from 2 to 70 % of the head, a fracture under the joint surface, a joint surface that falls in.
The lesion goes to the outer edge of its band: the band is the edge that readers see.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from Training.simulate.edge import phi
from Training.simulate.mr_contrast import Contrast, mixed, over
from Training.simulate.noise import Dice

FILLINGS = ("yellow", "yellow", "oedema", "fibrosis", "granulation", "fluid", "red", "sclerosis")
SHARES = ((0.02, 0.15), (0.15, 0.30), (0.30, 0.70))  # of the head, by Steinberg grade
OPEN = 1.2  # mm: the lesion ends this far on the head's side of the head-neck junction


@dataclass(frozen=True)
class Piece:
    """One lesion: ``kind`` of shape, direction from the centre (right hip), and a length in radii or a slope."""

    kind: str
    towards: torch.Tensor
    size: float

    def height(self, q: torch.Tensor) -> torch.Tensor:
        """A field (N,) in radii at points ``q`` (N, 3) from the centre in radii; its level sets are lesion borders."""
        along = q @ self.towards
        if self.kind == "ball":
            return -(q - self.size * self.towards).norm(dim=-1)
        if self.kind == "wedge":
            across = (q - along[:, None] * self.towards).norm(dim=-1)
            return along * self.size - across * (1 - self.size**2) ** 0.5
        if self.kind == "crescent":
            return 0.65 * along + 0.6 * q.norm(dim=-1)
        return along


@dataclass(frozen=True)
class Lesion:
    """The necrosis of one head: pieces with their shares of the head, border, filling, and what has become of it."""

    pieces: tuple[tuple[Piece, float], ...]
    share: float
    waves: tuple[tuple[float, float], ...]  # amplitude and wavelength in mm of the border's course
    band: tuple[float, float]  # thickness in mm of its outer, sclerotic and of its inner, granulating line
    clear: float  # how much of the band can be seen, 0 to 1
    filling: tuple[str, str]
    mottled: float
    foreign: float  # how much of the marrow's signal the filling has replaced
    fracture: float  # mm, thickness of a crescent under the joint surface; 0 for none
    collapse: float  # mm
    oedema: float  # how strong, round the lesion


def _direction(dice: Dice) -> torch.Tensor:
    """Most often anterosuperior (right hip, LPS)."""
    towards = torch.tensor([dice.normal(-0.1, 0.35), dice.normal(-0.45, 0.32), 1.0])
    if dice.chance(0.06):
        towards = dice.direction()
    return towards / towards.norm()


def _piece(dice: Dice, towards: torch.Tensor) -> Piece:
    kinds = ("ball", "ball", "ball", "wedge", "wedge", "crescent", "cap", "ball")
    kind = kinds[dice.integer(0, len(kinds))]
    size = dice.uniform(0.45, 0.85) if kind == "wedge" else dice.uniform(0.35, 1.5)
    if kind == "ball" and dice.chance(0.1):
        size = dice.uniform(0.0, 0.35)  # in the middle of the head
    return Piece(kind, towards, size)


def draw_lesion(dice: Dice) -> Lesion:
    """A lesion; every grade equally likely."""
    low, high = SHARES[dice.integer(0, 3)]
    share, count = dice.uniform(low, high), 1
    if dice.chance(0.18):
        count = dice.integer(2, 4)
    parts = torch.tensor([dice.uniform(0.3, 1.0) for _ in range(count)])
    main = _direction(dice)
    ways = [main] + [_direction(dice) + 0.9 * dice.direction() for _ in range(count - 1)]
    pieces = tuple((_piece(dice, w / w.norm()), float(p)) for w, p in zip(ways, parts / parts.sum(), strict=True))
    foreign = dice.uniform(0.5, 1.0) if dice.chance(0.75) else dice.uniform(0.05, 0.4)
    return Lesion(
        pieces=pieces,
        share=share,
        waves=((dice.uniform(0.2, 2.6), dice.uniform(14, 26)), (dice.uniform(0.0, 0.9), dice.uniform(6, 12))),
        band=(dice.uniform(0.5, 2.0), dice.uniform(0.3, 2.0)),
        # Where the filling is like the marrow round it, the band alone shows the lesion.
        clear=dice.uniform(0.25, 1.0) if foreign > 0.45 else dice.uniform(0.75, 1.0),
        filling=(FILLINGS[dice.integer(0, len(FILLINGS))], FILLINGS[dice.integer(0, len(FILLINGS))]),
        mottled=dice.uniform(0.0, 1.0),
        foreign=foreign,
        fracture=dice.uniform(0.4, 2.0) if share > 0.08 and dice.chance(0.3) else 0.0,
        collapse=dice.uniform(0.3, 4.0) if share > 0.08 and dice.chance(0.3) else 0.0,
        oedema=dice.uniform(0.2, 1.0) if dice.chance(0.35) else 0.0,
    )


def main_direction(lesion: Lesion) -> torch.Tensor:
    """Where the largest piece lies (3,), right hip: there the joint surface falls in."""
    return max(lesion.pieces, key=lambda piece: piece[1])[0].towards


def lesion_depth(
    lesion: Lesion, q: torch.Tensor, limit: torch.Tensor, inside: torch.Tensor, radius: float, waves: torch.Tensor
) -> torch.Tensor:
    """About the depth (N,) in mm under the lesion's border, negative outside.

    ``q`` (N, 3) are points in radii from the head's centre, ``limit`` (N,) mm to the head-neck junction, ``inside``
    (N,) says which points are head, ``waves`` (N,) mm is the border's unevenness. The level is the one that gives the
    lesion its share of the head.
    """
    union = torch.full(q.shape[:1], -1e3)
    for piece, part in lesion.pieces:
        height = piece.height(q) * radius + waves
        union = torch.maximum(union, height - _level(height[inside], lesion.share * part))
    union = torch.minimum(union - _level(union[inside], lesion.share), limit - OPEN)
    return union - _level(union[inside], lesion.share).clamp(max=0)


def _level(values: torch.Tensor, share: float) -> torch.Tensor:
    """The value that ``share`` of ``values`` exceed."""
    few = values[:: max(1, len(values) // 20000)]
    return torch.quantile(few, 1 - share) if len(few) else torch.tensor(0.0)


@dataclass(frozen=True)
class Blots:
    """Random fields (N,) of about unit variance: coarse and fine mottling of the filling, gaps in the band."""

    coarse: torch.Tensor
    fine: torch.Tensor
    gaps: torch.Tensor


def paint(
    lesion: Lesion,
    contrast: Contrast,
    marrow: torch.Tensor,
    depth: torch.Tensor,
    under: torch.Tensor,
    blots: Blots,
    blur: float,
) -> torch.Tensor:
    """``marrow`` signal (2, N) with the lesion drawn in.

    ``depth`` (N,) mm under the lesion's border, ``under`` (N,) mm under the joint surface, ``blur`` the sd in mm of
    the point spread.
    """
    if lesion.oedema:
        near = torch.exp(-((depth.clamp(max=0) - 2.5 * blots.coarse) / 9.0).square()) * lesion.oedema
        marrow = over(marrow, contrast["oedema"], near.clamp(0, 1))
    first, second = (contrast[name] for name in lesion.filling)
    spots = (0.5 + 0.7 * lesion.mottled * (blots.coarse + 0.6 * blots.fine)).clamp(0, 1)
    within = phi(depth / blur)
    marrow = over(marrow, mixed(first, second, spots), within * lesion.foreign)
    outer, inner = lesion.band
    seen = (lesion.clear * (1 + 0.35 * blots.gaps)).clamp(0, 1)
    # The band parts dead from living bone: along the joint surface there is none.
    marrow = over(marrow, contrast["sclerosis"], (within - phi((depth - outer) / blur)) * seen)
    line = phi((depth - outer) / blur) - phi((depth - outer - inner) / blur)
    marrow = over(marrow, contrast["granulation"], line * seen)
    if lesion.fracture:
        at = 2.0 + 0.6 * blots.coarse
        cleft = phi((under - at) / blur) - phi((under - at - lesion.fracture) / blur)
        marrow = over(marrow, contrast["fluid"], cleft * phi((depth - 1.5) / 1.0))
    return marrow
