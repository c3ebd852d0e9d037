"""How task hip-ct does on one scan with a reference when it lies otherwise, is coarser or shows less.

``python -m Training.evaluate.robustness SCAN LABELS`` prints the Dice of every bone for each way.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import HIP_CT
from hipjoint.progress import Silent
from hipjoint.tasks import hip_ct
from hipjoint.volume import Volume, read_volume
from Training.evaluate.metrics import overlap

COARSE = 3.0  # mm
ONE_HIP = 0.42  # of the width of a scan: short of the midline


def at(image: sitk.Image, spacing: float) -> sitk.Image:
    """A scan on voxels of ``spacing`` mm, smoothed to what they can show."""
    size = [round(n * s / spacing) for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    smooth = sitk.SmoothingRecursiveGaussian(image, spacing / 3)
    place = image.GetOrigin(), (spacing,) * 3, image.GetDirection()
    return sitk.Resample(smooth, size, sitk.Transform(), sitk.sitkLinear, *place)


def ways(image: sitk.Image) -> dict[str, sitk.Image]:
    """The scan as it is and as it might have come; its axes are taken to run to the left, back and up."""
    coarse = at(image, COARSE)
    n, high = image.GetSize()[0], image.GetSize()[2]
    return {
        "as it is": image,
        "flipped in memory": sitk.Flip(image, (True, False, True)),
        "axes turned by 90 degrees in memory": sitk.PermuteAxes(image, (2, 0, 1)),
        "right hip alone": image[: int(n * ONE_HIP), :, :],
        "left hip alone": image[int(n * (1 - ONE_HIP)) :, :, :],
        "lower half": image[:, :, : high // 2],
        "3 mm": coarse,
        "3 mm, axes turned and flipped": sitk.Flip(sitk.PermuteAxes(coarse, (1, 2, 0)), (False, True, True)),
    }


def agreement(image: sitk.Image, reference: sitk.Image) -> dict[str, float]:
    """Dice by bone on the grid of ``image``; 0 for what is missing, or found where the reference has nothing."""
    labels = hip_ct.run(Volume(image, "scan"), device="auto", progress=Silent()).labels
    truth = sitk.Resample(reference, labels, sitk.Transform(), sitk.sitkNearestNeighbor)
    found, wanted = sitk.GetArrayViewFromImage(labels), sitk.GetArrayFromImage(truth)
    values = np.union1d(np.unique(found), np.unique(wanted))
    return {b.name: overlap(found == b.value, wanted == b.value) for b in HIP_CT if b.value in values}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("labels", type=Path)
    a = parser.parse_args()
    image, reference = read_volume(a.scan).image, sitk.ReadImage(str(a.labels))
    names = [bone.name for bone in HIP_CT]
    print("| scan | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|", sep="\n")
    for name, seen in ways(image).items():
        found = agreement(seen, reference)
        print(f"| {name} | " + " | ".join(f"{found[n]:.3f}" if n in found else "" for n in names) + " |", flush=True)


if __name__ == "__main__":
    main()
