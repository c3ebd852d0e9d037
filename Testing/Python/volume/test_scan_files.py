from __future__ import annotations

import gzip
import struct
from pathlib import Path

import linear_field
import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.volume import read_volume

SUFFIXES = [".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"]
NIFTI_CODES, NIFTI_SROWS, NIFTI_SCALE = 252, 280, 112


def patched(path: Path, offset: int, layout: str, *numbers: float) -> Path:
    """Overwrite numbers in the header of an unpacked NIfTI file."""
    content = bytearray(path.read_bytes())
    struct.pack_into(layout, content, offset, *numbers)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".NRRD", ".MHA", ".NII.GZ"])
def test_every_format_is_read_in_place(a_scan, tmp_path, suffix):
    path = linear_field.written(a_scan, tmp_path / f"scan{suffix.lower()}")
    image = read_volume(path.rename(tmp_path / f"Scan.1{suffix}") if suffix.isupper() else path).image
    assert image.GetSize() == a_scan.GetSize()
    assert image.GetPixelID() == sitk.sitkFloat32
    assert linear_field.greatest_error(image) < 0.01


@pytest.mark.parametrize("kind", [sitk.sitkInt16, sitk.sitkInt32, sitk.sitkInt64, sitk.sitkFloat32, sitk.sitkFloat64])
def test_every_type_of_numbers_becomes_hu(a_scan, tmp_path, kind):
    path = linear_field.written(sitk.Cast(a_scan, kind), tmp_path / "scan.nrrd")
    image = read_volume(path).image
    assert image.GetPixelID() == sitk.sitkFloat32
    assert linear_field.greatest_error(image) <= 1.0


def test_unsigned_numbers_are_rescaled_as_the_header_says(a_scan, tmp_path):
    stored = sitk.Cast((a_scan + 1024) / 0.5, sitk.sitkUInt16)
    path = linear_field.written(stored, tmp_path / "scan.nii")
    image = read_volume(patched(path, NIFTI_SCALE, "<2f", 0.5, -1024.0)).image
    assert linear_field.greatest_error(image) <= 0.5


def test_numbers_in_big_endian_order_are_read(a_scan, tmp_path):
    values = sitk.GetArrayFromImage(sitk.Cast(a_scan, sitk.sitkInt16))
    origin = " ".join(str(x) for x in a_scan.GetOrigin())
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = True\n"
        f"Offset = {origin}\nElementSpacing = 4 3.5 3.5\nDimSize = 24 22 20\n"
        "ElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    (tmp_path / "scan.mha").write_bytes(header.encode() + values.astype(">i2").tobytes())
    assert linear_field.greatest_error(read_volume(tmp_path / "scan.mha").image) <= 1.0


def test_an_nrrd_in_ras_is_turned_to_lps(a_scan, tmp_path):
    values = sitk.GetArrayFromImage(sitk.Cast(a_scan, sitk.sitkInt16))
    x, y, z = a_scan.GetOrigin()
    header = (
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 24 22 20\nendian: little\nencoding: raw\n"
        "space: right-anterior-superior\nspace directions: (-4,0,0) (0,-3.5,0) (0,0,3.5)\n"
        f"space origin: ({-x},{-y},{z})\n\n"
    )
    (tmp_path / "scan.nrrd").write_bytes(header.encode() + values.astype("<i2").tobytes())
    assert linear_field.greatest_error(read_volume(tmp_path / "scan.nrrd").image) <= 1.0


def a_sheared_nifti(path: Path, size: tuple[int, int, int], **codes: int) -> Path:
    """A NIfTI whose sform has the axes of a gantry tilt of 20 degrees, and whose qform has those without."""
    direction = np.eye(3)
    direction[:, 2] = linear_field.turned(20, (1, 0, 0))[:, 2]
    scan = linear_field.scan(size, direction=direction)
    straight = sitk.Image(scan)
    straight.SetDirection(np.eye(3).ravel().tolist())
    linear_field.written(straight, path)
    affine = np.column_stack([direction * scan.GetSpacing(), scan.GetOrigin()]) * [[-1], [-1], [1]]
    patched(path, NIFTI_SROWS, "<12f", *affine.ravel())
    return patched(path, NIFTI_CODES, "<2h", codes["qform"], codes["sform"])


