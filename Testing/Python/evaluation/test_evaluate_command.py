from __future__ import annotations

import csv
import json

import boxes
import hips
import numpy as np
import pytest
import SimpleITK as sitk
from command import hipjoint

from hipjoint.errors import InputError
from hipjoint.evaluation.run import EvaluationJob, run_evaluation
from hipjoint.evaluation.structures import LABEL_SETS, structures_of
from hipjoint.tasks.registry import TASKS

REFERENCE = boxes.label_map({1: boxes.box(5, 6, 7), 4: boxes.box(5, 6, 18)})
MOVED = boxes.label_map({1: boxes.box(5, 6, 8), 4: boxes.box(5, 6, 18)})
# Shares of a ball: a cap of height h is h² (3 r - h) / 4 r³ of it.
SMALL, LARGE = 0.25, 0.75


def test_a_folder_of_cases_gives_the_table_without_any_name_of_a_file(folders, tmp_path):
    for name, prediction in (("Doe_Jane.nii.gz", MOVED), ("Roe_Richard.nrrd", REFERENCE)):
        boxes.write(prediction, folders[0] / name)
        boxes.write(REFERENCE, folders[1] / name.replace(".nrrd", ".seg.nrrd"))
    (folders[0] / "notes.txt").write_text("not a label map")
    code, out, err = hipjoint("evaluate", *folders, "-o", tmp_path / "out")
    assert code == 0, err
    assert "0.950 (0.925 to 0.975)" in out  # Dice of the right femur: 0.9 and 1
    files = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert set(files) == {"evaluation.json", "evaluation.csv", "evaluation.html", "run.json"}
    assert not any(name in text for text in (*files.values(), out) for name in ("Doe", "Roe"))
    assert {each["file"] for each in json.loads(files["run.json"])["outputs"]} == set(files) - {"run.json"}
    assert "0.950 (0.925 to 0.975)" in files["evaluation.html"]
    assert "http" not in files["evaluation.html"]


def test_the_files_hold_every_case_and_the_median_with_its_quartiles(folders, tmp_path):
    for number, prediction in enumerate((MOVED, REFERENCE, MOVED)):
        boxes.write(prediction, folders[0] / f"scan_{number}.mha")
        boxes.write(REFERENCE, folders[1] / f"scan_{number}.nii.gz")
    run_evaluation(EvaluationJob(*folders, tmp_path / "out", case_names=True))
    table = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert [case["case"] for case in table["cases"]] == ["scan_0", "scan_1", "scan_2"]
    assert [row["title"] for row in table["summary"]] == ["Right femur", "Left hip bone"]
    dice = table["summary"][0]["measures"]["dice"]
    assert (dice["n"], dice["median"], dice["q1"], dice["q3"], dice["worst"]) == (3, 0.9, 0.9, 0.95, 0.9)
    assert table["grading"] is None
    with (tmp_path / "out" / "evaluation.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["case"], row["name"], row["dice"]) for row in rows[:2]] == [
        ("scan_0", "femur_right", "0.9"),
        ("scan_0", "hip_left", "1.0"),
    ]
    assert rows[0]["asd_mm"] == str(round(164 / 488, 4))


def test_both_sides_of_a_bone_have_a_row_together_and_one_each(tmp_path):
    both = boxes.label_map({1: boxes.box(5, 6, 2, 8), 2: boxes.box(5, 6, 18, 8)})
    left_lost = boxes.label_map({1: boxes.box(5, 6, 2, 8)})
    files = boxes.write(left_lost, tmp_path / "a.nii.gz"), boxes.write(both, tmp_path / "b.nii.gz")
    evaluation = run_evaluation(EvaluationJob(*files, tmp_path / "out"))
    assert [(row.title, row.both_sides, row.n, row.missed) for row in evaluation.rows] == [
        ("Femur", True, 2, 1),
        ("Right femur", False, 1, 0),
        ("Left femur", False, 1, 1),
    ]
    assert evaluation.rows[0].spreads["dice"].mean == 0.5
    assert "missed" in (tmp_path / "out" / "evaluation.csv").read_text(encoding="utf-8")


def test_results_of_segment_are_taken_as_they_are(folders, tmp_path):
    boxes.write(MOVED, folders[0] / "case_7" / "labels.nii.gz")
    boxes.write(REFERENCE, folders[1] / "case_7.nrrd")
    evaluation = run_evaluation(EvaluationJob(*folders, tmp_path / "out"))
    assert [case.name for case in evaluation.cases] == ["case 1"]
    assert evaluation.cases[0].found["femur_right"].dice == 0.9


