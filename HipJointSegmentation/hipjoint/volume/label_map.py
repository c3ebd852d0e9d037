"""Label maps and the pictures to look at beside them: any scalar 3D image in one file, its values as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Label
from hipjoint.volume import nifti
from hipjoint.volume.files import DAMAGED, place_problem, reader_of
from hipjoint.volume.orientation import is_sheared
from hipjoint.volume.problem import Problem, unreadable
from hipjoint.volume.quiet import quiet_itk
from hipjoint.volume.segment_names import by_name

ACCEPTED = "give a .nii, .nii.gz, .nrrd, .mha or .mhd file"
_SHOWN_VALUES = 6


def read_label_map(path: Path, table: Sequence[Label], *, may_be_empty: bool = False) -> sitk.Image:
    """The label map (uint8, 3D, LPS mm) in a NIfTI, NRRD (also Slicer's .seg.nrrd) or MetaImage file.

    Where the header names segments as ``table`` does, their values become those of ``table``, whatever they were.
    Raises ``InputError``, one sentence with the path, if it cannot be read, holds nothing (unless it ``may_be_empty``),
    or holds other values than 0 and those of ``table``.
    """
    image = by_name(read_picture(path), table, path)
    values = np.unique(sitk.GetArrayViewFromImage(image))
    strange = sorted(set(values.tolist()) - {0, *(label.value for label in table)})
    if strange:
        shown = ", ".join(f"{value:g}" for value in strange[:_SHOWN_VALUES])
        more = " and more" if len(strange) > _SHOWN_VALUES else ""
        raise Problem(f"holds the values {shown}{more}", f"give a label map with {_wanted(table)}").error(path)
    if not (may_be_empty or values.any()):
        raise Problem("is an empty label map", f"mark {_wanted(table)}").error(path)
    return sitk.Cast(image, sitk.sitkUInt8)


def read_picture(path: Path) -> sitk.Image:
    """The image (3D, one number a voxel, as stored, LPS mm, axes at right angles) in a file.

    Raises ``InputError``, one sentence with the path, if it is no such image or says not where it lies in the patient.
    """
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(_reader_name(path))
    nifti.allow_sheared_axes(allowed=False)
    try:
        with quiet_itk():
            reader.ReadImageInformation()
            problem = _problem(path, reader)
            image = None if problem else reader.Execute()
    except RuntimeError as error:
        raise DAMAGED.error(path) from error
    if problem or image is None:
        raise (problem or DAMAGED).error(path)
    if is_sheared(image):
        raise Problem("has axes that are not at right angles", "resample it on a right-angled grid").error(path)
    return image


def _reader_name(path: Path) -> str:
    try:
        is_folder, size = path.is_dir(), path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error
    name = None if is_folder else reader_of(path)
    if name is None:
        raise Problem("is not in a format that can be read", ACCEPTED).error(path)
    if not size:
        raise Problem("is an empty file", "copy or export it again").error(path)
    return name


def _problem(path: Path, reader: sitk.ImageFileReader) -> Problem | None:
    if reader.GetNumberOfComponents() > 1 or reader.GetDimension() > 3:
        return Problem("holds several layers or times", "export it as one 3D image with one number a voxel")
    if reader.GetDimension() < 3 or min(reader.GetSize()) < 2:
        return Problem("is a single slice", "give the whole series in 3D")
    if nifti.is_nifti(reader) and not nifti.is_complete(path, reader):
        return DAMAGED
    return place_problem(reader)


def _wanted(table: Sequence[Label]) -> str:
    return ", ".join(f"{label.value} = {label.title[0].lower()}{label.title[1:]}" for label in table)