@pytest.mark.parametrize("qform", [0, 1])
def test_the_sheared_axes_of_a_nifti_are_kept(tmp_path, qform):
    volume = read_volume(a_sheared_nifti(tmp_path / "scan.nii", (24, 22, 30), qform=qform, sform=1))
    assert linear_field.greatest_error(volume.image, rim=1) < 0.05
    assert any("gantry tilt of 20.0 degrees" in note for note in volume.notes)


def test_an_sform_to_a_template_does_not_replace_the_axes_of_the_scanner(tmp_path):
    volume = read_volume(a_sheared_nifti(tmp_path / "scan.nii", (24, 22, 30), qform=1, sform=4))
    assert np.allclose(volume.image.GetDirection(), np.eye(3).ravel(), atol=1e-6)
    assert volume.notes == ("The slices are 4 mm apart: thin bone and the joint space will be less exact.",)


@pytest.mark.parametrize("padding", [-1500, -2000, -3024, -32768])
def test_padding_becomes_air(a_scan, tmp_path, padding):
    values = sitk.GetArrayFromImage(a_scan)
    values[:, :2] = padding
    path = linear_field.written(linear_field.with_values(values, a_scan), tmp_path / "scan.nrrd")
    volume = read_volume(path)
    assert (sitk.GetArrayViewFromImage(volume.image)[:, :2] == -1024).all()
    assert any(f"lowest: {padding}" in note for note in volume.notes)


@pytest.mark.parametrize("spacing", [(0.3, 3.5, 3.5), (0.29995, 3.5, 3.5), (4.0, 8.0, 8.0)])
def test_the_finest_and_coarsest_spacing_are_accepted(tmp_path, spacing):
    size = tuple(int(64 / s) + 1 for s in spacing)
    path = linear_field.written(linear_field.scan(size, spacing), tmp_path / "scan.nrrd")
    assert np.allclose(read_volume(path).image.GetSpacing(), spacing)


def test_thick_slices_are_noted(tmp_path):
    path = linear_field.written(linear_field.scan((50, 50, 14), (2.0, 2.0, 5.0)), tmp_path / "scan.nrrd")
    assert read_volume(path).notes == ("The slices are 5 mm apart: thin bone and the joint space will be less exact.",)


def test_a_plain_scan_needs_no_note(tmp_path):
    path = linear_field.written(linear_field.scan((40, 40, 35), (2.0, 2.0, 2.0)), tmp_path / "scan.nii.gz")
    assert read_volume(path).notes == ()


def test_the_name_of_a_file_does_not_become_the_name_of_the_volume(a_scan, tmp_path):
    volume = read_volume(linear_field.written(a_scan, tmp_path / "Doe_Jane.nii.gz"))
    assert volume.name == "scan"
    assert not any("Doe" in note for note in volume.notes)


def test_what_the_header_says_about_the_patient_is_no_reason_to_stop(a_scan, tmp_path):
    a_scan.SetMetaData("PatientName", "Doe^Jane")
    assert read_volume(linear_field.written(a_scan, tmp_path / "scan.nrrd")).name == "scan"


def test_reading_leaves_nothing_behind(a_scan, tmp_path):
    path = linear_field.written(a_scan, tmp_path / "scan.nii.gz")
    before = gzip.decompress(path.read_bytes())
    read_volume(path)
    assert gzip.decompress(path.read_bytes()) == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_may_be_given_as_text(a_scan, tmp_path):
    path = linear_field.written(a_scan, tmp_path / "scan.nrrd")
    assert read_volume(str(path)).image.GetSize() == a_scan.GetSize()
