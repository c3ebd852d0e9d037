"""The bed for the Slicer module; Docs/testing.md says what it is and what it cannot show."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
MODULE = HERE.parents[2] / "HipJointSegmentation"
MISSING = [name for name in ("slicer_core", "PySide6") if importlib.util.find_spec(name) is None]
# The scan made of spheres is the one of the engine's tests.
sys.path.append(str(HERE.parent / "doors"))
collect_ignore_glob = ["*"] if MISSING else []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the end, where it is seen, that a part was left out."""
    if MISSING:
        reason = f"{' and '.join(MISSING)} cannot be had here (only on Linux with Python 3.11)"
        terminalreporter.write_line(f"NOT TESTED: the Slicer module, as {reason}", yellow=True)


@pytest.fixture(scope="session")
def the_bed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """``slicer`` with the real scene and stand-ins for the rest."""
    from slicerbed.boot import boot

    boot(tmp_path_factory.mktemp("bed"))
    import slicer

    slicer.modules.hipjointsegmentation = type("Module", (), {"path": str(MODULE / "HipJointSegmentation.py")})
    return slicer


@pytest.fixture
def slicer(the_bed: Any) -> Any:
    """The bed with an empty scene and no settings; nothing may be left in Slicer's temporary folder at the end."""
    the_bed.app.settings().clear()
    the_bed.mrmlScene.Clear(0)
    the_bed.app.testing = True
    yield the_bed
    the_bed.mrmlScene.Clear(0)
    assert list(Path(the_bed.app.temporaryPath).iterdir()) == []


@pytest.fixture
def an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a PythonSlicer on the path that runs the given Python code instead of what it is asked."""

    def put(code: str) -> None:
        folder = tmp_path / "engine"
        folder.mkdir()
        (folder / "engine.py").write_text(code)
        (folder / "PythonSlicer").write_text(f'#!/bin/sh\n"{sys.executable}" "{folder}/engine.py" "$@"\n')
        (folder / "PythonSlicer").chmod(0o755)
        monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
        monkeypatch.setenv("PYTHONPATH", str(HERE.parent / "doors"))

    return put
