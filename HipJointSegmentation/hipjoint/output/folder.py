"""The output folder: filled under another name and given its own name when everything is in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hipjoint.errors import InputError

MANIFEST = "run.json"
PROGRAM = "hipjoint"


def check_free(out: Path, *, overwrite: bool) -> None:
    """Raise ``InputError`` if results may not be written to the folder ``out``; change nothing.

    A folder that is not empty is replaced only with ``overwrite``, and only if earlier results are in it: a folder
    named by mistake must not lose what it holds.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file: choose another name for the output folder.")
    if not any(out.iterdir()):
        return
    if not overwrite:
        raise InputError(f"The output folder {out} is not empty: choose another one, or add --overwrite to replace it.")
    if not _holds_results(out):
        raise InputError(f"{out} holds other files than results of an earlier run and is not replaced: choose another.")


@contextmanager
def finished_folder(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """A new folder beside ``out`` that takes its place when the block ends well and is removed when it does not.

    Raises ``InputError`` as ``check_free`` does, and when the place cannot be written to.
    """
    check_free(out, overwrite=overwrite)
    place = out.resolve()
    unfinished = place.with_name(f".{place.name}.unfinished-{os.getpid()}")
    _make(unfinished, out)
    try:
        yield unfinished
        _take_place(unfinished, place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _holds_results(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("program") == PROGRAM


def _make(unfinished: Path, out: Path) -> None:
    try:
        unfinished.mkdir(parents=True)
    except OSError as problem:
        reason = problem.strerror or "unknown reason"
        raise InputError(f"The output folder {out} cannot be made ({reason}): choose another place.") from problem


def _take_place(unfinished: Path, place: Path) -> None:
    """Rename ``unfinished`` to ``place``; earlier results step aside first and come back if that fails."""
    if not place.exists():
        unfinished.rename(place)
        return
    earlier = place.with_name(f".{place.name}.earlier-{os.getpid()}")
    place.rename(earlier)
    try:
        unfinished.rename(place)
    except BaseException:
        earlier.rename(place)
        raise
    shutil.rmtree(earlier, ignore_errors=True)
