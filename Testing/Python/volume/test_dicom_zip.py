from __future__ import annotations

import re
import struct
import tempfile
import zipfile
from pathlib import Path

import linear_field
import pytest

from hipjoint.errors import InputError
from hipjoint.volume import list_series, read_volume

CENTRAL_ENTRY = re.compile(rb"PK\x01\x02")
FLAGS, SIZE = 8, 24


@pytest.fixture(autouse=True)
def a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which must be empty again after each reading."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def a_zip(a_dicom_folder: Path, tmp_path: Path) -> Path:
    return packed(a_dicom_folder, tmp_path / "scan.ZIP", "study/series/")


def packed(folder: Path, path: Path, prefix: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("study/", "")
        archive.writestr("study/readme.txt", "nothing of use")
        for file in sorted(folder.iterdir()):
            archive.write(file, prefix + file.name)
    return path


def with_entries_patched(path: Path, offset: int, layout: str, number: int) -> Path:
    """Overwrite a number in every entry of the table of contents."""
    content = bytearray(path.read_bytes())
    for entry in CENTRAL_ENTRY.finditer(bytes(content)):
        struct.pack_into(layout, content, entry.start() + offset, number)
    path.write_bytes(content)
    return path


def test_a_zip_is_read_like_the_folder_in_it(a_zip, a_temporary_folder):
    volume = read_volume(a_zip)
    assert volume.name == "series-3"
    assert volume.image.GetSize() == (24, 22, 18)
    assert linear_field.greatest_error(volume.image) < 0.3
    assert [info.slices for info in list_series(a_zip)] == [18]
    assert list(a_temporary_folder.iterdir()) == []


def test_no_name_in_a_zip_leads_out_of_the_temporary_folder(a_dicom_folder, tmp_path):
    before = set(tmp_path.rglob("*"))
    path = packed(a_dicom_folder, tmp_path / "scan.zip", "../../../../escaped/")
    assert read_volume(path).image.GetSize() == (24, 22, 18)
    assert set(tmp_path.rglob("*")) - before == {path}


def test_files_of_the_same_name_in_a_zip_do_not_replace_one_another(a_dicom_folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        for file in sorted(a_dicom_folder.iterdir()):
            archive.write(file, f"{file.stem}/IM")
    assert read_volume(tmp_path / "scan.zip").image.GetSize() == (24, 22, 18)


def test_a_zip_that_unpacks_to_more_than_there_is_room_for_is_refused(a_zip, a_temporary_folder):
    with_entries_patched(a_zip, SIZE, "<I", 0xFFFFFFF0)
    with pytest.raises(
        InputError, match=r"unpacks to 85.9 GB, more than .*: unpack it yourself and give the folder\.$"
    ):
        read_volume(a_zip)
    assert list(a_temporary_folder.iterdir()) == []


def test_an_encrypted_zip_is_refused(a_zip):
    with_entries_patched(a_zip, FLAGS, "<H", 1)
    with pytest.raises(InputError, match=r"is encrypted: unpack it yourself and give the folder\.$"):
        read_volume(a_zip)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_zip_that_is_cut_short_is_refused(a_zip, a_temporary_folder, share):
    content = a_zip.read_bytes()
    a_zip.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"is a damaged zip file: copy or pack it again\.$") as refusal:
        read_volume(a_zip)
    assert str(refusal.value).startswith(f"{a_zip} ")
    assert list(a_temporary_folder.iterdir()) == []


def test_a_zip_with_a_wrong_checksum_is_refused(a_zip):
    content = bytearray(a_zip.read_bytes())
    content[len(content) // 2] ^= 0xFF
    a_zip.write_bytes(content)
    with pytest.raises(InputError, match="is a damaged zip file"):
        read_volume(a_zip)


def test_a_zip_without_dicom_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing of use")
    with pytest.raises(InputError, match=r"scan\.zip holds no DICOM image"):
        read_volume(tmp_path / "scan.zip")


def test_a_damaged_slice_in_a_zip_is_named(a_dicom_folder, tmp_path, a_temporary_folder):
    path = a_dicom_folder / "IM0005.dcm"
    path.write_bytes(path.read_bytes()[:-100])
    scan = packed(a_dicom_folder, tmp_path / "scan.zip", "")
    with pytest.raises(InputError, match=r"scan.zip holds a slice \(.*IM0005.dcm\) that is damaged"):
        read_volume(scan)
    assert list(a_temporary_folder.iterdir()) == []
