"""Cortex thickness and density of each bone, point by point. HU of unblurred tissue, thickness in mm."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import torch

from Training.simulate.noise import Dice, ramp
from Training.simulate.scene import Depths, Scene

Field = torch.Tensor


@dataclass(frozen=True)
class Tissue:
    """The bone quality of one patient."""

    cortex: float
    thinning: float
    marrow: float
    head: float
    neck: float
    shaft_cortex: float
    hip: float
    sacrum: float
    alae: float  # HU by which the wings of the sacrum are below its bodies
    other: float
    texture: float
    uneven: float  # HU by which patches of a centimetre differ: dense here, fatty there
    band: float
    sclerosis: float
    cysts: list[tuple[torch.Tensor, float, float]]  # place in head or cup radii from its centre, radius mm, HU


def draw_tissue(dice: Dice) -> Tissue:
    """Draw bone quality, from dense and young to osteopenic."""
    health = dice.uniform(0.0, 1.0)
    cysts = []
    for _ in range(dice.integer(1, 6) if dice.chance(0.25) else 0):
        place = torch.tensor([dice.normal(0.1, 0.4), dice.normal(-0.2, 0.4), 0.75]) * dice.uniform(0.8, 1.3)
        cysts.append((place, dice.uniform(1.5, 6.0), dice.uniform(-30, 70)))
    return Tissue(
        cortex=dice.uniform(850, 1350) + 450 * health,
        thinning=dice.uniform(0.35, 0.8) + 0.5 * health,
        marrow=dice.uniform(-110, -20) + 40 * health,
        head=dice.uniform(180, 400) + 260 * health,
        neck=dice.uniform(-90, 90) + 180 * health,
        shaft_cortex=dice.uniform(2.5, 5.0) + 2.5 * health,
        hip=dice.uniform(20, 160) + 220 * health,
        sacrum=dice.uniform(-70, 90) + 200 * health,
        alae=dice.uniform(-20, 220),
        # Vertebrae and ribs may be denser or looser than the sacrum: density must not tell which bone it is.
        other=dice.uniform(-60, 150) + 210 * health,
        uneven=dice.uniform(25, 140),
        texture=dice.uniform(0.4, 1.5),
        band=dice.uniform(0.0, 1.0),
        sclerosis=dice.uniform(150, 700) if dice.chance(0.4) else 0.0,
        cysts=cysts,
    )


class Grain:
    """Random fields of one grid, made once and shared by the bones."""

    def __init__(self, dice: Dice, shape: tuple[int, int, int], spacing: float) -> None:
        def wave(length: float) -> Field:
            # What is finer than the grid averages out in a voxel.
            return dice.smooth(shape, spacing, length).reshape(-1) * min(1.0, length / (3 * spacing))

        self.broad, self.patch = wave(35.0), wave(14.0)
        self.cortex, self.fine = wave(11.0), wave(5.0)
        self.speck = wave(2.5)

    def part(self, where: torch.Tensor, strength: float) -> Grain:
        """The same fields times ``strength`` at the points of the indices ``where`` (N,) only."""
        few = copy(self)
        few.__dict__ = {name: field[where] * strength for name, field in vars(self).items()}
        return few


def _femur(tissue: Tissue, grain: Grain, p: torch.Tensor, radius: float) -> tuple[Field, Field]:
    """Thickness and trabecular HU from points in the femur's own frame (head at the origin, z up)."""
    away = p.norm(dim=-1) / radius
    down = -p[:, 2]
    shaft = ramp(down, 1.6 * radius, 4.2 * radius)
    calcar = ramp(p[:, 0], -2.2 * radius, -1.0 * radius) * ramp(down, 0.6 * radius, 1.6 * radius)
    base = 0.75 + 0.5 * ramp(away, 0.9, 1.3) * grain.patch.abs()
    thickness = base + (tissue.shaft_cortex - base) * shaft + 1.8 * calcar * (1 - shaft)
    # The head is densest in the middle and along the band of compression that runs down to the calcar.
    core = torch.exp(-((p - torch.tensor([0.0, 0.0, 0.2 * radius])).norm(dim=-1) / (0.85 * radius)).square())
    band = torch.exp(-(((p[:, 0] + 0.35 * down.clamp(min=0)) / (0.45 * radius)).square())) * (1 - ramp(away, 0.4, 2.2))
    dense = torch.maximum(core, tissue.band * band)
    trabecular = tissue.neck + (tissue.head - tissue.neck) * dense
    trabecular = trabecular + (tissue.marrow - trabecular) * shaft
    return thickness, trabecular + (grain.broad * 45 + grain.patch * tissue.uneven) * (1 - 0.7 * shaft)


def _flat_bone(base: float, grain: Grain, spread: float, uneven: float) -> tuple[Field, Field]:
    return 0.95 + 0.35 * grain.broad, base + spread * grain.broad + uneven * grain.patch


def bone_fields(scene: Scene, tissue: Tissue, grain: Grain, depths: Depths) -> dict[str, tuple[Field, Field]]:
    """For each bone its cortex thickness (N,) mm and its trabecular HU (N,)."""
    fields = {}
    joint = {}
    for side in ("right", "left"):
        fields[f"femur_{side}"] = _femur(tissue, grain, depths.femur_points[side], scene.femora[side].radius)
        fields[f"hip_{side}"] = _flat_bone(tissue.hip, grain, 70, tissue.uneven)
        gap = -(depths.bone[f"femur_{side}"] + depths.bone[f"hip_{side}"]).abs()
        joint[side] = torch.exp(gap / 7) * (0.6 + 0.4 * grain.patch).clamp(0, 1.5)
    thickness, trabecular = _flat_bone(tissue.sacrum + 0.4 * tissue.alae, grain, 95, tissue.uneven)
    wings = ramp(depths.off_midline + 4 * grain.broad, 12.0, 32.0)
    fields["sacrum"] = (thickness, trabecular - tissue.alae * wings)
    fields["other"] = _flat_bone(tissue.other, grain, 80, tissue.uneven)
    out = {}
    wobble = torch.exp(0.4 * grain.cortex + 0.25 * grain.fine)
    texture = tissue.texture * (35 * grain.fine + 30 * grain.speck)
    for name, (thickness, trabecular) in fields.items():
        thick = (thickness * tissue.thinning * wobble - 0.12).clamp(min=0.0)
        dense = trabecular + texture
        side = name.split("_")[-1]
        if tissue.sclerosis and side in joint:
            dense = dense + tissue.sclerosis * joint[side]
        out[name] = (thick, dense.clamp(min=-150))
    return _with_cysts(scene, tissue, depths, out)


def _with_cysts(
    scene: Scene, tissue: Tissue, depths: Depths, fields: dict[str, tuple[Field, Field]]
) -> dict[str, tuple[Field, Field]]:
    for place, radius, hu in tissue.cysts:
        for side in ("right", "left"):
            at = place * scene.femora[side].radius
            distance = (depths.femur_points[side] - at).norm(dim=-1)
            for name in (f"femur_{side}", f"hip_{side}"):
                thick, dense = fields[name]
                dense = torch.where(distance < radius + 1.5, torch.clamp(dense + 250, max=900), dense)
                fields[name] = (thick, torch.where(distance < radius, torch.tensor(hu), dense))
    return fields