def test_a_label_map_that_was_cropped_or_turned_is_compared_voxel_by_voxel(tmp_path):
    cropped = sitk.DICOMOrient(MOVED[3:29, 2:22, 4:20], "RAI")
    files = boxes.write(cropped, tmp_path / "a.nrrd"), boxes.write(REFERENCE, tmp_path / "b.nrrd")
    found = run_evaluation(EvaluationJob(*files, tmp_path / "out")).cases[0].found
    assert (found["femur_right"].dice, found["hip_left"].dice) == (0.9, 1.0)
    assert found["femur_right"].asd_mm == pytest.approx(164 / 488)


def test_an_empty_prediction_is_a_result_and_an_empty_reference_is_not(folders, tmp_path):
    empty = boxes.label_map({})
    for name, prediction in (("a.nrrd", empty), ("b.nrrd", REFERENCE)):
        boxes.write(prediction, folders[0] / name)
        boxes.write(REFERENCE, folders[1] / name)
    evaluation = run_evaluation(EvaluationJob(*folders, tmp_path / "out"))
    assert all(row.missed == 1 for row in evaluation.rows)
    boxes.write(empty, folders[1] / "b.nrrd")
    with pytest.raises(InputError, match=r"b\.nrrd is an empty label map"):
        run_evaluation(EvaluationJob(*folders, tmp_path / "other"))


def refusals() -> dict[str, tuple[dict[str, sitk.Image], dict[str, sitk.Image], tuple[str, ...], str]]:
    """Predictions, references, options and the sentence."""
    finer = boxes.label_map({1: boxes.box(5, 6, 7)}, (0.8, 1.0, 1.0))
    beside = sitk.Image(REFERENCE)
    beside.SetOrigin((400.0, 7.5, 30.0))
    one = {"a.nii.gz": REFERENCE}
    grid = "lies on another grid than"
    return {
        "grids": ({"a.nii.gz": finer}, one, (), grid),
        "remedy": ({"a.nii.gz": finer}, one, (), "export both on the grid of the scan, with nearest neighbour"),
        "places": ({"a.nii.gz": beside}, one, (), "show different places: give those of one scan"),
        "no prediction": (one, {**one, "b.nrrd": REFERENCE}, (), "predictions holds no label map of b: give both"),
        "no reference": ({**one, "c.nrrd": REFERENCE}, one, (), "references holds no label map of c: give both"),
        "empty folder": ({}, one, (), "predictions holds no label map: give a .nii"),
        "two of a name": ({**one, "a.mha": REFERENCE}, one, (), "holds two label maps of a: take one of them out"),
        "no common label": (
            {"a.nii.gz": boxes.label_map({2: boxes.box(5, 6, 7)})},
            one,
            (),
            "No label is in both a prediction in",
        ),
        "values": (one, {"a.nii.gz": boxes.label_map({9: boxes.box(5, 6, 7)})}, (), "holds the values 9"),
        "label set": (one, one, ("--labels", "knee"), "There is no set of labels 'knee': choose one of"),
    }


