from __future__ import annotations

import hashlib
import json
from pathlib import Path

import dicom_writer
import pytest

from hipjoint.cli.listings import list_models, list_series
from hipjoint.errors import InputError, ModelError


@pytest.fixture
def resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's resources with one model."""
    (tmp_path / "Models").mkdir()
    (tmp_path / "Models" / "a.onnx").write_bytes(b"weights")
    entry = {
        "name": "hip-ct-coarse",
        "file": "a.onnx",
        "version": "1.2.3",
        "licence": "Apache-2.0",
        "sha256": hashlib.sha256(b"weights").hexdigest(),
        "task": "hip-ct",
        "role": "coarse",
        "input": {"spacing_mm": 3.0, "orientation": "LPS", "channels": ["image"], "window": [-300, 1300]},
        "patch": [16, 16, 16],
        "output": {"channels": ["background", "femur"]},
        "training": {"record": "none", "data": "none", "date": "2026-01-01"},
    }
    (tmp_path / "Models" / "models.json").write_text(json.dumps({"schema": 1, "models": [entry]}))
    monkeypatch.setenv("HIPJOINT_RESOURCES", str(tmp_path))
    return tmp_path


def test_models_are_listed_with_version_and_licence(resources, capsys):
    list_models(verify=False)
    listed = capsys.readouterr().out
    assert all(
        fact in listed for fact in ("hip-ct-coarse", "1.2.3", "Apache-2.0", hashlib.sha256(b"weights").hexdigest()[:8])
    )


def test_models_that_are_as_shipped_are_said_to_be(resources, capsys):
    list_models(verify=True)
    assert "All 1 model files are what was shipped." in capsys.readouterr().out


def test_a_damaged_model_is_named(resources):
    (resources / "Models" / "a.onnx").write_bytes(b"wrong")
    with pytest.raises(ModelError, match=r"a\.onnx"):
        list_models(verify=True)


def test_series_are_listed_by_number_without_patient_data(tmp_path, capsys):
    dicom_writer.write_series(tmp_path / "bone", number=7)
    dicom_writer.write_series(tmp_path / "scout", dicom_writer.places(1), number=2)
    list_series(tmp_path)
    listed = capsys.readouterr().out
    first, second = (line for line in listed.splitlines() if "CT" in line)
    assert first.split()[0] == "2"
    assert second.split()[0] == "7"
    assert "is taken" in second
    assert "Doe" not in listed


def test_a_scan_in_one_file_has_no_list_of_series(a_scan_on_disk):
    with pytest.raises(InputError, match="is not DICOM"):
        list_series(a_scan_on_disk)
