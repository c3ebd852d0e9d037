"""Which prediction belongs to which reference: by the names of their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hipjoint.errors import InputError
from hipjoint.volume.files import READERS, reader_of
from hipjoint.volume.label_map import ACCEPTED
from hipjoint.volume.problem import unreadable

# What 'hipjoint segment' writes into the folder of a case.
RESULT = "labels.nii.gz"
_SUFFIXES = (".seg.nrrd", *READERS)
_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Pair:
    """One case: the ``name`` that its files share, and where prediction and reference are."""

    name: str
    prediction: Path
    reference: Path


def find_pairs(predictions: Path, references: Path) -> tuple[Pair, ...]:
    """The cases of two folders, by name, or the one case of two files, whatever these are called.

    A case is a label map, or a folder of results of ``hipjoint segment``; its name is that of the file without its
    suffix, or of the folder. Raises ``InputError`` if a folder holds no case, two of one name, or one without partner.
    """
    for path in (predictions, references):
        _check_there(path)
    if predictions.is_file() and references.is_file():
        return (Pair(_name(references), predictions, references),)
    if predictions.is_file() or references.is_file():
        raise InputError(f"{predictions} and {references} are a file and a folder: give two folders or two files.")
    found, wanted = _cases(predictions), _cases(references)
    _check_partners(found, wanted, predictions, references)
    return tuple(Pair(name, found[name], wanted[name]) for name in sorted(found))


def _check_there(path: Path) -> None:
    try:
        path.stat()
    except OSError as error:
        raise unreadable(path, error) from error


def _cases(folder: Path) -> dict[str, Path]:
    try:
        entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise unreadable(folder, error) from error
    cases: dict[str, Path] = {}
    for path in filter(None, map(_label_map, entries)):
        name = path.parent.name if path.parent != folder else _name(path)
        if name in cases:
            raise InputError(f"{folder} holds two label maps of {name}: take one of them out.")
        cases[name] = path
    if not cases:
        raise InputError(f"{folder} holds no label map: {ACCEPTED} for each case.")
    return cases


def _label_map(entry: Path) -> Path | None:
    """The label map that an entry of a folder is or holds, None if it is something else."""
    if entry.is_dir():
        return entry / RESULT if (entry / RESULT).is_file() else None
    return entry if reader_of(entry) else None


def _name(path: Path) -> str:
    suffix = next((suffix for suffix in _SUFFIXES if path.name.lower().endswith(suffix)), "")
    return path.name[: len(path.name) - len(suffix)]


def _check_partners(found: dict[str, Path], wanted: dict[str, Path], predictions: Path, references: Path) -> None:
    for here, there, folder in ((wanted, found, predictions), (found, wanted, references)):
        alone = sorted(here.keys() - there.keys())
        if alone:
            names = ", ".join(alone[:_NAMES_SHOWN]) + (" and more" if len(alone) > _NAMES_SHOWN else "")
            raise InputError(f"{folder} holds no label map of {names}: give both files of a case the same name.")
