"""DICOM in a zip file."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hipjoint.errors import InputError
from hipjoint.volume.dicom.headers import PREAMBLE, begins_as_dicom
from hipjoint.volume.problem import Problem, unreadable

LARGEST = 16 * 1024**3
UNPACK_YOURSELF = "unpack it yourself and give the folder"
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A temporary folder with the DICOM files in a zip file, gone at the end.

    The files get names of our own, so that no name in the archive can lead out of the folder; nothing but DICOM is
    unpacked, and no more than the archive declares. Raises ``InputError`` if it is damaged, encrypted or too large.
    """
    with tempfile.TemporaryDirectory(prefix="hipjoint-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                _check(archive, path, Path(folder))
                _unpack(archive, Path(folder))
        except DAMAGE as error:
            raise Problem("is a damaged zip file", "copy or pack it again").error(path) from error
        except OSError as error:
            raise unreadable(path, error) from error
        yield Path(folder)


def _check(archive: zipfile.ZipFile, path: Path, folder: Path) -> None:
    if any(member.flag_bits & 1 for member in archive.infolist()):
        raise InputError(f"{path} is encrypted: {UNPACK_YOURSELF}.")
    total = sum(member.file_size for member in archive.infolist())
    room = min(LARGEST, shutil.disk_usage(folder).free)
    if total > room:
        reason = f"unpacks to {total / 1e9:.1f} GB, more than the {room / 1e9:.1f} GB that can be unpacked here"
        raise Problem(reason, UNPACK_YOURSELF).error(path)


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    for number, member in enumerate(archive.infolist()):
        with archive.open(member) as packed:
            start = packed.read(PREAMBLE + 4)
            if begins_as_dicom(start):
                name = re.sub(r"[^\w.-]", "_", Path(member.filename).name)[-40:]
                with (folder / f"{number:06d}_{name}").open("wb") as file:
                    file.write(start)
                    shutil.copyfileobj(packed, file)
