"""What ITK's NIfTI reader does not do: notice a file that is cut short, and keep axes that are not at right angles."""

from __future__ import annotations

import gzip
import os
import zlib
from math import prod
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.volume.orientation import is_sheared

CHUNK = 1 << 22
SCANNER = "1"  # the code of a transform to the scanner's own coordinates
RAS_TO_LPS = np.array([[-1.0], [-1.0], [1.0]])


def is_nifti(reader: sitk.ImageFileReader) -> bool:
    """Whether ``reader`` reads NIfTI."""
    return bool(reader.GetImageIO() == "NiftiImageIO")


def has_place(reader: sitk.ImageFileReader) -> bool:
    """Whether the header (already read) says how the grid lies in the patient."""
    return any(reader.GetMetaData(f"{kind}form_code") != "0" for kind in "qs")


def uses_sform(reader: sitk.ImageFileReader) -> bool:
    """Whether the sform of the header (already read) places the grid: one to the scanner, or for want of a qform."""
    return bool(reader.GetMetaData("sform_code") == SCANNER or reader.GetMetaData("qform_code") == "0")


def allow_sheared_axes(*, allowed: bool) -> None:
    """From now on ITK reads an sform with axes that are not at right angles, or else refuses it or takes the qform."""
    os.environ["ITK_NIFTI_SFORM_PERMISSIVE"] = "ON" if allowed else "OFF"


def is_complete(path: Path, reader: sitk.ImageFileReader) -> bool:
    """Whether the file holds all bytes that its header (already read) promises, and these pass gzip's checksum.

    ITK fills what is missing with zeros and does not say so.
    """
    voxels = prod(int(reader.GetMetaData(f"dim[{axis}]")) for axis in (1, 2, 3))
    promised = float(reader.GetMetaData("vox_offset")) + voxels * int(reader.GetMetaData("bitpix")) / 8
    try:
        return _length(path) >= promised
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return False


def with_sheared_axes(image: sitk.Image, reader: sitk.ImageFileReader) -> sitk.Image:
    """``image`` with the axes of the header's sform where these are not at right angles, as after a gantry tilt.

    ITK replaces them by the nearest right-angled ones, which moves bones by centimetres.
    """
    if not uses_sform(reader):
        return image
    rows = [[float(number) for number in reader.GetMetaData(f"srow_{axis}").split()] for axis in "xyz"]
    affine = np.array(rows) * RAS_TO_LPS
    spacing = np.linalg.norm(affine[:, :3], axis=0)
    sheared = sitk.Image(image)
    sheared.SetDirection((affine[:, :3] / spacing).ravel().tolist())
    sheared.SetSpacing(spacing.tolist())
    sheared.SetOrigin(affine[:, 3].tolist())
    return sheared if is_sheared(sheared) else image


def _length(path: Path) -> int:
    if not path.name.lower().endswith(".gz"):
        return path.stat().st_size
    length = 0
    with gzip.open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            length += len(chunk)
    return length