@pytest.mark.parametrize("kind", refusals())
def test_what_cannot_be_compared_is_one_sentence_and_nothing_is_written(folders, tmp_path, kind):
    predictions, references, options, sentence = refusals()[kind]
    for folder, images in zip(folders, (predictions, references), strict=True):
        for name, image in images.items():
            boxes.write(image, folder / name)
    labels = options[1] if options else "hip-ct"
    with pytest.raises(InputError) as problem:
        run_evaluation(EvaluationJob(*folders, tmp_path / "out", labels))
    assert sentence in str(problem.value)
    assert "\n" not in str(problem.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["predictions", "references"]


def test_the_command_ends_with_exit_code_2_and_the_sentence(folders, tmp_path):
    boxes.write(REFERENCE, folders[1] / "a.nrrd")
    code, out, err = hipjoint("evaluate", *folders, "-o", tmp_path / "out", "--progress", "none")
    assert (code, out) == (2, "")
    assert "predictions holds no label map" in err
    assert err.count("\n") == 1


def test_a_file_and_a_folder_or_an_output_folder_over_the_input_are_refused(folders, tmp_path):
    path = boxes.write(REFERENCE, folders[0] / "a.nrrd")
    with pytest.raises(InputError, match="a file and a folder"):
        run_evaluation(EvaluationJob(path, folders[1], tmp_path / "out"))
    with pytest.raises(InputError, match="cannot be opened"):
        run_evaluation(EvaluationJob(path, folders[1] / "a.nrrd", tmp_path / "out"))
    with pytest.raises(InputError, match="is not empty"):
        run_evaluation(EvaluationJob(*folders, folders[0]))


def test_every_task_has_its_labels_and_a_head_is_compared_with_its_lesion():
    assert all(LABEL_SETS[name] is task.labels for name, task in TASKS.items())
    found = {each.name: (each.group, each.values) for each in structures_of(LABEL_SETS["onfh"])}
    assert found == {
        "femoral_head_right": ("Femoral head", (1, 3)),
        "femoral_head_left": ("Femoral head", (2, 4)),
        "lesion_right": ("Necrotic lesion", (3,)),
        "lesion_left": ("Necrotic lesion", (4,)),
    }


def patient(share: float) -> sitk.Image:
    """A right head cut at its neck, with a lesion of the upper part of it: about that ``share`` of the ball."""
    height = {SMALL: 0.3473, LARGE: -0.3473}[share] * hips.RADIUS
    lesion = hips.but(hips.head(), hips.beneath(np.array([0.0, 0.0, 1.0]), height))
    return hips.label_map(hips.grid((1.5, 1.5, 1.5)), (1, hips.head()), (3, lesion))


@pytest.fixture(scope="module")
def the_grades(tmp_path_factory) -> dict[str, dict]:
    """One case right, one of grade C that was called B, and one normal hip, from the command."""
    root = tmp_path_factory.mktemp("grades")
    small, large = patient(SMALL), patient(LARGE)
    normal = sitk.ChangeLabel(small, {3: 1})
    for name, prediction, reference in (("a", small, small), ("b", small, large), ("c", normal, normal)):
        boxes.write(prediction, root / "predictions" / f"{name}.nii.gz")
        boxes.write(reference, root / "references" / f"{name}.nii.gz")
    code, out, err = hipjoint(
        "evaluate", root / "predictions", root / "references", "--labels", "onfh", "-o", root / "out"
    )
    assert code == 0, err
    assert "1 of 2 (50.0 %)" in out
    return {
        "json": json.loads((root / "out" / "evaluation.json").read_text(encoding="utf-8")),
        "html": (root / "out" / "evaluation.html").read_text(encoding="utf-8"),
        "csv": list(csv.DictReader((root / "out" / "grades.csv").open(encoding="utf-8", newline=""))),
    }


def test_of_osteonecrosis_each_hip_has_volumes_share_and_grade_of_both(the_grades):
    assert [(row["grade"], row["reference_grade"]) for row in the_grades["csv"]] == [
        ("B", "B"),
        ("B", "C"),
        ("none", "none"),
    ]
    for row in the_grades["csv"]:
        share = 100 * float(row["lesion_ml"]) / float(row["head_ml"])
        assert float(row["share_percent"]) == pytest.approx(share, abs=0.01)
    assert float(the_grades["csv"][0]["head_ml"]) == pytest.approx(
        # A ball that is cut 18 mm from its centre.
        (4 / 3 * 24**3 - 6**2 * (3 * 24 - 6) / 3) * np.pi / 1000,
        rel=0.03,
    )


def test_of_osteonecrosis_the_confusion_of_grades_is_counted_and_shown(the_grades):
    grading = the_grades["json"]["grading"]
    assert grading["classes"] == ["none", "A", "B", "C"]
    assert grading["matrix_reference_by_prediction"] == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    assert (grading["accuracy"], grading["quadratic_weighted_kappa"]) == (0.5, 0.0)
    assert (grading["hips_without_lesion"], grading["of_these_called_lesion"]) == (1, 0)
    assert "1 of 2" in the_grades["html"]
    assert "0 of 1 hips without a lesion" in the_grades["html"]


def test_a_reference_of_bones_in_ct_is_no_reference_of_femoral_heads(tmp_path):
    bones = boxes.label_map({1: boxes.box(2, 2, 2, 20), 3: boxes.box(12, 2, 9, 12)}, (6.0, 6.0, 6.0))
    path = boxes.write(bones, tmp_path / "a.nrrd")
    with pytest.raises(InputError, match=r"a\.nrrd holds no femoral head, as what it marks with 1 and 3"):
        run_evaluation(EvaluationJob(path, path, tmp_path / "out", "onfh"))
