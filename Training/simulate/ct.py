"""A patch of a simulated CT with everything a network may be asked about it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from Training.simulate.bone import Grain, Tissue, bone_fields
from Training.simulate.edge import half_maximum_depth, phi
from Training.simulate.noise import Dice, capsule, ramp
from Training.simulate.scanner import FINE_BLUR, Scanner, metal_streaks, scan
from Training.simulate.scene import BONES, Depths, Scene, depths
from Training.simulate.soft_tissue import Body, soft_tissue

FEMORA = ("femur_right", "femur_left")


@dataclass(frozen=True)
class Patient:
    """Scene, soft tissue and bone quality of one case, and on which side there is a prosthesis."""

    scene: Scene
    body: Body
    tissue: Tissue
    prosthesis: str | None


@dataclass(frozen=True)
class Patch:
    """``image`` HU (Z, Y, X); ``depth`` (5, Z, Y, X) mm under the visible surface of each bone, in BONES' order.

    ``true_depth`` and ``cortex`` (2, Z, Y, X) are mm under the true outer surface of the right and left femur, and the
    thickness in mm of their cortex: its inner surface lies where both are equal, and shows (at the half-way between
    cortex and marrow, under the kernel within the slices) where ``true_depth`` equals ``endosteal``.
    """

    image: torch.Tensor
    depth: torch.Tensor
    world: torch.Tensor
    true_depth: torch.Tensor
    cortex: torch.Tensor
    endosteal: torch.Tensor


def grid(centre: torch.Tensor, shape: tuple[int, int, int], spacing: float) -> torch.Tensor:
    """World points (Z, Y, X, 3) of a grid with the given middle."""
    axes = [(torch.arange(n, dtype=torch.float32) - (n - 1) / 2) * spacing for n in shape]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([x, y, z], -1) + centre


def _joint(dice: Dice, hu: torch.Tensor, found: Depths, grain: Grain) -> torch.Tensor:
    """Cartilage, fluid and the fossa's fat between the femoral head and its socket."""
    cartilage, fluid, fat = dice.uniform(50, 150), dice.uniform(0, 60), dice.uniform(-120, -60)
    wet, fatty = dice.uniform(0, 1.5), dice.uniform(-0.3, 1.8)
    for side in ("right", "left"):
        femur, hip = -found.bone[f"femur_{side}"], -found.bone[f"hip_{side}"]
        gap = femur + hip
        inside = ramp(-torch.maximum(femur, hip), -9.0, -6.0) * ramp(-gap, -15.0, -10.0)
        wide = ramp(gap + 1.5 * grain.patch, 4.5, 9.0)
        filling = cartilage + (fluid - cartilage) * (grain.cortex * 0.5 + wet - 0.6).clamp(0, 1)
        filling = filling + (fat - filling) * (wide * (fatty + grain.patch * 0.6)).clamp(0, 1)
        hu = hu + (filling - hu) * inside
    return hu


def _discs(dice: Dice, hu: torch.Tensor, found: Depths, grain: Grain) -> torch.Tensor:
    """Discs between the vertebrae: gristle, in worn ones with gas."""
    gristle = dice.uniform(45, 130) + 12 * grain.patch
    if dice.chance(0.15):
        gas = ramp(grain.patch + grain.cortex, 0.5, 1.0) * ramp(found.disc, 2.0, 4.0)
        gristle = gristle + (dice.uniform(-900, -200) - gristle) * gas
    return hu + (gristle - hu) * ramp(found.disc, -0.7, 0.7)


