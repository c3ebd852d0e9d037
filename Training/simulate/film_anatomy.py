"""What a simulated patient holds for the beam of a radiograph: two volumes, and the bones' depths for exact labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

from Training.simulate.bone import Grain, bone_fields
from Training.simulate.ct import FEMORA, Patient, grid
from Training.simulate.edge import phi
from Training.simulate.noise import Dice
from Training.simulate.scene import Depths, depths
from Training.simulate.soft_tissue import soft_tissue

MIDDLE = (0.0, -10.0, -40.0)  # of the bones' grid, world LPS mm: from the crests to the middle of the thighs
SHAPE, SPACING = (336, 176, 336), 1.25  # voxels [z, y, x] and mm of the bones
SOFT_SHAPE, SOFT_SPACING = (140, 92, 124), 4.0
SLAB = 48  # slices worked on at a time, for the memory's sake
EDGE = 0.6  # mm (standard deviation) over which a bone's edge is drawn: half a voxel, against aliasing
EVEN = 0.5  # bone is less patchy than for CT: what varies along a ray averages out, and real shafts are smooth
SKIP = 4  # voxels: how coarse the first look for bones is
FAR = -20.0


@dataclass(frozen=True)
class Block:
    """``values`` (C, Z, Y, X) on a grid of ``spacing`` mm round ``middle`` (3,), world LPS mm."""

    values: torch.Tensor
    middle: torch.Tensor
    spacing: float

    def at(self, points: torch.Tensor) -> torch.Tensor:
        """Values (C, ...) at world ``points`` (..., 3), zero beyond the grid."""
        size = torch.tensor(self.values.shape[:0:-1])
        places = (points - self.middle) / (self.spacing * (size - 1) / 2)
        flat = places.reshape(1, 1, 1, -1, 3)
        found = F.grid_sample(self.values[None], flat, align_corners=True, padding_mode="zeros")
        return found.reshape(len(self.values), *points.shape[:-1])


@dataclass(frozen=True)
class Head:
    """A femoral head as it lies in the patient: centre (3,) world LPS mm, radius mm."""

    centre: torch.Tensor
    radius: float


@dataclass(frozen=True)
class Anatomy:
    """``soft``: one channel, water is 1. ``bones``: HU above soft tissue / 1000; mm under femur, hip bone, marrow."""

    soft: Block
    bones: Block
    heads: dict[str, Head]


def _soft(dice: Dice, patient: Patient) -> Block:
    middle = torch.tensor(MIDDLE)
    world = grid(middle, SOFT_SHAPE, SOFT_SPACING).reshape(-1, 3)
    no_bone = torch.full(world.shape[:1], FAR)
    hu = soft_tissue(dice, patient.body, world, SOFT_SHAPE, SOFT_SPACING, no_bone)
    return Block((1 + hu.reshape(1, *SOFT_SHAPE) / 1000).clamp(0, 2), middle, SOFT_SPACING)


def _head(points: torch.Tensor, world: torch.Tensor, radius: float) -> Head | None:
    """The head's centre from the voxels near it: ``points`` (N, 3) are in the femur's frame, where it is the origin."""
    near = points.norm(dim=-1) < 5.0
    if int(near.sum()) < 20:
        return None
    there = torch.cat([points[near], torch.ones(int(near.sum()), 1)], 1)
    centre = torch.linalg.lstsq(there, world[near]).solution[3]
    return Head(centre, radius)


def _near_bone(patient: Patient, middle: torch.Tensor) -> torch.Tensor:
    """Which voxels (Z, Y, X) may lie in a bone: a look at every fourth of them, since most hold none."""
    few = (SHAPE[0] // SKIP, SHAPE[1] // SKIP, SHAPE[2] // SKIP)
    world = grid(middle, few, SPACING * SKIP).reshape(-1, 3)
    found = depths(patient.scene, world, torch.zeros(len(world)), torch.ones(len(world)))
    nearest = torch.stack([*found.bone.values(), found.other]).amax(0).reshape(few)
    near = nearest > -(1.8 * SPACING * SKIP / 2 + 3)
    for axis in range(3):
        near = near.repeat_interleave(SKIP, axis)
    return near


def _bones(patient: Patient, own: Grain, found: Depths) -> torch.Tensor:
    """The four channels (4, N) of ``Anatomy.bones``."""
    fields = bone_fields(patient.scene, patient.tissue, own, found)
    dense = torch.zeros_like(found.other)
    for name, under in {**found.bone, "other": found.other}.items():
        thick, trabecular = fields[name]
        outer, inner = phi(under / EDGE), phi((under - thick) / EDGE)
        dense += (patient.tissue.cortex * (outer - inner) + trabecular * inner - 40 * outer) / 1000
    femora = torch.maximum(*(found.bone[n] for n in FEMORA))
    marrow = torch.maximum(*(found.bone[n] - fields[n][0] for n in FEMORA))
    hips = torch.maximum(found.bone["hip_right"], found.bone["hip_left"])
    return torch.stack([dense, femora, hips, marrow]).clamp(min=FAR)


def draw_anatomy(dice: Dice, patient: Patient) -> Anatomy:
    """All bones on one grid, slab by slab, and the soft tissue on a coarser one."""
    middle = torch.tensor(MIDDLE)
    places, grain, near = grid(middle, SHAPE, SPACING), Grain(dice, SHAPE, SPACING), _near_bone(patient, middle)
    bones = torch.tensor([0.0, FAR, FAR, FAR])[:, None, None, None].repeat(1, *SHAPE)
    heads: dict[str, Head] = {}
    size = SHAPE[1] * SHAPE[2]
    for first in range(0, SHAPE[0], SLAB):
        slab = slice(first, first + SLAB)
        here = near[slab].reshape(-1)
        if not here.any():
            continue
        world = places[slab].reshape(-1, 3)[here]
        own = grain.part(first * size + torch.nonzero(here)[:, 0], EVEN)
        rough = 0.16 * own.fine + 0.2 * own.cortex
        found = depths(patient.scene, world, rough, (1 + 0.3 * own.patch).clamp(0.3, 2))
        for channel, values in zip(bones, _bones(patient, own, found), strict=True):
            channel[slab].view(-1)[here] = values
        for side in {"right", "left"} - set(heads):
            grown = patient.scene.poses[side].scale * patient.scene.size
            head = _head(found.femur_points[side], world, patient.scene.femora[side].radius * grown)
            if head:
                heads[side] = head
    return Anatomy(_soft(dice, patient), Block(bones, middle, SPACING), heads)
