"""Reduce a pelvic CT to the bundled sample: 1.25 mm, HU in steps of 8, no patient data.

``python -m Training.make_sample SCAN Resources/SampleData/hip_ct.nii.gz``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk

SPACING, STEP, AIR = 1.25, 8, -1000


def reduce(image: sitk.Image) -> sitk.Image:
    """A small copy of a CT, int16 HU on a 1.25 mm grid; everything thinner than air is air, so that it packs well."""
    image = sitk.DICOMOrient(sitk.Cast(image, sitk.sitkFloat32), "LPS")
    size = [round(n * s / SPACING) for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    smooth = sitk.SmoothingRecursiveGaussian(image, 0.35 * SPACING)
    grid = (size, sitk.Transform(), sitk.sitkLinear, image.GetOrigin(), (SPACING,) * 3, image.GetDirection())
    hu = np.clip(sitk.GetArrayFromImage(sitk.Resample(smooth, *grid, -1024.0, sitk.sitkFloat32)), -1024, 3071)
    hu[hu < AIR + 100] = AIR
    small = sitk.GetImageFromArray((np.round(hu / STEP) * STEP).astype(np.int16))
    small.SetOrigin(image.GetOrigin())
    small.SetSpacing((SPACING,) * 3)
    small.SetDirection(image.GetDirection())
    return small


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("sample", type=Path)
    a = parser.parse_args()
    sitk.WriteImage(reduce(sitk.ReadImage(str(a.scan))), str(a.sample), useCompression=True, compressionLevel=9)
