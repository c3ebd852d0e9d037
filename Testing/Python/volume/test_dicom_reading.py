from __future__ import annotations

import shutil
import warnings

import dicom_writer
import linear_field
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from dicom_writer import PATIENT, places, write_enhanced, write_series, write_slice
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
    generate_uid,
)

from hipjoint.errors import InputError
from hipjoint.volume import list_series, read_volume

ROUNDING = 0.3  # stored values are steps of 0.5 HU


def is_whole(image: sitk.Image) -> bool:
    """Whether this is the series that ``write_series`` writes, each voxel in its place."""
    return image.GetSize() == (24, 22, 18) and linear_field.greatest_error(image) < ROUNDING


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
    ids=["implicit", "explicit", "big endian", "deflated"],
)
def test_every_uncompressed_transfer_syntax_is_read(tmp_path, syntax):
    write_series(tmp_path, syntax=syntax)
    volume = read_volume(tmp_path)
    assert is_whole(volume.image)
    assert volume.image.GetPixelID() == sitk.sitkFloat32


def test_compressed_slices_are_read(tmp_path):
    for path in write_series(tmp_path):
        data = pydicom.dcmread(path)
        data.compress(RLELossless, generate_instance_uid=False)
        data.save_as(path)
    assert is_whole(read_volume(tmp_path).image)


def test_signed_values_are_read(tmp_path):
    write_series(tmp_path, intercept=0.0, signed=True)
    assert is_whole(read_volume(tmp_path).image)


def test_each_slice_has_its_own_rescaling(tmp_path):
    for instance, position in enumerate(places(), start=1):
        tags = {"slope": 0.25 + 0.01 * instance, "intercept": -1000.0 - instance, "SeriesInstanceUID": "1.2.3"}
        write_slice(tmp_path / f"{instance}", position, InstanceNumber=instance, **tags)
    assert is_whole(read_volume(tmp_path).image)


def test_slices_are_put_in_order_whatever_their_names_and_folders_say(tmp_path):
    order = np.random.default_rng(1).permutation(18)
    for number, slice_ in enumerate(order):
        (tmp_path / f"S{number % 3}" / "deep").mkdir(parents=True, exist_ok=True)
        write_slice(tmp_path / f"S{number % 3}" / "deep" / f"{number}", places()[slice_], SeriesInstanceUID="1.2.3")
    assert is_whole(read_volume(tmp_path).image)


def test_files_without_suffix_and_preamble_are_found(tmp_path):
    for path in write_series(tmp_path, pattern="IM{:04d}", syntax=ImplicitVRLittleEndian):
        data = pydicom.dcmread(path)
        bare = path.with_suffix(".bare")
        pydicom.dcmwrite(bare, without_meta(data), implicit_vr=True, little_endian=True, enforce_file_format=False)
        bare.replace(path)
        assert path.read_bytes()[:4] == b"\x08\x00\x08\x00"
    assert is_whole(read_volume(tmp_path).image)


def without_meta(data: pydicom.Dataset) -> pydicom.Dataset:
    bare = pydicom.Dataset()
    bare.update(data)
    return bare


def test_other_files_among_the_slices_are_passed_over(a_dicom_folder):
    (a_dicom_folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + b"\0" * 40)
    (a_dicom_folder / "report.pdf").write_bytes(b"%PDF-1.4" * 50)
    (a_dicom_folder / "empty").write_bytes(b"")
    (a_dicom_folder / "cut").write_bytes((a_dicom_folder / "IM0001.dcm").read_bytes()[:300])
    report = dicom_writer.image_header("1.2.840.10008.5.1.4.1.1.88.67", ExplicitVRLittleEndian, Modality="SR")
    dicom_writer.save(report, a_dicom_folder / "dose")
    volume = read_volume(a_dicom_folder)
    assert is_whole(volume.image)
    assert len(list_series(a_dicom_folder)) == 1


def test_copies_of_slices_are_left_out(a_dicom_folder):
    shutil.copytree(a_dicom_folder, a_dicom_folder / "again")
    assert is_whole(read_volume(a_dicom_folder).image)
    assert [info.slices for info in list_series(a_dicom_folder)] == [18]


