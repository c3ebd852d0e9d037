from __future__ import annotations

import sys
from pathlib import Path

import phantom
import pytest

from hipjoint.tasks.result import SegmentationResult
from hipjoint.volume import Volume


@pytest.fixture(scope="session")
def a_result() -> SegmentationResult:
    return phantom.segmented(phantom.empty_image())


@pytest.fixture
def a_volume(a_result: SegmentationResult) -> Volume:
    return Volume(a_result.image, "CT", ("The largest of 2 series was taken.",))


@pytest.fixture
def a_scan_on_disk(tmp_path: Path, a_result: SegmentationResult) -> Path:
    return phantom.write_scan(a_result.image, tmp_path)


@pytest.fixture
def no_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that renders the 3D picture cannot be started, as on a machine where it crashes."""
    monkeypatch.setattr(sys, "executable", "no-such-python")
