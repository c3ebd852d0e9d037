"""What lies round the bones: skin, fat, muscle, bowel, bladder, vessels, table. HU of unblurred tissue."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch

from Training.simulate.noise import Dice, block, capsule, ellipsoid, ramp

Field = torch.Tensor


@dataclass(frozen=True)
class Body:
    """The soft tissue of one patient; world coordinates (mm, origin in the middle of the pelvis)."""

    half_axes: tuple[float, float]
    fat_layer: float
    leanness: float
    mottling: float  # how much fat lies in streaks and spots within muscles, 0 to 1
    planes: float  # thickness of the fat between muscles, about 0 to 3 mm
    muscle: float
    fat: float
    bowel: list[tuple[torch.Tensor, torch.Tensor, str, float]]  # centre, radii, content, HU
    tubes: list[tuple[torch.Tensor, torch.Tensor, float, float]]  # from, to, radius, HU
    plaques: list[tuple[torch.Tensor, float, float]]
    table: float | None


def draw_body(dice: Dice, size: float) -> Body:
    """Draw the soft tissue of a patient whose bones are ``size`` times the usual."""
    fat_layer = dice.log_uniform(6, 60)
    tubes, plaques = _vessels(dice, size)
    return Body(
        half_axes=(158 * size + fat_layer + dice.uniform(0, 25), 98 * size + 0.7 * fat_layer + dice.uniform(0, 30)),
        fat_layer=fat_layer,
        leanness=dice.uniform(0.1, 1.6),
        mottling=dice.uniform(0.0, 1.0),
        planes=dice.uniform(0.0, 3.0),
        muscle=dice.uniform(30, 75),
        fat=dice.uniform(-125, -80),
        bowel=_bowel(dice, size),
        tubes=tubes,
        plaques=plaques,
        table=dice.uniform(8, 25) if dice.chance(0.7) else None,
    )


def _bowel(dice: Dice, size: float) -> list[tuple[torch.Tensor, torch.Tensor, str, float]]:
    contents = ("fluid", "gas", "gas level", "stool", "tagged", "wall")
    tagged = dice.chance(0.35)
    loops = []
    for _ in range(dice.integer(12, 34)):
        place = torch.tensor([dice.normal(0, 42), dice.normal(-30, 28), dice.uniform(-30, 170)]) * size
        radii = torch.tensor([dice.uniform(7, 30), dice.uniform(7, 25), dice.uniform(8, 35)])
        kind = contents[dice.integer(0, 6)]
        if kind == "tagged" and not tagged:
            kind = "fluid"
        hu = {"fluid": dice.uniform(-5, 40), "tagged": dice.log_uniform(150, 2500), "wall": dice.uniform(20, 60)}
        loops.append((place, radii, kind, hu.get(kind, 0.0)))
    bladder = torch.tensor([dice.normal(0, 6), dice.uniform(-60, -20), dice.uniform(-25, 25)]) * size
    radii = torch.tensor([dice.uniform(20, 55), dice.uniform(15, 40), dice.uniform(15, 45)])
    loops.append((bladder, radii, "fluid", dice.uniform(150, 900) if dice.chance(0.12) else dice.uniform(-3, 18)))
    return loops


def _vessels(
    dice: Dice, size: float
) -> tuple[list[tuple[torch.Tensor, torch.Tensor, float, float]], list[tuple[torch.Tensor, float, float]]]:
    hu = dice.uniform(90, 400) if dice.chance(0.4) else dice.uniform(30, 55)
    calcified = dice.chance(0.35)
    tubes, plaques = [], []
    for sign in (-1.0, 1.0):
        course = ((12, 15, 170), (38, -10, 110), (62, -55, 45), (78, -80, 0), (88, -62, -70), (92, -35, -150))
        for shift in (0.0, 13.0):
            nodes = [
                torch.tensor([sign * (x - shift), y + shift * 0.5, z], dtype=torch.float32) * size + dice.vector(4.0)
                for x, y, z in course
            ]
            for a, b in pairwise(nodes):
                tubes.append((a, b, dice.uniform(3.5, 6.5), hu * dice.uniform(0.85, 1.0)))
                if calcified and dice.chance(0.5):
                    plaques.append(
                        (
                            a + (b - a) * dice.uniform(0, 1) + dice.vector(3),
                            dice.uniform(1, 3.5),
                            dice.uniform(250, 1400),
                        )
                    )
    return tubes, plaques


def skin_depth(body: Body, world: torch.Tensor) -> Field:
    """Depth (N,) in mm under the skin, negative in air."""
    ax, ay = body.half_axes
    x, y, z = world.unbind(-1)
    trunk = (1 - ((x / ax).abs() ** 2.5 + (y / ay).abs() ** 2.5) ** 0.4) * ay
    leg = min(ax / 2 + 4, 100.0)
    centre = ax - leg
    legs = leg - ((x.abs() - centre).square() + y.square()).sqrt()
    below = ramp(-z, 75.0, 120.0)
    return trunk * (1 - below) + legs * below


def _mix(dice: Dice, mottling: float, shape: tuple[int, int, int], spacing: float) -> Field:
    field = (
        dice.smooth(shape, spacing, 40.0)
        + (0.2 + 0.6 * mottling) * dice.smooth(shape, spacing, 16.0)
        + 0.5 * mottling * dice.smooth(shape, spacing, 7.0)
    )
    return field.reshape(-1)


def _between_muscles(dice: Dice, thickness: float, shape: tuple[int, int, int], spacing: float) -> Field:
    """1 on the thin curved planes of fat that part muscles: where a smooth field passes zero."""
    field = dice.smooth(shape, spacing, 45.0)
    # Such a field changes by about 0.08 a millimetre; a plane thinner than the voxels fills only a part of them.
    half = 0.04 * max(thickness, spacing)
    return (torch.exp(-(field / half).square()) * min(1.0, thickness / spacing)).reshape(-1)


def soft_tissue(
    dice: Dice, body: Body, world: torch.Tensor, shape: tuple[int, int, int], spacing: float, bone_depth: Field
) -> Field:
    """HU (N,) of all but bone at world points (N, 3) on a grid of ``shape``; ``bone_depth`` is the nearest bone's."""
    under_skin = skin_depth(body, world)
    shade = dice.smooth(shape, spacing, 50.0).reshape(-1) * 6
    # Muscle holds to bone, fat lies under the skin and between the muscles.
    lean = (
        _mix(dice, body.mottling, shape, spacing)
        + body.leanness
        + ramp(bone_depth, -8.0, 0.0) * dice.uniform(-0.3, 1.2)
    )
    lean = lean - 4 * ramp(body.fat_layer - under_skin, -4.0, 6.0)
    share = ramp(lean, -0.25, 0.25) * (1 - _between_muscles(dice, body.planes, shape, spacing))
    hu = body.fat + (body.muscle - body.fat) * share + shade
    hu = _cavity(dice, body, world, shape, spacing, hu)
    grid, values = world.reshape(*shape, 3), hu.reshape(shape)
    for a, b, radius, value in body.tubes:
        here = block(world[0], spacing, shape, torch.minimum(a, b) - radius, torch.maximum(a, b) + radius)
        if here:
            values[here][capsule(grid[here], a, b, radius) < 0] = value
    for place, radius, value in body.plaques:
        here = block(world[0], spacing, shape, place - radius, place + radius)
        if here:
            values[here][(grid[here] - place).norm(dim=-1) < radius] = value
    edge = (under_skin / spacing + 0.5).clamp(0, 1)
    skin = torch.where((under_skin > 0) & (under_skin < 2.0), torch.tensor(20.0), hu)
    return _table(body, world, skin * edge - 1000 * (1 - edge))