def test_two_phases_in_one_series_become_two(tmp_path):
    write_series(tmp_path / "a", SeriesInstanceUID="1.2.3", AcquisitionNumber=1)
    write_series(tmp_path / "b", SeriesInstanceUID="1.2.3", AcquisitionNumber=2, slope=0.25)
    assert [info.key for info in list_series(tmp_path)] == ["3.1", "3.2"]
    for key in ("3.1", "3.2"):
        assert is_whole(read_volume(tmp_path, series=key).image)


@pytest.mark.parametrize("backwards", [False, True])
def test_an_enhanced_multi_frame_file_is_read(tmp_path, backwards):
    write_enhanced(tmp_path / "IM1", places()[::-1] if backwards else places())
    assert is_whole(read_volume(tmp_path / "IM1").image)
    assert is_whole(read_volume(tmp_path).image)


def test_frames_that_are_rescaled_differently_are_refused(tmp_path):
    write_enhanced(tmp_path / "IM1", places(), slopes=(0.5, 0.25))
    with pytest.raises(InputError, match="holds other values than HU"):
        read_volume(tmp_path / "IM1")


def test_padding_becomes_air(tmp_path):
    for path in write_series(tmp_path, slope=1.0, intercept=-1024.0, signed=True):
        data = pydicom.dcmread(path)
        pixels = data.pixel_array.copy()
        pixels[:2] = -2000
        data.PixelData = pixels.tobytes()
        data.add_new("PixelPaddingValue", "SS", -2000)
        data.save_as(path)
    volume = read_volume(tmp_path)
    assert (sitk.GetArrayViewFromImage(volume.image)[:, :2] == -1024).all()
    assert any("lowest: -3024" in note for note in volume.notes)


@pytest.mark.parametrize("share", [0.99, 0.7])
def test_a_slice_that_is_cut_short_is_named(a_dicom_folder, capfd, share):
    path = a_dicom_folder / "IM0005.dcm"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError) as refusal:
        read_volume(a_dicom_folder)
    assert str(refusal.value) == (
        f"{a_dicom_folder} holds a slice (IM0005.dcm) that is damaged or cut short: copy or export it again."
    )
    assert capfd.readouterr().err == ""


def test_a_slice_that_cannot_be_decoded_is_named_with_its_compression(a_dicom_folder, capfd):
    path = a_dicom_folder / "IM0005.dcm"
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = JPEG2000Lossless
    data.PixelData = encapsulate([b"\xff\x4f\xff\x51 and then no JPEG"])
    data.save_as(path)
    with pytest.raises(InputError, match=r"IM0005.dcm.*JPEG 2000.*: export the series without compression\.$"):
        read_volume(a_dicom_folder)
    assert capfd.readouterr().err == ""


def test_one_slice_alone_asks_for_its_folder(a_dicom_folder):
    path = a_dicom_folder / "IM0005.dcm"
    with pytest.raises(InputError) as refusal:
        read_volume(path)
    assert str(refusal.value).startswith(
        f"{path} cannot be used, as its series 3 is a single slice: give the whole series"
    )


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(InputError, match=r"holds no DICOM image: give a DICOM folder or .zip, or a .nii"):
        read_volume(tmp_path)


def test_nothing_that_is_shown_or_written_holds_patient_data(tmp_path):
    write_series(tmp_path / PATIENT, number=7)
    volume = read_volume(tmp_path / PATIENT)
    assert volume.name == "series-7"
    assert volume.image.GetMetaDataKeys() == ()
    assert "Doe" not in repr((volume.notes, list_series(tmp_path / PATIENT)))


def test_values_that_break_the_standard_are_not_quoted(tmp_path, recwarn, caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_series(tmp_path, SpecificCharacterSet="DOE_JANE")
    caplog.clear()
    assert is_whole(read_volume(tmp_path).image)
    assert not recwarn.list
    assert not caplog.records


def test_the_slices_are_not_changed(a_dicom_folder):
    before = {path: path.read_bytes() for path in a_dicom_folder.iterdir()}
    read_volume(a_dicom_folder)
    assert {path: path.read_bytes() for path in a_dicom_folder.iterdir()} == before


def test_series_of_the_same_number_stay_apart(tmp_path):
    write_series(tmp_path / "a", SeriesInstanceUID=generate_uid())
    write_series(tmp_path / "b", places() + np.array([0, 0, 500]), SeriesInstanceUID=generate_uid())
    assert [info.slices for info in list_series(tmp_path)] == [18, 18]
