from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import whole_hips as solids
from markupsafe import escape
from whole_hips import SIDES, Body

from hipjoint.errors import InputError
from hipjoint.geometry import GeometryJob, run_geometry
from hipjoint.labels import HIP_CT
from hipjoint.measure.geometry import MEASURES, value_of
from hipjoint.measure.landmarks import LANDMARKS
from hipjoint.volume.bones import read_bones

PACKAGE = Path(__file__).resolve().parents[3] / "HipJointSegmentation"
BODY = Body(pose=solids.rotation(5.0, 0.0, 3.0))


@pytest.fixture(scope="module")
def the_results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("measure")
    sitk.WriteImage(solids.label_map(BODY, 1.25), str(folder / "patient_name.nii.gz"))
    run_geometry(GeometryJob(folder / "patient_name.nii.gz", folder / "out"))
    return folder / "out"


def table(folder: Path) -> dict:
    return json.loads((folder / "geometry.json").read_text(encoding="utf-8"))


def test_the_folder_holds_values_landmarks_models_and_a_report_and_no_name(the_results):
    names = {path.relative_to(the_results).as_posix() for path in the_results.rglob("*") if path.is_file()}
    assert {"geometry.json", "geometry.csv", "report.html", "run.json"} <= names
    assert {f"meshes/{name}.stl" for name in BODY.bones} <= names
    assert {f"meshes/joint_space_{side}.vtp" for side in SIDES} <= names
    assert "landmarks/rim_right.mrk.json" in names
    run = json.loads((the_results / "run.json").read_text(encoding="utf-8"))
    assert {each["file"] for each in run["outputs"]} == names - {"run.json"}
    assert "patient_name" not in (the_results / "run.json").read_text(encoding="utf-8")


def test_the_json_has_every_value_with_definition_source_and_landmarks_and_every_landmark(the_results):
    found = table(the_results)
    expected = [(m.definition.name, side) for m in MEASURES for side in (SIDES if m.sided else (None,))]
    assert [(value["name"], value["side"]) for value in found["values"]] == expected
    for value in found["values"]:
        assert value["definition"]
        assert value["source"]
        assert set(value["landmarks"]) <= set(found["landmarks"])
        assert (value["number"] is None) == (value["quality"] == "not measurable")
        assert value["reason"] or value["quality"] == "good"
    assert set(found["landmarks"]) == {f"{kind.name}_{side}" for kind in LANDMARKS for side in SIDES}
    head = found["landmarks"]["head_left"]
    assert head["points_lps_mm"][0] == pytest.approx(BODY.place("left", (0, 0, 0)), abs=0.3)
    assert set(found["frames"]) == {"table", "pelvic plane"}
    assert found["alpha_by_the_clock"]["right"]["3"] == pytest.approx(35.7, abs=2.0)


