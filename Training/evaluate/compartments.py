"""Compartments of the femora of a real scan against a reference, with the outlines of the reference: a table.

``python -m Training.evaluate.compartments SCAN BONES COMPARTMENTS`` takes the femora (1, 2) of a label map of bones and
compares with a label map of 1, 2 right cortical and trabecular, 3, 4 left. With ``--own-bones`` the program finds the
femora itself. Pictures of the contours go to the folder ``--pictures``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import monotonic

import numpy as np
import SimpleITK as sitk
from matplotlib.figure import Figure

from hipjoint.inner_surface import DEFAULT, INNER_SURFACES
from hipjoint.labels import HIP_CT, Side
from hipjoint.measure.bone_shape import bones_of
from hipjoint.measure.boundary import voxel_centres
from hipjoint.measure.compartment_assessment import SIDES, compartments_of
from hipjoint.measure.femur_regions import REGIONS, FemurRegions, find_regions
from hipjoint.progress import Silent
from hipjoint.tasks import femur_compartments
from hipjoint.tasks.femur_compartments import CompartmentsResult
from hipjoint.volume import read_volume
from Training.evaluate.metrics import overlap

# Values of the reference: cortical and trabecular of each side.
REFERENCE: dict[Side, tuple[int, int]] = {"right": (1, 2), "left": (3, 4)}
_WINDOW_HU = (-250, 1250)


def rows(result: CompartmentsResult, bones: sitk.Image, reference: np.ndarray) -> list[tuple[object, ...]]:
    """Side, region, Dice of the whole, of what lies inside the cortex and of the cortex, ratio of its volumes."""
    table = []
    labels = sitk.GetArrayViewFromImage(result.labels)
    for side in SIDES:
        cortical, trabecular = (labels == label.value for label in compartments_of(side))
        their_cortical, their_trabecular = (reference == value for value in REFERENCE[side])
        whole, their_whole = cortical | trabecular, their_cortical | their_trabecular
        for place, where in {"all": np.ones_like(whole), **_regions(bones, side, whole | their_whole)}.items():
            if not (their_whole & where).any():
                continue
            pairs = ((whole, their_whole), (trabecular, their_trabecular), (cortical, their_cortical))
            dices = [overlap(ours & where, theirs & where) for ours, theirs in pairs]
            ratio = float((cortical & where).sum() / max(1, (their_cortical & where).sum()))
            table.append((side, place, *dices, ratio))
    return table


def _regions(bones: sitk.Image, side: Side, mask: np.ndarray) -> dict[str, np.ndarray]:
    label = next(each for each in HIP_CT if each.name == f"femur_{side}")
    found = find_regions(bones_of(bones, (label,))[label.name], side)
    if not isinstance(found, FemurRegions):
        return {}
    numbers = found.of(voxel_centres(mask, bones))
    out = {}
    for number, region in enumerate(REGIONS):
        out[region] = np.zeros_like(mask)
        out[region][mask] = numbers == number
    return out


def draw(result: CompartmentsResult, reference: np.ndarray, folder: Path) -> None:
    """PNG of slices with both inner surfaces: ours red, the reference's green; both outlines are thin."""
    folder.mkdir(parents=True, exist_ok=True)
    image, labels = sitk.GetArrayViewFromImage(result.image), sitk.GetArrayViewFromImage(result.labels)
    for side in SIDES:
        cortical, trabecular = (label.value for label in compartments_of(side))
        where = np.argwhere(np.isin(labels, (cortical, trabecular)))
        if not len(where):
            continue
        (z0, y0, x0), (z1, y1, x1) = where.min(axis=0), where.max(axis=0)
        figure = Figure(figsize=(16, 8), dpi=90)
        for i, z in enumerate(np.linspace(z0 + 3, z1 - 6, 8).astype(int)):
            axes = figure.add_subplot(2, 4, i + 1)
            box = slice(max(0, y0 - 8), y1 + 8), slice(max(0, x0 - 8), x1 + 8)
            axes.imshow(image[z][box], cmap="gray", vmin=_WINDOW_HU[0], vmax=_WINDOW_HU[1])
            for mask, colour in (
                (labels[z][box] == trabecular, "red"),
                (reference[z][box] == REFERENCE[side][1], "lime"),
                (np.isin(labels[z][box], (cortical, trabecular)), "orange"),
            ):
                if mask.any():
                    axes.contour(mask, levels=[0.5], colors=colour, linewidths=0.8)
            axes.set_title(f"{side}, slice {z}", fontsize=8)
            axes.set_axis_off()
        figure.savefig(folder / f"compartments_{side}.png", bbox_inches="tight")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("bones", type=Path)
    parser.add_argument("compartments", type=Path)
    parser.add_argument("--own-bones", action="store_true", help="let the program find the femora")
    parser.add_argument("--inner-surface", choices=tuple(INNER_SURFACES), default=DEFAULT)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--pictures", type=Path)
    a = parser.parse_args()
    volume = read_volume(a.scan)
    bones = sitk.Resample(
        sitk.ReadImage(str(a.bones), sitk.sitkUInt8), volume.image, sitk.Transform(), sitk.sitkNearestNeighbor
    )
    reference = sitk.Resample(
        sitk.ReadImage(str(a.compartments), sitk.sitkUInt8), volume.image, sitk.Transform(), sitk.sitkNearestNeighbor
    )
    begun = monotonic()
    if a.own_bones:
        result = femur_compartments.run(volume, device=a.device, progress=Silent(), inner_surface=a.inner_surface)
    else:
        result = femur_compartments.divide(volume.image, bones, Silent(), inner_surface=a.inner_surface)
    seconds = monotonic() - begun
    theirs = sitk.GetArrayFromImage(reference)
    heads = ("femur", "region", "Dice periosteal", "Dice endosteal", "Dice cortical", "cortical volume ratio")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for side, place, *numbers in rows(result, bones, theirs):
        print(f"| {side} | {place} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |")
    print(f"\n{seconds:.1f} s; {result.run['scanner']}; {' '.join(result.warnings)}")
    if a.pictures:
        draw(result, theirs, a.pictures)


if __name__ == "__main__":
    main()
