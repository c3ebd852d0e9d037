"""A patch of a simulated MR scan of one hip or of the whole pelvis, with head and lesion as depths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from Training.simulate.bone import Grain, Tissue
from Training.simulate.ct import grid
from Training.simulate.mr_absent import knees, with_prosthesis
from Training.simulate.mr_contrast import Contrast, draw_contrast
from Training.simulate.mr_head import Head, head_of_femur
from Training.simulate.mr_lesion import Blots, Lesion, draw_lesion, lesion_depth, main_direction, paint
from Training.simulate.mr_patch import Patch
from Training.simulate.mr_scanner import Sequence, draw_sequence, scan
from Training.simulate.mr_tissue import (
    Spot,
    Surroundings,
    coded,
    draw_joint,
    draw_marrow,
    femur_marrow,
    make_spot,
    soft_signal,
    with_bones,
    with_joint,
)
from Training.simulate.noise import Dice
from Training.simulate.scene import Scene
from Training.simulate.soft_tissue import Body

SIDES = ("right", "left")
STRUCTURES = ("head_right", "head_left", "lesion_right", "lesion_left")
HEALTHY = 0.42  # share of the hips without lesion
PROSTHESES = 0.08  # share of the patients with one, in the patches of the localiser
FULL = 1000.0  # stored value of a bright tissue


@dataclass(frozen=True)
class Patient:
    """Scene and soft tissue of one patient, with joints, heads and their lesions."""

    scene: Scene
    around: Surroundings
    heads: dict[str, Head]
    lesions: dict[str, Lesion | None]
    prosthesis: str | None = None


def make_patient(dice: Dice, scene: Scene, body: Body, tissue: Tissue) -> Patient:
    """An MR patient of a scene: lesions are drawn, and with them what has become of the heads."""
    lesions = {side: None if dice.chance(HEALTHY) else draw_lesion(dice) for side in SIDES}
    poses = dict(scene.poses)
    for side, lesion in lesions.items():
        if lesion and lesion.collapse:
            poses[side] = replace(poses[side], flattening=lesion.collapse, cut_direction=main_direction(lesion))
        elif lesion or dice.chance(0.6):
            poses[side] = replace(poses[side], flattening=0.0)
    around = Surroundings(coded(body), tissue, draw_marrow(dice), {side: draw_joint(dice) for side in SIDES})
    heads = {side: head_of_femur(scene.femora[side]) for side in SIDES}
    return Patient(replace(scene, poses=poses), around, heads, lesions)


def draw_patch(
    dice: Dice, patient: Patient, contrast: Contrast, sequence: Sequence, spot: Spot
) -> tuple[torch.Tensor, torch.Tensor]:
    """Image (Z, Y, X) and depths (4, Z, Y, X) in STRUCTURES' order of one scan of a spot."""
    signal, depth = draw_signal(dice, patient, contrast, spot, sequence.blur)
    return scan(dice, sequence, signal, spot.spacing) * FULL, depth


