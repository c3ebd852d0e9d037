from __future__ import annotations

import json
from pathlib import Path

import pytest

from hipjoint.cli.reporters import Bar, JsonLines, Quiet, reporter


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "meshes").mkdir()
    for name in ("report.html", "labels.nii.gz", "meshes/femur_left.stl", "meshes/sacrum.stl"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_the_bar_ends_by_naming_every_file(results, capsys):
    Bar().done(results)
    told = capsys.readouterr().out
    assert all(str(path) in told for path in results.rglob("*"))


def test_the_bar_shows_notes_and_keeps_standard_output_free(capsys):
    bar = Bar()
    bar.step("Measuring", 0.5)
    bar.note("Warning: Left femur is cut [by the field of view].")
    bar.failed("No.", 2)
    told = capsys.readouterr()
    assert told.out == ""
    assert "Warning: Left femur is cut [by the field of view]." in told.err
    assert told.err.rstrip().endswith("No.")


def test_programs_get_one_json_object_a_line(capsys):
    lines = JsonLines()
    lines.step("Measuring", 1 / 3)
    lines.note("Slices are thick.")
    lines.done(Path("out"))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == [
        {"stage": "Measuring", "fraction": 0.3333},
        {"note": "Slices are thick."},
        {"done": True, "output": "out"},
    ]


def test_the_quiet_one_speaks_of_errors_only(capsys):
    quiet = Quiet()
    quiet.step("Measuring", 0.5)
    quiet.note("Slices are thick.")
    quiet.done(Path("out"))
    quiet.failed("No.", 2)
    assert capsys.readouterr() == ("", "No.\n")


def test_each_choice_has_its_reporter():
    assert [type(reporter(mode)) for mode in ("bar", "json", "none")] == [Bar, JsonLines, Quiet]
