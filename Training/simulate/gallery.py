"""A page of simulated slices beside real ones: the first thing to look at before a training is believed.

``python -m Training.simulate.gallery --library DIR --real SLICES.zip --out Docs/pictures/simulated.png``
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pydicom
import torch

mpl.use("Agg")
from matplotlib import pyplot as plt

from Training.simulate.ct import draw_patch
from Training.simulate.noise import Dice
from Training.simulate.patches import draw_patient
from Training.simulate.scanner import draw_scanner

COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#f0e442")
COLUMNS = 5
HU = {"cmap": "gray", "vmin": -200, "vmax": 900}


def _real(archive: Path, count: int) -> list[np.ndarray]:
    """HU of ``count`` slices of a zip of DICOM files, cut to the pelvis."""
    with zipfile.ZipFile(archive) as files:
        names = sorted(n for n in files.namelist() if n.lower().endswith(".dcm"))
        picked = [names[i] for i in np.linspace(0, len(names) - 1, count).astype(int)]
        slices = [pydicom.dcmread(io.BytesIO(files.read(n))) for n in picked]
    return [(s.pixel_array * float(s.RescaleSlope) + float(s.RescaleIntercept))[96:416, 56:456] for s in slices]


def _draw(axis: plt.Axes, image: np.ndarray, depth: np.ndarray | None, title: str) -> None:
    axis.imshow(image, **HU)
    for i, colour in enumerate(COLOURS if depth is not None else ()):
        axis.contour(depth[i], [0], colors=[colour], linewidths=0.8)
    axis.set_title(title, fontsize=8)
    axis.axis("off")


def gallery(library: Path, real: Path, out: Path) -> None:
    """Rows: whole simulated slices, the hip joint in two planes, real slices."""
    figure, axes = plt.subplots(4, COLUMNS, figsize=(3 * COLUMNS, 10.6), dpi=80, layout="constrained")
    for column in range(COLUMNS):
        dice = Dice(4200 + column)
        patient = draw_patient(dice, library, "train", coarse=False)
        scanner = draw_scanner(dice, coarse=False)
        cup = patient.scene.to_world(torch.tensor(patient.scene.pelvis.acetabula["right"][:3], dtype=torch.float32))
        whole = draw_patch(dice, patient, scanner, torch.tensor([0.0, 0.0, float(cup[2])]), (8, 208, 272), 1.5)
        _draw(axes[0, column], whole.image[4].numpy(), whole.depth[:, 4].numpy(), "simulated")
        near = draw_patch(dice, patient, scanner, cup, (96, 96, 96), 1.0)
        _draw(axes[1, column], near.image[48].numpy(), near.depth[:, 48].numpy(), "simulated, right hip, axial")
        _draw(axes[2, column], near.image[:, 48].flip(0).numpy(), near.depth[:, :, 48].flip(1).numpy(), "coronal")
    for column, image in enumerate(_real(real, COLUMNS)):
        _draw(axes[3, column], image, None, "real (5 mm slice)")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    gallery(a.library, a.real, a.out)