def draw_signal(
    dice: Dice, patient: Patient, contrast: Contrast, spot: Spot, blur: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Tissue signal (2, Z, Y, X) of water and fat, and depths (4, Z, Y, X) in STRUCTURES' order; ``blur`` in mm."""
    signal = soft_signal(contrast, spot.soft)
    femora, marked = {}, dict.fromkeys(STRUCTURES, torch.full(spot.soft.shape, -30.0))
    for side in SIDES:
        if float(spot.found.bone[f"femur_{side}"].max()) < -4:
            continue
        hip = _Hip(patient, spot, side)
        signal = with_joint(signal, contrast, patient.around.joints[side], spot, side, hip.q)
        femora[f"femur_{side}"] = hip.marrow(dice, contrast, blur)
        if side != patient.prosthesis:
            marked[f"head_{side}"], marked[f"lesion_{side}"] = hip.head, hip.lesion
    signal = with_bones(signal, contrast, patient.around.marrow, spot, femora, blur)
    if patient.prosthesis:
        signal = with_prosthesis(dice, signal, spot.found.femur_points[patient.prosthesis], spot.grain)
    depth = torch.stack([marked[name] for name in STRUCTURES]).reshape(len(STRUCTURES), *spot.shape)
    return signal.reshape(2, *spot.shape), depth


class _Hip:
    """One femur in a patch: ``q`` (N, 3) in radii from the head's centre, depths (N,) in mm of head and lesion."""

    def __init__(self, patient: Patient, spot: Spot, side: str) -> None:
        self.patient, self.spot, self.side = patient, spot, side
        head = patient.heads[side]
        scale = patient.scene.poses[side].scale * patient.scene.size
        places = spot.found.femur_points[side]
        self.q, self.axis, self.radius = head.frame(places), head.axis, head.radius * scale
        self.under, self.limit = spot.found.bone[f"femur_{side}"], head.beyond(places) * scale
        self.head = torch.minimum(self.under, self.limit)
        self.lesion = torch.full_like(self.head, -30.0)

    def marrow(self, dice: Dice, contrast: Contrast, blur: float) -> torch.Tensor:
        """Signal (2, N) of the marrow with the lesion in it, whose depth is kept."""
        spot, around = self.spot, self.patient.around
        dense = spot.bones[f"femur_{self.side}"][1]
        marrow = femur_marrow(contrast, around.marrow, spot.grain, self.q, self.axis, dense)
        lesion, inside = self.patient.lesions[self.side], self.head > 0
        if lesion is None or not bool(inside.any()):
            return marrow
        waves = sum(a * dice.smooth(spot.shape, spot.spacing, w).reshape(-1) for a, w in lesion.waves)
        depth = lesion_depth(lesion, self.q, self.limit, inside, self.radius, torch.as_tensor(waves))
        self.lesion = torch.minimum(depth, self.head)
        grain = spot.grain
        blots = Blots(grain.patch, grain.fine, grain.cortex)
        return paint(lesion, contrast, marrow, torch.minimum(depth, self.limit), self.under, blots, blur)


def draw_hips(
    dice: Dice, patient: Patient, side: str, side_voxels: int, spacing: float, spread: float
) -> Iterator[Patch]:
    """Endless scans of one hip in a cube about its head, as a left hip; depths (2, Z, Y, X) of head and lesion.

    The middle of the cube is off the head's by ``spread`` mm (sd), as a localiser's answer is. Each scan has a contrast
    of its own and another lesion, unless the head has fallen in over the first.
    """
    cup = torch.tensor(patient.scene.pelvis.acetabula[side][:3], dtype=torch.float32)
    centre = patient.scene.to_world(cup) + dice.vector(spread)
    spot, places = make_spot(dice, patient.scene, patient.around, centre, (side_voxels,) * 3, spacing)
    marked = [STRUCTURES.index(f"{name}_{side}") for name in ("head", "lesion")]
    while True:
        image, depth = draw_patch(dice, patient, draw_contrast(dice), draw_sequence(dice, coarse=False), spot)
        depth = depth[marked]
        yield Patch(image.flip(-1), depth.flip(-1), places) if side == "right" else Patch(image, depth, places)
        patient = with_other_lesion(dice, patient, side)


def with_other_lesion(dice: Dice, patient: Patient, side: str) -> Patient:
    """The same hip with another lesion or none; one whose joint surface has fallen in keeps its own."""
    now = patient.lesions[side]
    if now and now.collapse:
        return patient
    fresh = None if dice.chance(HEALTHY) else replace(draw_lesion(dice), collapse=0.0)
    return replace(patient, lesions={**patient.lesions, side: fresh})


def draw_pelvis(dice: Dice, patient: Patient, side_voxels: int, spacing: float) -> Iterator[Patch]:
    """Endless scans of both hips, or of one of them, on one coarse grid; depths (2, Z, Y, X) of right and left head."""
    centre = torch.tensor([dice.normal(0, 45), dice.normal(-5, 25), dice.normal(-10, 50)])
    if dice.chance(PROSTHESES):
        patient = replace(patient, prosthesis=SIDES[dice.integer(0, 2)])
    spot, places = make_spot(dice, patient.scene, patient.around, centre, (side_voxels,) * 3, spacing)
    while True:
        image, depth = draw_patch(dice, patient, draw_contrast(dice), draw_sequence(dice, coarse=True), spot)
        yield Patch(image, depth[:2], places)


def draw_knees(dice: Dice, side_voxels: int, spacing: float) -> Patch:
    """A knee or both on a coarse grid: there is no head in it."""
    shape = (side_voxels,) * 3
    places, sequence = grid(dice.vector(20.0), shape, spacing), draw_sequence(dice, coarse=True)
    signal = knees(dice, draw_contrast(dice), Grain(dice, shape, spacing), places.reshape(-1, 3), sequence.blur)
    image = scan(dice, sequence, signal.reshape(2, *shape), spacing)
    return Patch(image * FULL, torch.full((2, *shape), -30.0), places)
