"""Makes simulated MR patches for one network and keeps them in a ring of files that training reads from.

``python -m Training.simulate.mr_patches onfh_mri_fine --library LIBRARY --folder PATCHES``
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch

from Training.simulate.mr import SIDES, draw_hips, draw_knees, draw_pelvis, make_patient
from Training.simulate.mr_patch import Patch
from Training.simulate.noise import Dice
from Training.simulate.patches import Recipe, draw_patient, writer_options

POSES, LOOKS = 2, 3  # of one patient, and scans of each
A_PATIENT = POSES * len(SIDES) * LOOKS
SPREAD = 4.0  # mm, sd of the cube's middle from the head's
KNEES = 0.07  # share of the localiser's patches that show no hip

RECIPES = {"onfh_mri_coarse": Recipe(56, 5.0, 0.16), "onfh_mri_fine": Recipe(72, 1.25, 0.06)}


def simulate(seed: int, library: Path, network: str, part: str = "train") -> Iterator[Patch]:
    """The patches of the patient that ``seed`` gives, made from the shapes of one ``part`` of the library.

    There are A_PATIENT of them: POSES times both hips, or the pelvis from as many places, LOOKS scans each.
    """
    dice, recipe = Dice(seed), RECIPES[network]
    shape = draw_patient(dice, library, part, coarse=recipe.coarse)
    for _ in range(POSES):
        patient = make_patient(dice, shape.scene, shape.body, shape.tissue)
        for side in SIDES:
            if recipe.coarse:
                scans = draw_pelvis(dice, patient, recipe.side, recipe.spacing)
            else:
                scans = draw_hips(dice, patient, side, recipe.side, recipe.spacing, SPREAD)
            for patch in islice(scans, LOOKS):
                knee = recipe.coarse and dice.chance(KNEES)
                yield draw_knees(dice, recipe.side, recipe.spacing) if knee else patch


def fill(folder: Path, library: Path, network: str, slots: int, seed: int, stride: int) -> None:
    """Write patches for ever into ``slots`` files; start again at the first when all are there."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    number = seed
    while True:
        for i, patch in enumerate(simulate(number + 1000, library, network)):
            patch.save(folder / f"{(number * A_PATIENT + i) % slots:05d}.npz", RECIPES[network].step)
        number += stride


if __name__ == "__main__":
    a = writer_options(__doc__, RECIPES, 3000).parse_args()
    fill(a.folder, a.library, a.network, a.slots, a.seed, a.stride)