def _cavity(
    dice: Dice, body: Body, world: torch.Tensor, shape: tuple[int, int, int], spacing: float, hu: Field
) -> Field:
    grid, values = world.reshape(*shape, 3), hu.reshape(shape)
    for place, radii, kind, value in body.bowel:
        reach = radii * 1.5 + 3  # the wall is thicker at the long ends
        here = block(world[0], spacing, shape, place - reach, place + reach)
        if here is None:
            continue
        places, part = grid[here], values[here]
        inner = ellipsoid(places, place, radii)
        part[inner < 2.5] = dice.uniform(20, 60)
        if kind == "gas":
            content = torch.tensor(-990.0)
        elif kind == "gas level":
            content = torch.where(places[..., 1] < place[1], torch.tensor(-990.0), torch.tensor(25.0))
        elif kind == "stool":
            few = (part.shape[0], part.shape[1], part.shape[2])
            content = dice.smooth(few, spacing, 6.0) * 180 - 60
        else:
            content = torch.tensor(value)
        part.copy_(torch.where(inner < 0, content, part))
    return values.reshape(-1)


def _table(body: Body, world: torch.Tensor, hu: Field) -> Field:
    if body.table is None:
        return hu
    top = body.half_axes[1] + 6 - (world[:, 0] / 260).square() * 30
    depth = world[:, 1] - top
    board = (depth > 0) & (depth < body.table) & (world[:, 0].abs() < 230)
    shell = board & ((depth < 2) | (depth > body.table - 2))
    hu = torch.where(board, torch.tensor(-850.0), hu)
    return torch.where(shell, torch.tensor(-150.0), hu)