def test_the_spreadsheet_has_a_line_a_value_and_says_why_there_is_none(the_results):
    with (the_results / "geometry.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(table(the_results)["values"])
    version = next(row for row in rows if row["name"] == "femoral_version")
    assert version["number"] == ""
    assert "condyles" in version["reason"]


def test_the_report_needs_no_other_file_and_shows_each_measure_on_the_bones(the_results):
    page = (the_results / "report.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "Not a medical device" in page
    assert all(str(escape(measure.definition.title)) in page for measure in MEASURES)
    assert page.count('src="data:image/png;base64,') == page.count('src="') == 11
    assert "not measurable" in page


def test_markups_are_lps_millimetres_and_curves_run_round_the_opening(the_results):
    def positions(name: str) -> np.ndarray:
        markup = json.loads((the_results / "landmarks" / f"{name}.mrk.json").read_text(encoding="utf-8"))["markups"][0]
        assert markup["coordinateSystem"] == "LPS"
        return np.array([point["position"] for point in markup["controlPoints"]])

    for side in SIDES:
        axis = BODY.direction(side, solids.axis_of(45.0, 20.0))
        rim = positions(f"rim_{side}") - BODY.place(side, (0, 0, 0))
        assert np.cross(rim, np.roll(rim, -1, axis=0)).sum(axis=0) @ axis > 0
        first, second, third = positions(f"rim_plane_{side}")
        normal = np.cross(second - first, third - first)
        assert normal @ axis / np.linalg.norm(normal) > 0.999


def test_bones_are_read_back_from_their_models_in_lps_or_ras(the_results, tmp_path):
    truth = sitk.GetArrayFromImage(solids.label_map(BODY, 1.25))
    again = read_bones(the_results / "meshes", HIP_CT)
    for label in HIP_CT[:4]:
        expected = np.count_nonzero(truth == label.value) * 1.25**3
        found = np.count_nonzero(sitk.GetArrayViewFromImage(again) == label.value) * np.prod(again.GetSpacing())
        assert found == pytest.approx(expected, rel=0.03)
    ras = (the_results / "meshes" / "femur_right.stl").read_bytes().replace(b"SPACE=LPS", b"SPACE=RAS")
    (tmp_path / "femur_right.stl").write_bytes(ras)
    turned = read_bones(tmp_path, HIP_CT)
    middle = np.argwhere(sitk.GetArrayViewFromImage(turned) == 1).mean(axis=0)[::-1].tolist()
    there = np.argwhere(sitk.GetArrayViewFromImage(again) == 1).mean(axis=0)[::-1].tolist()
    place, expected_place = (
        np.array(grid.TransformContinuousIndexToPhysicalPoint(at)) for grid, at in ((turned, middle), (again, there))
    )
    assert place == pytest.approx(expected_place * (-1, -1, 1), abs=0.2)


def test_exchanged_sides_are_refused_and_nothing_is_written(tmp_path):
    labels = solids.label_map(BODY, 2.0)
    exchanged = np.array([0, 2, 1, 4, 3, 5], np.uint8)[sitk.GetArrayViewFromImage(labels)]
    image = sitk.GetImageFromArray(exchanged)
    image.CopyInformation(labels)
    sitk.WriteImage(image, str(tmp_path / "labels.nii.gz"))
    with pytest.raises(InputError, match=r"labels\.nii\.gz has the right femur on the patient's left"):
        run_geometry(GeometryJob(tmp_path / "labels.nii.gz", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_folder_without_bones_is_one_sentence_and_exit_code_2(tmp_path):
    (tmp_path / "empty").mkdir()
    answer = subprocess.run(
        [sys.executable, "-m", "hipjoint", "measure", str(tmp_path / "empty"), "-o", str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "holds neither labels.nii.gz nor surface models: give a label map" in answer.stderr
    assert not (tmp_path / "out").exists()


def test_the_canal_is_measured_in_the_scan(tmp_path):
    """A canal that narrows downwards evenly, in a femur alone."""
    body = Body({side: solids.Leg(length=220.0) for side in SIDES}, bones=("femur_right",))
    labels = solids.label_map(body, 1.0)
    axis, lesser = body.place("right", body.shaft_at("right", 0.0)), body.legs["right"].lesser
    index = np.stack(np.meshgrid(*(np.arange(n) for n in reversed(labels.GetSize())), indexing="ij")[::-1], axis=-1)
    points = index + np.array(labels.GetOrigin())
    height = points[..., 2] - (axis[2] - lesser)
    radius = np.linalg.norm(points[..., :2] - axis[:2], axis=-1)
    canal = np.clip(7.0 + 0.03 * height, 3.0, 9.0)
    hu = np.where(radius < canal, 40.0, np.where(radius < solids.SHAFT, 1500.0, -80.0)).astype(np.float32)
    scan = sitk.GetImageFromArray(hu)
    scan.CopyInformation(labels)
    sitk.WriteImage(labels, str(tmp_path / "labels.nii.gz"))
    sitk.WriteImage(scan, str(tmp_path / "scan.nii.gz"))
    values = run_geometry(GeometryJob(tmp_path / "labels.nii.gz", tmp_path / "out", tmp_path / "scan.nii.gz"))
    assert value_of(values, "canal_trochanter", "right").number == pytest.approx(14.0, abs=0.6)
    assert value_of(values, "canal_isthmus", "right").number == pytest.approx(6.0, abs=0.6)
    assert value_of(values, "canal_flare_index", "right").number == pytest.approx(15.2 / 6.0, abs=0.2)
    dorr = value_of(values, "dorr_ratio", "right")
    assert dorr.number == pytest.approx(8.0 / 14.0, abs=0.04)
    assert dorr.words.startswith("B")
