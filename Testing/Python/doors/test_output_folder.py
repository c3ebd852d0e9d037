from __future__ import annotations

import json
from pathlib import Path

import pytest

from hipjoint.errors import InputError
from hipjoint.output.folder import check_free, finished_folder


@pytest.fixture
def earlier_results(tmp_path: Path) -> Path:
    out = tmp_path / "results"
    (out / "meshes").mkdir(parents=True)
    (out / "run.json").write_text(json.dumps({"program": "hipjoint"}))
    (out / "meshes" / "old.stl").write_text("old")
    return out


def test_the_folder_has_its_name_only_when_it_is_complete(tmp_path):
    out = tmp_path / "results"
    with finished_folder(out, overwrite=False) as folder:
        (folder / "file").write_text("x")
        assert not out.exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["results", "file"]


@pytest.mark.parametrize("problem", [KeyboardInterrupt, ValueError])
def test_a_run_that_ends_early_leaves_nothing(tmp_path, problem):
    def fill() -> None:
        with finished_folder(tmp_path / "results", overwrite=False) as folder:
            (folder / "file").write_text("x")
            raise problem

    with pytest.raises(problem):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(tmp_path):
    out = tmp_path / "results"
    out.mkdir()
    with finished_folder(out, overwrite=False) as folder:
        (folder / "file").write_text("x")
    assert (out / "file").read_text() == "x"


def test_folders_above_are_made(tmp_path):
    with finished_folder(tmp_path / "a" / "b", overwrite=False):
        pass
    assert (tmp_path / "a" / "b").is_dir()


def test_earlier_results_are_refused_by_name(earlier_results):
    with pytest.raises(InputError, match="results is not empty"):
        check_free(earlier_results, overwrite=False)


def test_earlier_results_are_replaced_when_asked(tmp_path, earlier_results):
    with finished_folder(earlier_results, overwrite=True) as folder:
        (folder / "file").write_text("new")
        assert (earlier_results / "meshes" / "old.stl").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["results", "file"]


def test_earlier_results_outlive_a_run_that_ends_early(tmp_path, earlier_results):
    with pytest.raises(KeyboardInterrupt), finished_folder(earlier_results, overwrite=True):
        raise KeyboardInterrupt
    assert (earlier_results / "meshes" / "old.stl").read_text() == "old"
    assert list(tmp_path.iterdir()) == [earlier_results]


def test_a_folder_with_other_files_is_never_replaced(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match="holds other files"):
        check_free(tmp_path, overwrite=True)


def test_a_file_is_not_an_output_folder(tmp_path):
    (tmp_path / "results").write_text("x")
    with pytest.raises(InputError, match="results is a file"):
        check_free(tmp_path / "results", overwrite=True)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(InputError, match="inside cannot be made"),
        finished_folder(tmp_path / "file" / "inside", overwrite=False),
    ):
        pass
