from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import linear_field
import numpy as np
import pytest
import SimpleITK as sitk
from linear_field import scan, with_values, written

from hipjoint.errors import InputError
from hipjoint.volume import list_series, read_volume


def sentence(path: Path) -> str:
    """The sentence with which ``path`` is refused: one line that begins with the path as given and ends in a stop."""
    with pytest.raises(InputError) as refusal:
        read_volume(path)
    text = str(refusal.value)
    assert text.startswith(f"{path} ")
    assert text.endswith(".")
    assert ": " in text.removeprefix(str(path)), "no remedy is given"
    assert "\n" not in text
    return text


def values_of(change: Callable[[np.ndarray], np.ndarray]) -> sitk.Image:
    image = scan()
    return with_values(change(sitk.GetArrayFromImage(image)), image)


def with_one(value: float) -> sitk.Image:
    def change(values: np.ndarray) -> np.ndarray:
        values[3, 4, 5] = value
        return values

    return values_of(change)


UNUSABLE_IMAGES = {
    "colour": (lambda: sitk.Compose([sitk.Cast(scan() + 500, sitk.sitkUInt8)] * 3), "in colour or holds 3 numbers"),
    "two numbers a voxel": (lambda: sitk.Compose([scan()] * 2), "holds 2 numbers a voxel"),
    "four dimensions": (lambda: sitk.JoinSeries([scan(), scan()]), "has 4 dimensions"),
    "two dimensions": (lambda: scan()[:, :, 5], "a single picture in 2D"),
    "one slice": (lambda: scan()[:, :, 5:6], "is a single slice"),
    "eight bits": (
        lambda: sitk.Cast(scan() / 10 + 100, sitk.sitkUInt8),
        "8-bit unsigned integer, which cannot hold the values of a scan",
    ),
    "a label map": (lambda: sitk.Cast(scan() > 0, sitk.sitkInt16), "no CT in HU, as its values from 0 to 1 show"),
    "probabilities": (lambda: values_of(lambda v: (v - v.min()) / np.ptp(v)), "no CT in HU"),
    "MR": (lambda: values_of(lambda v: np.maximum(v + 300, 0)), "no CT in HU"),
    "resampled MR": (
        lambda: values_of(lambda v: np.where(np.arange(v.size).reshape(v.shape) % 300, v + 400, -60)),
        "HU",
    ),
    "padded MR": (lambda: values_of(lambda v: np.where(v < 0, -2000, v)), "no CT in HU"),
    "no bone": (lambda: values_of(lambda v: np.minimum(v, 60)), r"shows no bone \(its highest value is 60 HU\)"),
    "empty": (lambda: values_of(np.zeros_like), r"is empty \(every voxel has the value 0\)"),
    "NaN": (lambda: with_one(np.nan), "not numbers"),
    "infinite": (lambda: with_one(np.inf), "not numbers"),
    "minus infinite": (lambda: with_one(-np.inf), "not numbers"),
    "too fine": (lambda: scan((300, 22, 20), (0.25, 3.5, 3.5)), "voxels of 0.25 x 3.5 x 3.5 mm, which is not between"),
    "too coarse": (lambda: scan(spacing=(4, 3.5, 9)), "voxels of 4 x 3.5 x 9 mm, which is not between 0.3 and 8 mm"),
    "too small": (lambda: scan((14, 22, 20)), "covers 56 x 77 x 70 mm, too little for a hip joint"),
    "a thick slab": (lambda: scan((24, 22, 7), (4, 3.5, 8)), "covers 96 x 77 x 56 mm"),
}


@pytest.mark.parametrize(("make", "reason"), UNUSABLE_IMAGES.values(), ids=UNUSABLE_IMAGES.keys())
def test_an_image_that_cannot_be_used_is_refused_in_one_sentence(tmp_path, make, reason):
    sentence_ = sentence(written(make(), tmp_path / "scan.nrrd"))
    assert re.search(reason, sentence_), sentence_


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mha"])
def test_four_dimensions_are_refused_in_every_format(tmp_path, suffix):
    path = written(sitk.JoinSeries([scan(), scan()]), tmp_path / f"scan{suffix}")
    assert "has 4 dimensions" in sentence(path)


