"""One view of an anatomy: X-rays from a point through it onto a film, by sampling along each ray."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

from Training.simulate.film_anatomy import Anatomy
from Training.simulate.noise import Dice, rotation

PIXELS, PIXEL = 576, 0.85  # pixels a side and mm of the film
STEP = 2.0  # mm along a ray
HALF_DEPTH = 108.0  # mm before and behind the middle that the rays are followed through bone
SOFT_EVERY = 4  # soft tissue is seen by every fourth pixel
BATCH = 8  # steps worked on at a time, for the memory's sake


@dataclass(frozen=True)
class View:
    """How a film is taken. Film coordinates: columns to the patient's left, rows to the feet, middle at the middle ray.

    ``turn`` (3, 3): film axes (left, into the film, up) as columns in world coordinates; ``middle`` (3,) world point in
    the middle of the film's field; ``source``, ``film``: mm before and behind it.
    """

    turn: torch.Tensor
    middle: torch.Tensor
    source: float
    film: float

    @property
    def magnification(self) -> float:
        """How much larger than life the plane of the middle is drawn."""
        return (self.source + self.film) / self.source

    def to_film(self, world: torch.Tensor) -> torch.Tensor:
        """Column and row (..., 2) in pixels of world points (..., 3)."""
        left, deep, up = ((world - self.middle) @ self.turn).unbind(-1)
        grown = self.pixels_a_mm(deep)
        return torch.stack([left * grown, -up * grown], -1) + (PIXELS - 1) / 2

    def pixels_a_mm(self, deep: torch.Tensor) -> torch.Tensor:
        """How many pixels a millimetre is drawn at ``deep`` (...) mm behind the middle."""
        return (self.source + self.film) / (self.source + deep) / PIXEL

    def along(self, deep: torch.Tensor, every: int = 1) -> torch.Tensor:
        """World points (D, rows, columns, 3) where the rays of every n-th pixel pass the depths ``deep`` (D,) mm."""
        n = PIXELS // every
        axis = (torch.arange(n, dtype=torch.float32) - (n - 1) / 2) * PIXEL * every
        row, column = torch.meshgrid(axis, axis, indexing="ij")
        shrunk = ((self.source + deep) / (self.source + self.film))[:, None, None]
        own = torch.stack([column * shrunk, deep[:, None, None].expand(-1, n, n), -row * shrunk], -1)
        return own @ self.turn.T + self.middle


@dataclass(frozen=True)
class Shadow:
    """What arrives: ``soft`` and ``bone`` (rows, columns), cm of water and of what 1000 HU more than water absorbs.

    ``depth`` (3, rows, columns): the largest depth in mm under femur, hip bone and marrow that a ray reaches.
    """

    soft: torch.Tensor
    bone: torch.Tensor
    depth: torch.Tensor


def draw_view(dice: Dice, anatomy: Anatomy) -> View:
    """A view as a radiographer means it: a little turned and off the middle, at the usual distances."""
    heads = torch.stack([head.centre for head in anatomy.heads.values()])
    middle = heads.mean(0) + torch.tensor([dice.normal(0, 12), 0.0, dice.uniform(-35, 30)])
    turn = rotation(torch.tensor([dice.normal(0, 3), dice.normal(0, 2), dice.normal(0, 3)]))
    film = dice.uniform(90, 170)
    return View(turn, middle, dice.uniform(1000, 1200) - film, film)


def cast(anatomy: Anatomy, view: View) -> Shadow:
    """Follow every ray."""
    bone = torch.zeros(PIXELS, PIXELS)
    depth = torch.full((3, PIXELS, PIXELS), -99.0)
    for deep in torch.arange(-HALF_DEPTH, HALF_DEPTH, STEP).split(BATCH):
        points = view.along(deep)
        seen = anatomy.bones.at(points)
        bone += seen[0].sum(0) * STEP / 10
        depth = torch.maximum(depth, seen[1:].amax(1))
    size = anatomy.soft.spacing
    points = view.along(torch.arange(-180.0, 180.0, size), SOFT_EVERY)
    soft = anatomy.soft.at(points).sum((0, 1)) * size / 10
    soft = F.interpolate(soft[None, None], size=(PIXELS, PIXELS), mode="bicubic", align_corners=False)[0, 0]
    return Shadow(soft.clamp(min=0), bone, depth)
