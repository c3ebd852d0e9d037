"""Whole simulated scans of held-out anatomy with their true labels, as files that the engine reads like any other."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from Training.simulate.ct import draw_patch
from Training.simulate.noise import Dice
from Training.simulate.patches import draw_patient
from Training.simulate.scanner import draw_scanner

SHAPE, SPACING = (150, 148, 228), 1.5  # z, y, x: both hips from the iliac wings to below the lesser trochanters


def write_scan(seed: int, library: Path, folder: Path, part: str = "test") -> None:
    """Simulate one patient of the held-out shapes and write ``scan_<seed>.nii.gz`` and ``labels_<seed>.nii.gz``."""
    dice = Dice(900_000 + seed)
    patient = draw_patient(dice, library, part, coarse=False)
    patient = type(patient)(patient.scene, patient.body, patient.tissue, None)
    scanner = draw_scanner(dice, coarse=False)
    centre = torch.tensor([dice.normal(0, 6), dice.normal(-5, 5), dice.normal(10, 12)])
    patch = draw_patch(dice, patient, scanner, centre, SHAPE, SPACING)
    best = patch.depth.amax(0)
    labels = torch.where(best > 0, patch.depth.argmax(0) + 1, torch.tensor(0))
    origin = patch.world[0, 0, 0].tolist()
    for name, values in (("scan", patch.image.round().to(torch.int16)), ("labels", labels.to(torch.uint8))):
        image = sitk.GetImageFromArray(np.ascontiguousarray(values.numpy()))
        image.SetSpacing((SPACING,) * 3)
        image.SetOrigin(origin)
        sitk.WriteImage(image, str(folder / f"{name}_{seed:03d}.nii.gz"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--first", type=int, default=0)
    a = parser.parse_args()
    torch.set_num_threads(1)
    a.folder.mkdir(parents=True, exist_ok=True)
    for number in range(a.first, a.first + a.count):
        write_scan(number, a.library, a.folder)
        print(number, flush=True)
