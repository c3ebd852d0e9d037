"""MR scans with known lesions for testing: simulated ones of held-out shapes, and real ones with lesions drawn in.

``python -m Training.evaluate.mr_scans simulated --library LIBRARY --folder OUT --count 40``
``python -m Training.evaluate.mr_scans real --scans SCANS --folder OUT --count 20``

Each is a ``scan_NNN.nii.gz`` with its ``labels_NNN.nii.gz`` (values of ``hipjoint.labels.ONFH``).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.labels import ONFH
from hipjoint.volume.resample import onto
from Training.simulate.mr import HEALTHY, draw_signal, make_patient
from Training.simulate.mr_contrast import draw_contrast
from Training.simulate.mr_patches import RECIPES
from Training.simulate.mr_real import Hip, Scan, draw_change, read_hip, scans_of
from Training.simulate.mr_scanner import along, draw_sequence, sliced
from Training.simulate.mr_tissue import make_spot
from Training.simulate.noise import Dice
from Training.simulate.patches import draw_patient

SHAPE, SPACING = (160, 110, 320), 1.0  # z, y, x: both hips
FIRST_SEED = 950_000


def write_simulated(number: int, library: Path, folder: Path) -> None:
    """A scan of the held-out shapes with the contrast of a plausible sequence, in slices of its own."""
    dice = Dice(FIRST_SEED + number)
    drawn = draw_patient(dice, library, "test", coarse=False)
    patient = make_patient(dice, drawn.scene, drawn.body, drawn.tissue)
    cups = [torch.tensor(cup[:3], dtype=torch.float32) for cup in patient.scene.pelvis.acetabula.values()]
    centre = torch.stack([patient.scene.to_world(cup) for cup in cups]).mean(0) + dice.vector(6.0)
    spot, places = make_spot(dice, patient.scene, patient.around, centre, SHAPE, SPACING)
    sequence = draw_sequence(dice, coarse=False)
    signal, depth = draw_signal(dice, patient, draw_contrast(dice, invented=False), spot, sequence.blur)
    taken = sliced(dice, sequence, signal, SPACING)
    x = torch.arange(SHAPE[sequence.slices]) * SPACING
    at = taken.first + taken.step * torch.arange(taken.image.shape[sequence.slices])
    weights = (1 - ((at[:, None] - x) / SPACING).abs()).clamp(min=0)
    whole = weights.sum(1) > 0.5  # a slice beyond the simulated box is no slice
    depth = torch.stack([along(d, sequence.slices, weights[whole]) for d in depth])
    image = taken.image.movedim(sequence.slices, 0)[whole].movedim(0, sequence.slices)
    spacing, origin = [SPACING] * 3, places[0, 0, 0].double().tolist()
    axis = 2 - sequence.slices
    spacing[axis] = taken.step
    origin[axis] += float(at[whole][0])
    for name, values in (("scan", image * 1000), ("labels", labels_of(depth))):
        made = sitk.GetImageFromArray(np.ascontiguousarray(values.round().to(torch.int16).numpy()))
        made.SetSpacing(spacing)
        made.SetOrigin(origin)
        sitk.WriteImage(made, str(folder / f"{name}_{number:03d}.nii.gz"))


def labels_of(depth: torch.Tensor) -> torch.Tensor:
    """Label map (Z, Y, X) with the values of ONFH of depths (4, Z, Y, X) in mm of both heads and both lesions."""
    labels = torch.zeros(depth.shape[1:])
    for value, inside in enumerate(depth > 0, start=1):
        labels[inside] = value
    return labels


def write_real(number: int, scan: Scan, hips: dict[str, Hip], heads: sitk.Image, folder: Path) -> None:
    """A real scan with a lesion drawn into most of its normal heads; ``heads`` is its label map of heads."""
    dice = Dice(FIRST_SEED + number)
    image, labels = sitk.GetArrayFromImage(scan.image), sitk.GetArrayFromImage(heads)
    spacing = RECIPES["onfh_mri_fine"].spacing
    for side, hip in hips.items():
        if dice.chance(HEALTHY):
            continue
        fields = [f.flip(2) if side == "right" else f for f in draw_change(dice, hip, spacing)]
        made = [hip.grid.image(f.numpy()) for f in fields]
        place, change = onto(made[0], scan.image, 0.0)
        image[place] = np.maximum(image[place] + change, 0)
        head, dead = (next(b.value for b in pair if b.side == side) for pair in (ONFH[:2], ONFH[2:]))
        lesion = (onto(made[1], scan.image, -30.0)[1] > 0) & (labels[place] == head)
        labels[place][lesion] = dead
    for name, values in (("scan", image), ("labels", labels)):
        out = sitk.GetImageFromArray(np.round(values).astype(np.int16))
        out.CopyInformation(scan.image)
        sitk.WriteImage(out, str(folder / f"{name}_{number:03d}.nii.gz"))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("simulated", "real"))
    parser.add_argument("--library", type=Path, help="of shapes, for simulated scans")
    parser.add_argument("--scans", type=Path, help="folder of the real scans")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    a = parser.parse_args()
    torch.set_num_threads(1)
    a.folder.mkdir(parents=True, exist_ok=True)
    numbers = range(a.first, a.first + a.count)
    if a.kind == "simulated":
        for number in numbers:
            write_simulated(number, a.library, a.folder)
        return
    scans = scans_of(a.scans, "test")
    hips = [{side: read_hip(s.image, head, side, s.plate_mm) for side, head in s.heads.items()} for s in scans]
    for number in numbers:
        i = number % len(scans)
        write_real(number, scans[i], hips[i], scans[i].labels, a.folder)


if __name__ == "__main__":
    main()
