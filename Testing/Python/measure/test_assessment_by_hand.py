from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import SimpleITK as sitk
from test_onfh_command import hipjoint, written

from hipjoint.assessment import Assessment, Change, from_text, read_assessment
from hipjoint.errors import InputError
from hipjoint.measure.steinberg import grading_note
from hipjoint.notice import NOTICE
from hipjoint.onfh import OnfhJob, run_onfh

REASON = "The oedema was drawn as lesion"


@pytest.fixture(scope="module")
def an_assessment() -> Assessment:
    made = Assessment().with_change("right", "steinberg_stage", "III")
    made = made.with_change("right", "outline")
    made = made.with_change("right", "steinberg_grade", "A", measured="B, 19 % (16-23)", reason=REASON, by="Reader 2")
    return made.with_change("left", "steinberg_stage", "0")


@pytest.fixture(scope="module")
def the_results(a_label_map: sitk.Image, an_assessment: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("by_hand")
    labels = written(a_label_map, folder / "labels.nii.gz")
    (folder / "mine.json").write_text(an_assessment.text(), encoding="utf-8")
    code, out, err = hipjoint("onfh", labels, "-o", folder / "out", "--assessment", folder / "mine.json")
    assert (code, err) == (0, "")
    assert "A by hand" in out
    assert "III by hand" in out
    return folder / "out"


def test_what_a_person_changed_stands_beside_what_was_measured(the_results):
    table = json.loads((the_results / "measurements.json").read_text(encoding="utf-8"))
    values = {value["name"]: value for value in table["hips"]["right"]["values"]}
    assert values["steinberg_grade"]["text"].startswith("B, 19 % (")
    by_hand = values["steinberg_grade"]["by_hand"]
    assert (by_hand["value"], by_hand["reason"], by_hand["by"]) == ("A", REASON, "Reader 2")
    assert by_hand["time"][:2] == "20"
    assert values["jic_type"]["by_hand"] is None
    assert table["hips"]["right"]["steinberg_stage"]["chosen"] == "III"
    assert table["hips"]["right"]["outline_edited_by_hand"] is not None
    assert table["measured"][:2] == "20"
    assert [one["field"] for one in table["changes_by_hand"]] == [
        "steinberg_stage",
        "outline",
        "steinberg_grade",
        "steinberg_stage",
    ]


def test_a_choice_for_a_hip_that_is_not_in_the_scan_is_kept(the_results):
    table = json.loads((the_results / "measurements.json").read_text(encoding="utf-8"))
    assert table["hips"]["left"]["finding"] == "no femoral head found"
    assert table["hips"]["left"]["steinberg_stage"]["chosen"] == "0"


def test_the_spreadsheet_says_what_was_changed_by_hand(the_results):
    with (the_results / "measurements.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["side"], row["name"]): row for row in csv.DictReader(file)}
    grade = rows["right", "steinberg_grade"]
    assert (grade["by_hand"], grade["by_hand_reason"], grade["by_hand_by"]) == ("A", REASON, "Reader 2")
    assert rows["right", "steinberg_stage"]["by_hand"] == "III"
    assert rows["right", "head_volume"]["by_hand"] == ""


def test_the_report_shows_both_and_who_changed_what_when(the_results, an_assessment):
    page = " ".join((the_results / "report.html").read_text(encoding="utf-8").split())
    assert "A by hand" in page
    assert REASON in page
    assert "measured: B, 19 % (" in page
    assert "III by hand" in page
    assert f"{an_assessment.changes[2].at}, right: Steinberg grade A (was B, 19 % (16-23)), by Reader 2" in page
    assert "In stage III the grade does not go by the volume of the lesion" in page


def test_the_assessment_comes_back_from_the_results(the_results, an_assessment):
    assert read_assessment(the_results / "assessment.json") == an_assessment


def test_without_an_assessment_nothing_is_by_hand(a_label_map, tmp_path):
    _, assessment = run_onfh(OnfhJob(written(a_label_map, tmp_path / "labels.mha"), tmp_path / "out"))
    assert assessment.changes == ()
    assert not (tmp_path / "out" / "assessment.json").exists()
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "by hand" not in page
    assert NOTICE in page


def test_the_later_change_counts_and_one_without_value_takes_it_back():
    made = (
        Assessment().with_change("left", "jic_type", "A", reason="x").with_change("left", "jic_type", "C1", reason="y")
    )
    assert made.current("left", "jic_type").value == "C1"
    assert made.current("right", "jic_type") is None
    back = made.with_change("left", "jic_type")
    assert back.current("left", "jic_type") is None
    assert len(back.changes) == 3


def test_edits_of_one_outline_in_a_row_are_one_change():
    made = Assessment().with_change("left", "outline").with_change("left", "outline").with_change("right", "outline")
    assert [one.side for one in made.changes] == ["left", "right"]
    assert made.edited("left") is not None


def test_nobody_is_named_unless_wanted_and_the_time_is_in_utc():
    (change,) = Assessment().with_change("right", "steinberg_stage", "II").changes
    assert change.by == ""
    assert change.at.endswith(" UTC")
    assert change.time.tzinfo is not None


def one(**fields: object) -> str:
    whole = {"time": "2026-03-01T10:00:00Z", "side": "right", "field": "steinberg_grade", "value": "B", "reason": "x"}
    return json.dumps({"schema": 1, "changes": [{**whole, **fields}]})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no json", "Invalid JSON"),
        (one(value="D"), "'D' is none of A, B, C"),
        (one(field="steinberg_stage", value="VII"), "'VII' is none of 0, I, II, III, IV, V, VI"),
        (one(field="jic_type", value="C"), "'C' is none of A, B, C1, C2"),
        (one(field="necrotic_angle", value="nan"), "no angle from 0 to 720"),
        (one(field="outline", value="A"), "an edited outline has no value"),
        (one(reason=" "), "needs a reason"),
        (one(time="2026-03-01T10:00:00"), "timezone"),
        (one(side="both"), "changes.0.side"),
        (one(field="lesion_share"), "changes.0.field"),
        (one(user="me"), "changes.0.user"),
        (json.dumps({"schema": 2}), "schema"),
    ],
)
def test_an_assessment_that_cannot_be_used_is_one_sentence_and_nothing_is_written(
    a_label_map, tmp_path, content, words
):
    labels = written(a_label_map, tmp_path / "labels.mha")
    (tmp_path / "mine.json").write_text(content)
    with pytest.raises(InputError, match=r"mine\.json is no assessment \(") as problem:
        run_onfh(OnfhJob(labels, tmp_path / "out", assessment=tmp_path / "mine.json"))
    assert words in str(problem.value)
    assert not (tmp_path / "out").exists()


def test_an_assessment_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"mine\.json cannot be opened"):
        read_assessment(tmp_path / "mine.json")
    (tmp_path / "mine.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(InputError, match="no text in UTF-8"):
        read_assessment(tmp_path / "mine.json")


def test_a_change_that_cannot_be_noted_is_one_sentence():
    with pytest.raises(InputError, match=r"^This cannot be noted: a value by hand .* needs a reason\.$"):
        Assessment().with_change("right", "steinberg_grade", "A")


def test_an_assessment_written_by_hand_needs_only_what_matters():
    made = from_text(one(), "mine.json")
    assert made.current("right", "steinberg_grade") == Change.model_validate(json.loads(one())["changes"][0])


@pytest.mark.parametrize(
    ("stage", "words"),
    [("I", ""), ("II", ""), ("0", "has no grade"), ("IV", "does not go by the volume"), ("VI", "no grade")],
)
def test_the_grade_by_volume_is_that_of_stages_i_and_ii(stage, words):
    assert words in grading_note(stage)
    assert bool(grading_note(stage)) == bool(words)