@pytest.mark.parametrize("share", [0.999, 0.6, 0.02])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_file_that_is_cut_short_is_refused(tmp_path, capfd, suffix, packed, share):
    path = tmp_path / f"scan{suffix}"
    sitk.WriteImage(scan(), str(path), packed)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "is damaged or cut short" in sentence(path)
    assert capfd.readouterr().err == ""


def test_a_file_with_a_wrong_checksum_is_refused(tmp_path):
    path = written(scan(), tmp_path / "scan.nii.gz")
    content = bytearray(path.read_bytes())
    content[-8] ^= 0xFF
    path.write_bytes(content)
    assert "is damaged or cut short" in sentence(path)


def test_a_file_whose_data_are_missing_is_refused(tmp_path):
    path = written(scan(), tmp_path / "scan.mhd")
    (tmp_path / "scan.raw").unlink()
    assert "is damaged or cut short" in sentence(path)


@pytest.mark.parametrize("content", [b"", b"not a scan at all" * 30])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_a_file_with_other_content_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"scan{suffix}"
    path.write_bytes(content)
    assert ("is damaged" if content else "is an empty file") in sentence(path)


def test_a_header_that_promises_more_than_any_machine_holds_is_refused_before_reading(tmp_path):
    path = tmp_path / "scan.nrrd"
    path.write_text(
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 90000 90000 90000\nendian: little\nencoding: raw\n"
        "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n\n"
    )
    assert "has 90000 x 90000 x 90000 voxels, too many" in sentence(path)


@pytest.mark.parametrize("space", ["", "space: scanner-xyz\n"])
def test_an_nrrd_that_does_not_tell_left_from_right_is_refused(tmp_path, space):
    geometry = "space directions: (4,0,0) (0,4,0) (0,0,4)\nspace origin: (0,0,0)\n" if space else "spacings: 4 4 4\n"
    header = f"NRRD0004\ntype: short\ndimension: 3\nsizes: 20 20 20\nendian: little\nencoding: raw\n{space}{geometry}\n"
    path = tmp_path / "scan.nrrd"
    path.write_bytes(header.encode() + bytes(16000))
    assert "left and right cannot be told" in sentence(path)


def test_a_nifti_that_does_not_tell_left_from_right_is_refused(tmp_path):
    path = written(scan(), tmp_path / "scan.nii")
    content = bytearray(path.read_bytes())
    content[252:256] = bytes(4)
    path.write_bytes(content)
    assert "left and right cannot be told" in sentence(path)


def test_a_picture_is_refused_with_what_can_be_read(tmp_path):
    picture = sitk.Image((30, 30), sitk.sitkUInt8)
    text = sentence(written(picture, tmp_path / "hip.jpg"))
    assert "not a scan in a format that can be read" in text
    assert ".nii.gz" in text


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "cannot be opened (No such file or directory)" in sentence(tmp_path / "gone.nii.gz")


def test_a_path_is_shown_as_it_was_given(tmp_path, monkeypatch):
    (tmp_path / "scan.nrrd").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert sentence(Path("scan.nrrd")).startswith("scan.nrrd is an empty file")


@pytest.mark.parametrize("call", [lambda path: read_volume(path, series="3"), list_series])
def test_a_file_without_series_is_not_asked_for_one(tmp_path, call):
    path = linear_field.written(scan(), tmp_path / "scan.nrrd")
    with pytest.raises(InputError, match="is not DICOM and has no"):
        call(path)


if os.name == "posix":  # on Windows a file cannot be closed to its owner in this way

    @pytest.fixture
    def without_rights() -> Iterator[None]:
        """The test runs as a user who may not read what root keeps to itself; for other users nothing changes."""
        kept = os.geteuid()
        if kept == 0:
            os.seteuid(65534)
        yield
        os.seteuid(kept)

    @pytest.mark.parametrize("name", ["scan.nrrd", "scan.zip", "IM0001", "folder"])
    def test_what_may_not_be_read_is_named(tmp_path, request, name):
        path = tmp_path / name
        path.mkdir() if name == "folder" else path.write_bytes(b"x" * 200)
        path.chmod(0)
        request.getfixturevalue("without_rights")
        assert "cannot be opened (Permission denied)" in sentence(path)
