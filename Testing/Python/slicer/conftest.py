"""The bed for the Slicer module; Docs/testing.md says what it is and what it cannot show."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
MODULE = HERE.parents[2] / "HipJointSegmentation"
MISSING = [name for name in ("slicer_core", "PySide6") if importlib.util.find_spec(name) is None]
# The scan made of spheres is the one of the engine's tests.
sys.path.append(str(HERE.parent / "doors"))
collect_ignore_glob = ["*"] if MISSING else []


def pytest_report_header() -> list[str]:
    if not MISSING:
        return []
    return [f"Slicer module: NOT TESTED, {' and '.join(MISSING)} cannot be had here (only on Linux with Python 3.11)"]


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
