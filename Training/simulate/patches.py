"""Makes simulated patches for one network and keeps them in a ring of files that training reads from.

The writer and the trainer only share a folder, so any number of writers can run beside a training.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

from hipjoint.tasks.coarse import side_blind
from hipjoint.tasks.inputs import normalised
from Training.config import Config
from Training.export import load_average
from Training.networks.hip_net import HipNet
from Training.simulate.bone import draw_tissue
from Training.simulate.ct import Patch, Patient, draw_patch, grid
from Training.simulate.library import load_femur, load_pelvis, names
from Training.simulate.noise import Dice
from Training.simulate.scanner import COARSE_BLUR, Scanner, draw_scanner
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


A_PATIENT = 6  # patches of one patient

RECIPES = {"hip_ct_coarse": Recipe(80, 3.0, 0.12), "hip_ct_fine": Recipe(80, 1.0, 0.05)}


def _side(dice: Dice) -> str:
    return ("right", "left")[dice.integer(0, 2)]


def draw_patient(dice: Dice, library: Path, part: str, *, coarse: bool) -> Patient:
    """Draw a patient from the shapes of one ``part`` ("train" or "test") of the library."""
    pelves, femora = names(library, "pelvis", part), names(library, "femur", part)
    pelvis = load_pelvis(pelves[dice.integer(0, len(pelves))], coarse=coarse)
    one = femora[dice.integer(0, len(femora))]
    other = one if dice.chance(0.5) else femora[dice.integer(0, len(femora))]
    scene = draw_scene(dice, pelvis, {s: load_femur(f, coarse=coarse) for s, f in (("right", one), ("left", other))})
    side = _side(dice) if dice.chance(0.06) else None
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


def draw_centre(dice: Dice, scene: Scene, side: str, *, coarse: bool) -> torch.Tensor:
    """Where a patch lies (world): the joint of a ``side`` most often, because it is the hardest and the smallest."""
    if coarse:
        return torch.tensor([dice.normal(0, 50), dice.normal(0, 35), dice.normal(0, 70)])
    cup = torch.tensor(scene.pelvis.acetabula[side][:3], dtype=torch.float32)
    out = -1.0 if side == "right" else 1.0
    pick = dice.uniform(0, 1)
    if pick < 0.42:
        place = cup + dice.vector(14.0)
    elif pick < 0.6:
        way = dice.uniform(0, 1)
        place = cup + torch.tensor([out * (20 + 25 * way), 10.0, 10 - 100 * way]) + dice.vector(10.0)
    elif pick < 0.74:
        place = _inside(dice, scene, f"hip_{side}")
    else:
        place = _inside(dice, scene, "sacrum")
    return scene.to_world(place)


def simulate(seed: int, library: Path, recipe: Recipe, part: str = "train", count: int = 1) -> list[Patch]:
    """``count`` patches of the patient that ``seed`` gives."""
    dice = Dice(seed)
    patient = draw_patient(dice, library, part, coarse=recipe.coarse)
    return _patches(dice, patient, draw_scanner(dice, coarse=recipe.coarse), recipe, count)


def _patches(dice: Dice, patient: Patient, scanner: Scanner, recipe: Recipe, count: int) -> list[Patch]:
    centres = [draw_centre(dice, patient.scene, _side(dice), coarse=recipe.coarse) for _ in range(count)]
    return [draw_patch(dice, patient, scanner, c, (recipe.side,) * 3, recipe.spacing) for c in centres]


@dataclass(frozen=True)
class CoarseNetwork:
    """The trained first stage, asked for the hints that the second stage will get from it."""

    network: HipNet
    config: Config

    @staticmethod
    def load(checkpoint: Path) -> CoarseNetwork:
        """The averaged network of a training."""
        config, network = load_average(checkpoint)
        return CoarseNetwork(network.to(memory_format=torch.channels_last_3d), config)

    @torch.inference_mode()
    def side_blind(self, patch: Patch) -> torch.Tensor:
        """Femur, hip bone and sacrum (3, Z, Y, X) in a coarse patch."""
        seen = torch.from_numpy(normalised(patch.image.numpy(), self.config.window))[None, None]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, _ = self.network(seen.contiguous(memory_format=torch.channels_last_3d))
        return torch.from_numpy(side_blind(torch.softmax(logits.float(), 1)[0].numpy()))


def simulate_with_hints(
    seed: int, library: Path, recipe: Recipe, first: CoarseNetwork, count: int
) -> list[tuple[Patch, torch.Tensor]]:
    """Fine patches with what the coarse network says there (3, Z/2, Y/2, X/2), at every other voxel's corner.

    The coarse network sees a patch of its own of the same patient, round the hip that the fine patches are drawn from;
    those beyond its reach are left out.
    """
    dice = Dice(seed)
    patient = draw_patient(dice, library, "train", coarse=False)
    scanner = draw_scanner(dice, coarse=False)
    wide = RECIPES["hip_ct_coarse"]
    side = _side(dice)
    centres = [draw_centre(dice, patient.scene, side, coarse=False) for _ in range(count)]
    middle = torch.stack(centres).mean(0) + dice.vector(25.0)
    blurred = replace(scanner, blur=dice.uniform(*COARSE_BLUR))
    whole = draw_patch(dice, patient, blurred, middle, (wide.side,) * 3, wide.spacing)
    answer = first.side_blind(whole)
    reach = (wide.side * wide.spacing - recipe.side * recipe.spacing) / 2
    made = []
    for centre in centres:
        if float((centre - middle).abs().max()) < reach:
            patch = draw_patch(dice, patient, scanner, centre, (recipe.side,) * 3, recipe.spacing)
            made.append((patch, _sampled(answer, middle, wide, centre, recipe)))
    return made


def _sampled(
    answer: torch.Tensor, middle: torch.Tensor, wide: Recipe, centre: torch.Tensor, recipe: Recipe
) -> torch.Tensor:
    half = recipe.side // 2
    places = grid(centre, (half,) * 3, 2 * recipe.spacing)
    inside = (places - middle) / (wide.side * wide.spacing / 2)
    return F.grid_sample(answer[None], inside[None], align_corners=False, padding_mode="border")[0]


def save(path: Path, patch: Patch, step: float, hints: torch.Tensor | None = None) -> None:
    """Write HU as int16, depths as int8 counts of ``step`` mm, hints as uint8; a reader never sees half a file."""
    part = path.with_suffix(f".{os.getpid()}.part")
    more = {} if hints is None else {"hints": (hints * 255).round().to(torch.uint8).numpy()}
    with part.open("wb") as file:
        np.savez(
            file,
            image=patch.image.round().to(torch.int16).numpy(),
            depth=(patch.depth / step).round().clamp(-127, 127).to(torch.int8).numpy(),
            **more,
        )
    part.replace(path)


def fill(
    folder: Path, library: Path, network: str, slots: int, seed: int, stride: int, coarse: Path | None = None
) -> None:
    """Write patches for ever, some of each patient, into ``slots`` files; start again at the first when all are there.

    With a ``coarse`` checkpoint the patches carry the hints that this network gives.
    """
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    recipe, number = RECIPES[network], seed
    first = CoarseNetwork.load(coarse) if coarse else None
    while True:
        if first:
            made = simulate_with_hints(number + 1000, library, recipe, first, A_PATIENT)
        else:
            made = [(p, None) for p in simulate(number + 1000, library, recipe, count=A_PATIENT)]
        for i, (patch, hints) in enumerate(made):
            save(folder / f"{(number * A_PATIENT + i) % slots:05d}.npz", patch, recipe.step, hints)
        number += stride


def writer_options(description: str | None, networks: Iterable[str], slots: int) -> argparse.ArgumentParser:
    """The command line of a program that writes simulated patches for ever."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("network", choices=sorted(networks))
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--slots", type=int, default=slots)
    parser.add_argument("--seed", type=int, default=0, help="first patient; give each writer its own, below --stride")
    parser.add_argument("--stride", type=int, default=1, help="number of writers")
    return parser


if __name__ == "__main__":
    parser = writer_options(__doc__, RECIPES, 1200)
    parser.add_argument("--coarse", type=Path, help="checkpoint of the coarse network that gives fine patches hints")
    a = parser.parse_args()
    fill(a.folder, a.library, a.network, a.slots, a.seed, a.stride, a.coarse)