def _metal(
    dice: Dice, patient: Patient, found: Depths, world: torch.Tensor, hu: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a total hip prosthesis; returns HU and where bone was replaced (N,)."""
    side = patient.prosthesis
    assert side is not None  # noqa: S101 - called for patients with one only
    femur = patient.scene.femora[side]
    p = found.femur_points[side]
    up = torch.tensor(femur.shaft, dtype=torch.float32)
    elbow = torch.tensor(femur.base, dtype=torch.float32) + 8 * up
    ball = p.norm(dim=-1) - 0.68 * femur.radius
    stem = torch.minimum(capsule(p, torch.zeros(3), elbow, 6.0), capsule(p, elbow, elbow - 110 * up, 6.5))
    shell = (p.norm(dim=-1) - 1.02 * femur.radius).abs() - 2.0
    cup = torch.where(p @ torch.tensor([0.7, 0.2, 0.6]) > 0.15 * femur.radius, shell, torch.tensor(9.0))
    metal = torch.minimum(torch.minimum(ball, stem), cup)
    removed = (p.norm(dim=-1) < 1.02 * femur.radius) | (
        (p - elbow) @ -torch.tensor(femur.base, dtype=torch.float32) > 0
    )
    removed = removed & (found.bone[f"femur_{side}"] > -3)
    hu = torch.where(removed, torch.tensor(dice.uniform(20, 60)), hu)
    hu = torch.where(metal < 0, torch.tensor(dice.uniform(2500, 6000)), hu)
    cup_centre = torch.tensor(patient.scene.pelvis.acetabula[side][:3], dtype=torch.float32)
    hu = hu + metal_streaks(dice, world, patient.scene.to_world(cup_centre), dice.uniform(20, 45))
    return hu, removed | (metal < 0)


def _composed(
    patient: Patient, found: Depths, scanner: Scanner, spacing: float, hu: torch.Tensor, grain: Grain
) -> tuple[torch.Tensor, dict[str, torch.Tensor], dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """HU with all bones in, and by bone three fields in mm.

    They are the depth under its visible (half-maximum) surface, its cortex, and the depth under its true surface at
    which the inner surface of its cortex shows (of femora that the patch has; else the cortex again).
    """
    fields = bone_fields(patient.scene, patient.tissue, grain, found)
    cortex = patient.tissue.cortex * (1 + 0.08 * grain.patch)
    surround = hu.clamp(-130, 150)
    visible, endosteal = {}, {name: thick for name, (thick, _) in fields.items()}
    # What the coarse network averages over is no part of the picture that a person draws on.
    drawn_blur = min(scanner.blur, FINE_BLUR[1])
    everything = {**found.bone, "other": found.other}
    for name, depth in everything.items():
        if float(depth.max()) < -4:
            visible[name] = depth
            continue
        thick, dense = fields[name]
        outer, inner = phi(depth / scanner.blur), phi((depth - thick) / scanner.blur)
        hu = hu * (1 - outer) + cortex * (outer - inner) + dense * inner
        ratio = (dense - surround) / (cortex - surround).clamp(min=200)
        visible[name] = depth - half_maximum_depth(thick, drawn_blur, ratio)
        if name in FEMORA:
            from_behind = (surround - dense) / (cortex - dense).clamp(min=200)
            endosteal[name] = thick - half_maximum_depth(thick, scanner.blur, from_behind, scanner.kernel(spacing))
    return hu, visible, {name: thick for name, (thick, _) in fields.items()}, endosteal


def _kept_apart(visible: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Visible depths that do not run into the neighbour: the nearer bone wins half the gap."""
    stack = torch.stack(list(visible.values()))
    best, second = stack.topk(2, dim=0).values
    rival = torch.where(stack == best, second, best)
    return dict(zip(visible, torch.minimum(stack, (stack - rival) / 2), strict=True))


def draw_patch(
    dice: Dice, patient: Patient, scanner: Scanner, centre: torch.Tensor, shape: tuple[int, int, int], spacing: float
) -> Patch:
    """Simulate one patch of ``shape`` voxels of ``spacing`` mm round a world point."""
    places = grid(centre, shape, spacing)
    world = places.reshape(-1, 3)
    grain = Grain(dice, shape, spacing)
    rough = 0.16 * grain.fine + 0.2 * grain.cortex
    found = depths(patient.scene, world, rough, (1 + 0.3 * grain.patch).clamp(0.3, 2))
    nearest = torch.stack([*found.bone.values(), found.other]).amax(0)
    hu = soft_tissue(dice, patient.body, world, shape, spacing, nearest)
    hu = _discs(dice, _joint(dice, hu, found, grain), found, grain)
    hu, visible, cortex, endosteal = _composed(patient, found, scanner, spacing, hu, grain)
    visible = _kept_apart(visible)
    depth = torch.stack([visible[n] for n in BONES])
    if patient.prosthesis:
        hu, replaced = _metal(dice, patient, found, world, hu)
        depth = torch.where(replaced, torch.tensor(-5.0).minimum(depth), depth)
    image = scan(dice, scanner, hu.reshape(shape), spacing)
    parts = (found.bone, cortex, endosteal)
    femora = [torch.stack([each[name] for name in FEMORA]).reshape(-1, *shape) for each in parts]
    return Patch(image, depth.reshape(len(BONES), *shape), places, *femora)
