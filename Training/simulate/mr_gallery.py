"""A page of simulated MR beside real slices: the first thing to look at before a training is believed.

``python -m Training.simulate.mr_gallery --library DIR --scans SCANS --out Docs/pictures/simulated_mr.png``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.tasks.inputs import stretched
from hipjoint.volume.resample import corners, covering_grid, on_grid
from Training.simulate.mr_patches import simulate

mpl.use("Agg")
from matplotlib import pyplot as plt

COLUMNS, SEED = 6, 40
COLOURS = ("#56b4e9", "#d55e00")


def _draw(axis: plt.Axes, image: np.ndarray, depths: np.ndarray | None, title: str) -> None:
    """One slice (rows from below) with the outlines of depths (K, rows, columns)."""
    axis.imshow(image[::-1], cmap="gray", vmin=-1, vmax=1.2)
    for depth, colour in zip(depths if depths is not None else (), COLOURS, strict=False):
        if (depth > 0).any():
            axis.contour(depth[::-1], [0], colors=[colour], linewidths=0.9)
    axis.set_title(title, fontsize=8)
    axis.axis("off")


def _simulated(library: Path, network: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Coronal slices (Z, X) through the heads with their depths (K, Z, X)."""
    found = []
    for seed in range(SEED, SEED + 2):
        for patch in list(simulate(seed, library, network))[:: 12 // (COLUMNS // 2) - 1]:
            seen, depth = stretched(patch.image.numpy(), (0.5, 99.5)), patch.depth.numpy()
            inside = np.argwhere(depth.max(0) > 0)
            y = int(inside[:, 1].mean()) if len(inside) else seen.shape[1] // 2
            found.append((seen[:, y], depth[:, :, y]))
    return found[:COLUMNS]


def _real(path: Path, spacing: float) -> np.ndarray:
    """The middle coronal slice (Z, X) of a scan as a network sees it."""
    image = sitk.ReadImage(str(path), sitk.sitkFloat32)
    spots = corners(image)
    seen = stretched(on_grid(image, covering_grid(spots.min(0), spots.max(0), spacing), 0.0), (0.5, 99.5))
    return seen[:, seen.shape[1] // 2]


def gallery(library: Path, scans: Path, out: Path) -> None:
    """Rows: what the fine network sees, without and with outlines; what the coarse one sees; real scans."""
    figure, axes = plt.subplots(4, COLUMNS, figsize=(2.4 * COLUMNS, 10), dpi=72, layout="constrained")
    for column, (image, depth) in enumerate(_simulated(library, "onfh_mri_fine")):
        _draw(axes[0, column], image, None, "simulated hip")
        _draw(axes[1, column], image, depth, "with head and lesion")
    for column, (image, depth) in enumerate(_simulated(library, "onfh_mri_coarse")):
        _draw(axes[2, column], image, depth, "simulated, for the localiser")
    for column, path in enumerate(sorted(scans.glob("*.nii.gz"))[:COLUMNS]):
        _draw(axes[3, column], _real(path, 2.5), None, "real, T1")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--scans", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    torch.set_num_threads(1)
    gallery(a.library, a.scans, a.out)
