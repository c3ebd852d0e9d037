"""From what the user gives - a folder, a zip file or a file - to a volume."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hipjoint.errors import InputError
from hipjoint.volume.archive import unpacked
from hipjoint.volume.dicom import SeriesInfo, Stack, choose, describe, read_frames, read_stack, stacks_of
from hipjoint.volume.dicom.headers import looks_like_dicom
from hipjoint.volume.files import read_file, reader_of
from hipjoint.volume.modality import CT, Modality
from hipjoint.volume.problem import Problem, unreadable
from hipjoint.volume.scan import Volume, usable_volume

ACCEPTED = "give a DICOM folder or .zip, or a .nii, .nii.gz, .nrrd, .mha or .mhd file"


def read_volume(path: Path, *, series: str | None = None, modality: Modality = CT) -> Volume:
    """Read a CT or MR scan: a DICOM folder, zip or file, or a NIfTI, NRRD or MetaImage file.

    ``series`` is the key of a DICOM series as ``list_series`` gives it; without it the one that fits best is read (see
    ``dicom.choose``). Returns float32 (of a CT: HU) in LPS mm on a right-angled grid in the orientation of the scan.
    Raises ``InputError``, one sentence with the path as given, if there is no scan of that ``modality`` in it that can
    show a hip. Writes nothing but, for a zip, a temporary folder that is gone at the end.
    """
    path = Path(path)
    if not is_plain_file(path):
        with stacks_in(path) as stacks:
            return _read_series(stacks, series, path, modality)
    if series is not None:
        raise InputError(f"{path} is not DICOM and has no series {series}: leave the choice of a series out.")
    return usable_volume(read_file(path, modality), "scan", str(path), modality=modality)


def list_series(path: Path) -> tuple[SeriesInfo, ...]:
    """The series in a DICOM folder, zip or file, by number, without patient data.

    Raises ``InputError`` if there is no DICOM image in it.
    """
    path = Path(path)
    if is_plain_file(path):
        raise InputError(f"{path} is not DICOM and has no list of series: give a DICOM folder or .zip.")
    with stacks_in(path) as stacks:
        return describe(stacks)


def is_plain_file(path: Path) -> bool:
    """Whether ``path`` is a file of a format that holds one image. Raises ``InputError`` if it is nothing we read."""
    try:
        path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    if path.is_dir() or path.suffix.lower() == ".zip":
        return False
    if path.stat().st_size == 0:
        raise Problem("is an empty file", "copy or export it again").error(path)
    if looks_like_dicom(path):
        return False
    if reader_of(path) is None:
        raise Problem("is not a scan in a format that can be read", ACCEPTED).error(path)
    return True


@contextmanager
def stacks_in(path: Path) -> Iterator[list[Stack]]:
    """All series in a DICOM folder, zip or file; they can be read within the block only.

    Raises ``InputError`` if there is no DICOM image in it.
    """
    if path.suffix.lower() == ".zip" and path.is_file():
        with unpacked(path) as folder:
            yield _found(folder, path)
    else:
        yield _found(path, path)


def _found(root: Path, shown: Path) -> list[Stack]:
    stacks = stacks_of(read_frames(root))
    if not stacks:
        raise Problem("holds no DICOM image", ACCEPTED).error(shown)
    return stacks


def _read_series(stacks: list[Stack], series: str | None, shown: Path, modality: Modality) -> Volume:
    key, stack, notes = choose(stacks, series, shown, modality)
    image, gap_notes = read_stack(stack, shown)
    return usable_volume(image, f"series-{key}", f"{shown} (series {key})", notes + gap_notes, modality)
