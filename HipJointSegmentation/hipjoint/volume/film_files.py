"""Radiographs in one file that is no DICOM: PNG, JPEG, TIFF, and one-slice NRRD, NIfTI and MetaImage volumes."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from hipjoint.volume.files import DAMAGED, reader_of
from hipjoint.volume.film_pixels import kind_problem, one_grey_slice
from hipjoint.volume.problem import Problem
from hipjoint.volume.quiet import quiet_itk

_PICTURES = {
    ".png": "PNGImageIO",
    ".jpg": "JPEGImageIO",
    ".jpeg": "JPEGImageIO",
    ".tif": "TIFFImageIO",
    ".tiff": "TIFFImageIO",
}


def read_film_file(path: Path, accepted: str) -> sitk.Image:
    """The radiograph (float32, one slice) in a file, on the grid that ITK gives it.

    Raises ``InputError`` if the file is of another format (the sentence ends with ``accepted``), damaged, in colour or
    holds several pictures.
    """
    name = _PICTURES.get(path.suffix.lower()) or reader_of(path)
    if name is None:
        raise Problem("is not a radiograph in a format that can be read", accepted).error(path)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(name)
    try:
        with quiet_itk():
            reader.ReadImageInformation()
            problem = kind_problem(reader.GetSize(), reader.GetNumberOfComponents())
            found = problem or one_grey_slice(reader.Execute())
    except RuntimeError as error:
        if "Unknown PixelType" in str(error):
            kind = Problem("is stored in a way that cannot be read", "save it in grey, without transparency")
            raise kind.error(path) from error
        raise DAMAGED.error(path) from error
    if isinstance(found, Problem):
        raise found.error(path)
    return found
