from __future__ import annotations

import sys
from pathlib import Path

import pytest

# Femoral heads whose volumes are known.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "measure"))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Where predictions and references go."""
    for name in ("predictions", "references"):
        (tmp_path / name).mkdir()
    return tmp_path / "predictions", tmp_path / "references"
