"""Makes simulated patches for one network and keeps them in a ring of files that training reads from.

The writer and the trainer only share a folder, so any number of writers can run beside a training.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from Training.simulate.bone import draw_tissue
from Training.simulate.ct import Patch, Patient, draw_patch
from Training.simulate.library import load_femur, load_pelvis, names
from Training.simulate.noise import Dice
from Training.simulate.scanner import draw_scanner
from Training.simulate.scene import Scene, draw_scene
from Training.simulate.soft_tissue import draw_body


@dataclass(frozen=True)
class Recipe:
    """Shape (voxels a side), spacing (mm) and depth step (mm to a count) of the patches of one network."""

    side: int
    spacing: float
    step: float

    @property
    def coarse(self) -> bool:
        """Whether the 2 mm fields are good enough."""
        return self.spacing >= 2


RECIPES = {"hip_ct_coarse": Recipe(64, 4.0, 0.15), "hip_ct_fine": Recipe(80, 1.0, 0.05)}


def draw_patient(dice: Dice, library: Path, part: str, *, coarse: bool) -> Patient:
    """Draw a patient from the shapes of one ``part`` ("train" or "test") of the library."""
    pelves, femora = names(library, "pelvis", part), names(library, "femur", part)
    pelvis = load_pelvis(pelves[dice.integer(0, len(pelves))], coarse=coarse)
    one = femora[dice.integer(0, len(femora))]
    other = one if dice.chance(0.5) else femora[dice.integer(0, len(femora))]
    scene = draw_scene(dice, pelvis, {s: load_femur(f, coarse=coarse) for s, f in (("right", one), ("left", other))})
    side = ("right", "left")[dice.integer(0, 2)] if dice.chance(0.06) else None
    return Patient(scene, draw_body(dice, scene.size), draw_tissue(dice), side)


def _inside(dice: Dice, scene: Scene, bone: str) -> torch.Tensor:
    """A random place in or on a bone, in the pelvis' frame."""
    field = scene.pelvis.bones[bone]
    size = torch.tensor(field.values.shape[::-1])
    for _ in range(400):
        index = [dice.integer(0, int(n)) for n in size]
        if abs(float(field.values[index[2], index[1], index[0]]) + 0.5) < 2:
            break
    return field.origin + torch.tensor(index, dtype=torch.float32) * field.spacing


def draw_centre(dice: Dice, scene: Scene, *, coarse: bool) -> torch.Tensor:
    """Where a patch lies (world): the joint most often, because it is the hardest and the smallest."""
    if coarse:
        return torch.tensor([dice.normal(0, 50), dice.normal(0, 35), dice.normal(0, 70)])
    side = ("right", "left")[dice.integer(0, 2)]
    cup = torch.tensor(scene.pelvis.acetabula[side][:3], dtype=torch.float32)
    out = -1.0 if side == "right" else 1.0
    pick = dice.uniform(0, 1)
    if pick < 0.45:
        place = cup + dice.vector(14.0)
    elif pick < 0.65:
        way = dice.uniform(0, 1)
        place = cup + torch.tensor([out * (20 + 25 * way), 10.0, 10 - 100 * way]) + dice.vector(10.0)
    elif pick < 0.83:
        place = _inside(dice, scene, f"hip_{side}")
    else:
        place = _inside(dice, scene, "sacrum")
    return scene.to_world(place)


def simulate(seed: int, library: Path, recipe: Recipe, part: str = "train", count: int = 1) -> list[Patch]:
    """``count`` patches of the patient that ``seed`` gives."""
    dice = Dice(seed)
    patient = draw_patient(dice, library, part, coarse=recipe.coarse)
    scanner = draw_scanner(dice, coarse=recipe.coarse)
    shape = (recipe.side,) * 3
    return [
        draw_patch(
            dice, patient, scanner, draw_centre(dice, patient.scene, coarse=recipe.coarse), shape, recipe.spacing
        )
        for _ in range(count)
    ]


def save(path: Path, patch: Patch, step: float) -> None:
    """Write HU as int16 and depths as int8 counts of ``step`` mm; a reader never sees half a file."""
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(
            file,
            image=patch.image.round().to(torch.int16).numpy(),
            depth=(patch.depth / step).round().clamp(-127, 127).to(torch.int8).numpy(),
        )
    part.replace(path)


def fill(folder: Path, library: Path, network: str, slots: int, seed: int, stride: int) -> None:
    """Write patches for ever, four a patient, into ``slots`` files; start again at the first when all are there."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    recipe, number = RECIPES[network], seed
    while True:
        for i, patch in enumerate(simulate(number + 1000, library, recipe, count=4)):
            save(folder / f"{(number * 4 + i) % slots:05d}.npz", patch, recipe.step)
        number += stride


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=sorted(RECIPES))
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--slots", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0, help="first patient; give each writer its own, below --stride")
    parser.add_argument("--stride", type=int, default=1, help="number of writers")
    a = parser.parse_args()
    fill(a.folder, a.library, a.network, a.slots, a.seed, a.stride)
