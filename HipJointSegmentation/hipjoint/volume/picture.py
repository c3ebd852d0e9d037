"""The scan to look at beside a label map: any grey 3D image, in DICOM or in one file, that shows what is labelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.volume.dicom import read_stack
from hipjoint.volume.dicom.headers import Numbers
from hipjoint.volume.dicom.picture import choose_picture
from hipjoint.volume.label_map import read_picture
from hipjoint.volume.orientation import is_sheared, right_angled
from hipjoint.volume.problem import Problem
from hipjoint.volume.reading import is_plain_file, stacks_in


def read_labelled_scan(path: Path, labels: sitk.Image, *, series: str | None = None) -> sitk.Image:
    """The scan (3D, one number a voxel, LPS mm) in a DICOM folder, zip or file, or a NIfTI, NRRD or MetaImage file.

    Of a DICOM study it is the series that shows the middle of every label of ``labels``; ``series`` names one of
    several, by its number. Raises ``InputError``, one sentence with the path, if there is none or none is named.
    """
    if is_plain_file(path):
        if series is not None:
            raise InputError(f"{path} is not DICOM and has no series {series}: leave the choice of a series out.")
        return read_picture(path)
    with stacks_in(path) as stacks:
        image, _ = read_stack(choose_picture(stacks, _middles(labels), series, path), path)
    if is_sheared(image):
        raise Problem("has axes that are not at right angles", "resample it on a right-angled grid").error(path)
    return right_angled(image)


def _middles(labels: sitk.Image) -> Numbers:
    """The mean place (n, 3) in LPS mm of the voxels of each label."""
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.Execute(labels)
    return np.array([shapes.GetCentroid(value) for value in shapes.GetLabels()])
