"""Scans in one file: NIfTI, NRRD and MetaImage."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from hipjoint.volume import nifti
from hipjoint.volume.checks import grid_problem, slices_problem
from hipjoint.volume.modality import CT, Modality
from hipjoint.volume.problem import Problem
from hipjoint.volume.quiet import quiet_itk

# Longest first: ".nii.gz" is not ".gz". The reader is named, since ITK finds some of them by small letters only.
READERS = {
    ".nii.gz": "NiftiImageIO",
    ".nii": "NiftiImageIO",
    ".nrrd": "NrrdImageIO",
    ".nhdr": "NrrdImageIO",
    ".mha": "MetaImageIO",
    ".mhd": "MetaImageIO",
}
ANATOMICAL_SPACE = "left-posterior-superior"  # to which ITK turns every NRRD that says how it lies in the patient
TYPES = (
    sitk.sitkInt16,
    sitk.sitkUInt16,
    sitk.sitkInt32,
    sitk.sitkUInt32,
    sitk.sitkInt64,
    sitk.sitkUInt64,
    sitk.sitkFloat32,
    sitk.sitkFloat64,
)
DAMAGED = Problem("is damaged or cut short", "copy or export it again")


def reader_of(path: Path) -> str | None:
    """The name of ITK's reader for the suffix of ``path``, None if it is none of ours."""
    return next((reader for suffix, reader in READERS.items() if path.name.lower().endswith(suffix)), None)


def read_file(path: Path, modality: Modality = CT) -> sitk.Image:
    """The image (float32, 3D, grid perhaps sheared) in a file whose suffix is known.

    Raises ``InputError`` if the file is damaged, is no scalar 3D image or says not where it lies in the patient.
    """
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(reader_of(path))
    reader.SetOutputPixelType(sitk.sitkFloat32)
    try:
        nifti.allow_sheared_axes(allowed=True)
        with quiet_itk():
            reader.ReadImageInformation()
        _check(path, reader, modality)
        return _image(reader)
    except RuntimeError as error:
        raise DAMAGED.error(path) from error


def _image(reader: sitk.ImageFileReader) -> sitk.Image:
    is_nifti = nifti.is_nifti(reader)
    nifti.allow_sheared_axes(allowed=is_nifti and nifti.uses_sform(reader))
    with quiet_itk():
        image = reader.Execute()
    return nifti.with_sheared_axes(image, reader) if is_nifti else image


def _check(path: Path, reader: sitk.ImageFileReader, modality: Modality) -> None:
    problem = _kind_problem(reader, modality) or place_problem(reader) or _grid_problem(reader, modality)
    if problem:
        raise problem.error(path)
    if nifti.is_nifti(reader) and not nifti.is_complete(path, reader):
        raise DAMAGED.error(path)


def _grid_problem(reader: sitk.ImageFileReader, modality: Modality) -> Problem | None:
    grid = reader.GetSize(), reader.GetSpacing()
    return slices_problem(*grid, modality.fewest_slices) or grid_problem(*grid)


def _kind_problem(reader: sitk.ImageFileReader, modality: Modality) -> Problem | None:
    if reader.GetNumberOfComponents() > 1:
        return Problem(f"is in colour or holds {reader.GetNumberOfComponents()} numbers a voxel", modality.wanted)
    if reader.GetDimension() == 2:
        return Problem("is a single picture in 2D", "give the whole scan in 3D")
    if reader.GetDimension() != 3:
        return Problem(f"has {reader.GetDimension()} dimensions", "give one 3D image of the series")
    if reader.GetPixelID() not in TYPES:
        kind = sitk.GetPixelIDValueAsString(reader.GetPixelID())
        return Problem(f"is stored as {kind}, which cannot hold the values of a scan", modality.wanted)
    return None


def place_problem(reader: sitk.ImageFileReader) -> Problem | None:
    """Why the header (already read) does not say how the grid lies in the patient, None if it does."""
    lost = nifti.is_nifti(reader) and not nifti.has_place(reader)
    if reader.GetImageIO() == "NrrdImageIO":
        lost = not reader.HasMetaDataKey("NRRD_space") or reader.GetMetaData("NRRD_space") != ANATOMICAL_SPACE
    if lost:
        reason = "says not how it lies in the patient, so that left and right cannot be told"
        return Problem(reason, "export it again with its orientation, or give the DICOM folder")
    return None
