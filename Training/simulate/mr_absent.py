"""What the localiser must not call a hip: knees, and the hole that the metal of a prosthesis leaves in an MR image."""

from __future__ import annotations

import torch

from Training.simulate.bone import Grain
from Training.simulate.edge import phi
from Training.simulate.mr_contrast import Contrast, mixed, over
from Training.simulate.noise import Dice, capsule, ellipsoid, ramp, rotation, smooth_min

SIDEWAYS = torch.tensor([1.0, 0.0, 0.0])


def _leg(dice: Dice, p: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Depth (N,) in mm under the skin of one leg and under the bones of its knee, points (N, 3) from the joint."""
    at = lambda x, y, z: torch.tensor([x, y, z])  # noqa: E731 - three numbers to a point
    size, apart = dice.uniform(18, 25), dice.uniform(22, 27)
    shaft = capsule(p, at(0.0, 0.0, 60.0), at(0.0, -5.0, 260.0), 15.0)
    condyles = torch.minimum(*(ellipsoid(p, at(s * apart, 5.0, 18.0), at(size, size + 9, size)) for s in (-1.0, 1.0)))
    femur = smooth_min(smooth_min(shaft, condyles, 18.0), ellipsoid(p, at(0.0, 0.0, 45.0), at(32.0, 22.0, 35.0)), 14.0)
    head = ellipsoid(p, at(0.0, 2.0, -28.0), at(apart + size, 26.0, 24.0))
    shin = capsule(p, at(0.0, 0.0, -60.0), at(0.0, 0.0, -260.0), 14.0)
    tibia = smooth_min(torch.maximum(head, p[:, 2] + 6), shin, 16.0)
    patella = ellipsoid(p, at(0.0, -42.0, 22.0), at(21.0, 10.0, 21.0))
    fibula = capsule(p, at(38.0, 18.0, -32.0), at(36.0, 16.0, -260.0), 7.0)
    bones = torch.stack([femur, tibia, patella, fibula]).amin(0)
    girth = dice.uniform(55, 80) + p[:, 2].clamp(min=0) * dice.uniform(0.0, 0.15)
    return girth - (p[:, 0].square() + (p[:, 1] - 5).square()).sqrt(), -bones


def knees(dice: Dice, contrast: Contrast, grain: Grain, world: torch.Tensor, blur: float) -> torch.Tensor:
    """Signal (2, N) of a knee, or of both, at world points (N, 3)."""
    turn = rotation(torch.tensor([dice.normal(0, 12), dice.normal(0, 6), dice.normal(0, 15)]))
    middle, side = dice.vector(15.0), dice.uniform(75, 110) if dice.chance(0.5) else 0.0
    signal = contrast["air"][:, None].expand(-1, len(world))
    for sign in (-1.0, 1.0) if side else (1.0,):
        skin, bone = _leg(dice, (world - middle - sign * side * SIDEWAYS) @ turn.T)
        lean = ramp(skin + 4 * grain.patch, 8.0, 14.0) * (grain.broad > -0.9)
        soft = mixed(contrast["fat"], contrast["muscle"], lean)
        soft = over(soft, contrast["cartilage"], ramp(bone, -4.0, -2.5))
        soft = over(soft, contrast["cortex"], phi(bone / blur))
        soft = over(soft, contrast["yellow"], phi((bone - 1.5) / blur))
        signal = over(signal, soft, phi(skin / blur))
    return signal


def with_prosthesis(dice: Dice, signal: torch.Tensor, p: torch.Tensor, grain: Grain) -> torch.Tensor:
    """``signal`` (2, N) with a hole round a hip prosthesis, brighter at its edge; ``p`` (N, 3) mm from the head."""
    stem = torch.tensor([-35.0, 5.0, -45.0])
    hole = smooth_min(
        p.norm(dim=-1) - dice.uniform(30, 45), capsule(p, stem, stem + torch.tensor([0.0, 0.0, -110.0]), 17.0), 15.0
    )
    hole = hole + 5 * grain.patch + 3 * grain.cortex
    bright = torch.exp(-((hole - 3) / 3.0).square()) * dice.uniform(0.0, 1.2)
    return signal * (1 + bright) * ramp(hole, -2.0, 2.0)
