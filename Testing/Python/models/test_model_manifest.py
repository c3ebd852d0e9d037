from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hipjoint.errors import ModelError
from hipjoint.models import find_model, load_manifest, model_path


def refused(folder: Path, saying: str, *, task: str = "hip-ct", role: str = "coarse") -> None:
    with pytest.raises(ModelError) as caught:
        find_model(task, role, folder)
    sentence = str(caught.value)
    assert saying in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_an_entry_says_all_that_is_needed_to_use_the_model(a_folder: Path) -> None:
    entry = find_model("hip-ct", "coarse", a_folder)
    assert entry.path == a_folder / "a.onnx"
    assert entry.patch == (16, 24, 32)
    assert entry.input.spacing_mm == 3.0
    assert entry.input.window == (-300, 1300)
    assert entry.output.channels == ("background", "femur", "hip")


def test_the_manifest_lists_models_without_reading_them(a_folder: Path) -> None:
    (a_folder / "a.onnx").unlink()
    assert [entry.name for entry in load_manifest(a_folder).models] == ["hip_ct_coarse"]


def test_the_programs_own_models_are_found_without_naming_a_folder(
    a_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (a_folder / "Models").mkdir()
    for name in ("models.json", "a.onnx"):
        (a_folder / name).rename(a_folder / "Models" / name)
    monkeypatch.setenv("HIPJOINT_RESOURCES", str(a_folder))
    assert find_model("hip-ct", "coarse").path == a_folder / "Models" / "a.onnx"


def test_a_model_with_one_changed_byte_is_refused_by_name(a_folder: Path) -> None:
    path = a_folder / "a.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(a_folder, "a.onnx is damaged (wrong SHA-256 checksum)")


def test_a_whole_model_passes_its_checksum(a_folder: Path) -> None:
    (entry,) = load_manifest(a_folder).models
    assert model_path(entry) == a_folder / "a.onnx"


def test_a_missing_model_file_is_named(a_folder: Path) -> None:
    (a_folder / "a.onnx").unlink()
    refused(a_folder, "a.onnx cannot be read (No such file or directory)")


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    refused(tmp_path, "models.json cannot be read")


@pytest.mark.parametrize(("task", "role"), [("knee", "coarse"), ("hip-ct", "finest")])
def test_an_unknown_task_or_role_is_answered_with_the_known_ones(a_folder: Path, task: str, role: str) -> None:
    saying = f"the task {task!r} with the role {role!r}: models.json lists hip-ct coarse"
    refused(a_folder, saying, task=task, role=role)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"models": []}', "\x00\xff"])
def test_a_manifest_that_is_not_one_is_refused(a_folder: Path, text: str) -> None:
    (a_folder / "models.json").write_text(text, encoding="latin-1")
    refused(a_folder, "models.json is not valid")


def test_a_manifest_of_a_newer_schema_is_refused_before_its_fields_are_read(
    a_folder: Path, a_manifest: dict[str, Any]
) -> None:
    (a_folder / "models.json").write_text(json.dumps({"schema": 2, "models": {"new": "layout"}}))
    refused(a_folder, "has schema 2 but this program reads schema 1")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda e: e.pop("sha256"), "models.0.sha256"),
        (lambda e: e.update(sha256="12"), "models.0.sha256"),
        (lambda e: e.update(file="../a.onnx"), "models.0.file"),
        (lambda e: e.update(patch=[96, 0, 96]), "models.0.patch.1"),
        (lambda e: e["input"].update(window=[100, 100]), "models.0.input.window"),
        (lambda e: e["input"].update(orientation="RAS"), "models.0.input.orientation"),
        (lambda e: e["input"].update(spacing_mm=0), "models.0.input.spacing_mm"),
        (lambda e: e.update(rolle="fine"), "models.0.rolle"),
    ],
)
def test_an_entry_with_a_slip_is_refused_with_the_place(
    a_folder: Path, a_manifest: dict[str, Any], change: Callable[[dict[str, Any]], object], place: str
) -> None:
    change(a_manifest["models"][0])
    (a_folder / "models.json").write_text(json.dumps(a_manifest))
    refused(a_folder, f"({place}:")


def as_film(entry: dict[str, Any]) -> None:
    entry.update(patch=[384, 384])
    entry["input"] = {"orientation": "LF", "channels": ["image"], "film": "head"}


def test_a_model_for_films_has_no_spacing_and_a_flat_patch(a_folder: Path, a_manifest: dict[str, Any]) -> None:
    as_film(a_manifest["models"][0])
    (a_folder / "models.json").write_text(json.dumps(a_manifest))
    entry = find_model("hip-ct", "coarse", a_folder)
    assert (entry.input.film, entry.patch) == ("head", (384, 384))


@pytest.mark.parametrize(
    ("change", "saying"),
    [
        (lambda e: e.update(patch=[96, 96, 96]), "that of a film two"),
        (lambda e: e["input"].update(spacing_mm=1.0), "a film needs none"),
        (lambda e: e["input"].update(orientation="LPS"), "is oriented LF"),
        (lambda e: e["input"].update(window=[0, 1]), "one of a window, percentiles and a film"),
    ],
)
def test_a_model_for_films_with_a_slip_is_refused(
    a_folder: Path, a_manifest: dict[str, Any], change: Callable[[dict[str, Any]], object], saying: str
) -> None:
    as_film(a_manifest["models"][0])
    change(a_manifest["models"][0])
    (a_folder / "models.json").write_text(json.dumps(a_manifest))
    refused(a_folder, saying)


def test_two_models_for_one_role_are_refused(a_folder: Path, a_manifest: dict[str, Any]) -> None:
    a_manifest["models"].append({**a_manifest["models"][0], "name": "another"})
    (a_folder / "models.json").write_text(json.dumps(a_manifest))
    refused(a_folder, "task 'hip-ct' has two models for the role 'coarse'")
