"""The bed for the Slicer module; Docs/testing.md says what it is and what it cannot show."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from panels import empty_bed, shown_panel

HERE = Path(__file__).resolve().parent
MODULE = HERE.parents[2] / "HipJointSegmentation"
MISSING = [name for name in ("slicer_core", "PySide6") if importlib.util.find_spec(name) is None]
# The scan made of spheres and the hips made of solids are those of the engine's tests.
sys.path += [str(HERE.parent / "doors"), str(HERE.parent / "measure")]
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
def slicer(the_bed: Any) -> Iterator[Any]:
    """``empty_bed`` for one test."""
    with empty_bed(the_bed):
        yield the_bed


@pytest.fixture
def a_panel(slicer: Any) -> Iterator[Any]:
    """``shown_panel`` for one test."""
    with shown_panel() as panel:
        yield panel


@pytest.fixture
def a_panel_with_a_result(a_panel: Any, tmp_path: Path) -> Any:
    """The panel after a run on the scan made of spheres."""
    from scans import a_phantom, results_in, volume_of

    from HipJointSegmentationLib.ResultReader import loadSegmentation

    scan = volume_of(a_phantom().image, "Pelvis 1.0 Br60")
    a_panel.ui.inputSelector.setCurrentNode(scan)
    a_panel._onSegmented(loadSegmentation(results_in(tmp_path / "results", a_phantom()), scan))
    return a_panel


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
