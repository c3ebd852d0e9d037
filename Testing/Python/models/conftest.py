from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models


@pytest.fixture(scope="session")
def the_weights() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(tiny_models.CLASSES, tiny_models.CHANNELS, 3, 3, 3)) / 4


@pytest.fixture(scope="session")
def a_model(tmp_path_factory: pytest.TempPathFactory, the_weights: np.ndarray) -> Path:
    return tiny_models.convolution(tmp_path_factory.mktemp("model") / "a.onnx", the_weights)


@pytest.fixture(scope="session")
def a_pointwise_model(tmp_path_factory: pytest.TempPathFactory, the_weights: np.ndarray) -> Path:
    """A model whose answer for a voxel depends on that voxel alone."""
    return tiny_models.convolution(tmp_path_factory.mktemp("model") / "pointwise.onnx", the_weights[..., 1:2, 1:2, 1:2])


@pytest.fixture
def an_entry(a_model: Path) -> dict[str, Any]:
    return {
        "name": "hip_ct_coarse",
        "file": "a.onnx",
        "version": "1",
        "licence": "Apache-2.0",
        "sha256": hashlib.sha256(a_model.read_bytes()).hexdigest(),
        "task": "hip-ct",
        "role": "coarse",
        "input": {"spacing_mm": 3.0, "orientation": "LPS", "channels": ["image", "hint"], "window": [-300, 1300]},
        "patch": [16, 24, 32],
        "output": {"channels": ["background", "femur", "hip"]},
        "training": {"record": "Docs/training.md", "data": "simulated", "date": "2026-01-01"},
    }


@pytest.fixture
def a_manifest(an_entry: dict[str, Any]) -> dict[str, Any]:
    return {"schema": 1, "models": [an_entry]}


@pytest.fixture
def a_folder(tmp_path: Path, a_model: Path, a_manifest: dict[str, Any]) -> Path:
    """A folder with a model and the manifest that describes it."""
    (tmp_path / "a.onnx").write_bytes(a_model.read_bytes())
    (tmp_path / "models.json").write_text(json.dumps(a_manifest))
    return tmp_path
