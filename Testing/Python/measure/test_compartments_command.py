from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import trimesh
import whole_femur
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

from hipjoint.cli.compartments_table import calibration_of
from hipjoint.compartments import CompartmentsJob, run_compartments
from hipjoint.errors import InputError
from hipjoint.measure.bmd import Calibration
from hipjoint.measure.compartments import DEFINITIONS
from hipjoint.progress import Silent


def written(image: sitk.Image, path: Path) -> Path:
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture(scope="module")
def the_files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("femur")
    femur = whole_femur.femur()
    names = ("scan", "femora", "compartments")
    return {name: written(getattr(femur, name), folder / f"{name}.nii.gz") for name in names}


@pytest.fixture(scope="module")
def the_results(the_files, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("results") / "out"
    job = CompartmentsJob(the_files["scan"], out, the_files["femora"], Calibration(0.8, 0.0))
    run_compartments(job, Silent())
    return out


def test_the_folder_holds_labels_models_thickness_and_measures(the_results):
    assert {path.relative_to(the_results).as_posix() for path in the_results.rglob("*") if path.is_file()} == {
        "labels.nii.gz",
        "segmentation.seg.nrrd",
        "meshes/femur_right_cortical.stl",
        "meshes/femur_right_trabecular.stl",
        "thickness/femur_right.ply",
        "thickness/femur_right.vtp",
        "measurements.json",
        "measurements.csv",
        "report.html",
        "run.json",
    }
    labels = sitk.ReadImage(str(the_results / "labels.nii.gz"))
    assert set(np.unique(sitk.GetArrayViewFromImage(labels))) == {0, 11, 12}


def test_the_painted_surface_has_the_thickness_at_its_points_and_a_colour_of_the_fixed_scale(the_results):
    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(the_results / "thickness" / "femur_right.vtp"))
    reader.Update()
    data = reader.GetOutput().GetPointData()
    thickness = vtk_to_numpy(data.GetArray("thickness_mm"))
    assert data.GetScalars().GetName() == "thickness_mm"
    mesh = trimesh.load_mesh(str(the_results / "thickness" / "femur_right.ply"), process=False)
    assert len(mesh.vertices) == len(thickness)
    ply = mesh.metadata["_ply_raw"]["vertex"]["data"]["thickness_mm"].ravel()
    assert np.allclose(ply, thickness, equal_nan=True)
    greys = np.asarray(mesh.visual.vertex_colors)[np.isnan(thickness), :3]
    assert len(greys)
    assert (greys == 204).all()
    thin, wide = (
        np.asarray(mesh.visual.vertex_colors)[here, :3].mean(axis=0) for here in (thickness < 1.5, thickness > 3.5)
    )
    assert thin[0] > thin[1] > thin[2]
    assert wide[1] > wide[0]


def test_json_and_csv_hold_every_value_with_definition_and_reason(the_results):
    table = json.loads((the_results / "measurements.json").read_text(encoding="utf-8"))
    names = [each.name for each in DEFINITIONS]
    assert list(table["definitions"]) == names
    assert [value["name"] for value in table["femora"]["right"]] == names
    assert "Not a medical device" in table["notice"]
    assert table["calibration"] == {"slope": 0.8, "intercept": 0.0}
    with (the_results / "measurements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(names)
    assert all(row["number"] or row["reason"] for row in rows)


def test_the_report_needs_no_other_file_and_says_what_the_numbers_mean(the_results):
    page = (the_results / "report.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert page.count('src="data:image/png;base64,') == page.count('src="')
    assert "Not a medical device" in page
    assert page.count("slice through the right femur") == 4
    assert "from the front" in page or "No 3D picture" in page
    assert "The scan shows no left femur." in page


def test_compartments_that_were_drawn_are_measured_as_they_are(the_files, tmp_path):
    found = run_compartments(CompartmentsJob(the_files["scan"], tmp_path / "out", the_files["compartments"]), Silent())
    labels, drawn = (
        sitk.ReadImage(str(path)) for path in (tmp_path / "out" / "labels.nii.gz", the_files["compartments"])
    )
    assert np.array_equal(sitk.GetArrayViewFromImage(labels), sitk.GetArrayViewFromImage(drawn))
    assert found["right"].value("thickness_mean_shaft").number == pytest.approx(whole_femur.SHAFT_MM, abs=0.15)


def test_the_inner_surface_that_was_asked_for_is_drawn_and_named_in_the_results(the_files, the_results, tmp_path):
    job = CompartmentsJob(the_files["scan"], tmp_path / "out", the_files["femora"], inner_surface="deconvolved")
    found = run_compartments(job, Silent())
    tables = [
        json.loads((out / "measurements.json").read_text(encoding="utf-8")) for out in (the_results, tmp_path / "out")
    ]
    assert [table["inner_surface"] for table in tables] == ["visible", "deconvolved"]
    wide = {value["name"]: value["number"] for value in tables[0]["femora"]["right"]}
    assert found["right"].value("cortical_head").number < 0.9 * wide["cortical_head"]
    assert found["right"].value("thickness_mean_head").number == pytest.approx(wide["thickness_mean_head"], abs=1e-3)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Inner surface of the cortex: deconvolved." in page
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["inner_surface"] == "deconvolved"


def test_compartments_that_were_drawn_have_the_inner_surface_that_was_drawn(the_files, tmp_path):
    job = CompartmentsJob(the_files["scan"], tmp_path / "out", the_files["compartments"], inner_surface="deconvolved")
    with pytest.raises(InputError, match="measured as drawn: leave --inner-surface out"):
        run_compartments(job, Silent())
    assert not (tmp_path / "out").exists()


def relabelled(path: Path, values: dict[int, int], out: Path) -> Path:
    image = sitk.ChangeLabel(sitk.ReadImage(str(path)), changeMap=values)
    return written(image, out)


@pytest.mark.parametrize(
    ("source", "values", "sentence"),
    [
        ("femora", {1: 3}, "holds no femur: mark the right one with 1 and the left one with 2"),
        ("compartments", {11: 1}, r"holds femora \(1, 2\) and compartments"),
        ("compartments", {11: 9}, "holds the values 9"),
    ],
)
def test_labels_that_cannot_be_used_are_one_sentence_and_nothing_is_written(
    the_files, tmp_path, source, values, sentence
):
    labels = relabelled(the_files[source], values, tmp_path / "labels.nii.gz")
    with pytest.raises(InputError, match=sentence):
        run_compartments(CompartmentsJob(the_files["scan"], tmp_path / "out", labels), Silent())
    assert list(tmp_path.iterdir()) == [labels]


def test_labels_of_another_place_are_refused(the_files, tmp_path):
    image = sitk.ReadImage(str(the_files["femora"]))
    image.SetOrigin((400.0, 0.0, 0.0))
    labels = written(image, tmp_path / "labels.nii.gz")
    with pytest.raises(InputError, match="does not lie in the scan"):
        run_compartments(CompartmentsJob(the_files["scan"], tmp_path / "out", labels), Silent())


@pytest.mark.parametrize(
    ("slope", "intercept", "phantom", "sentence"),
    [
        (0.8, None, None, "needs both"),
        (0.8, 0.0, "0:0,100:80", "not both"),
        (None, None, "0:0,hundred:80", "'hundred:80' is not HU:MG"),
        (-1.0, 0.0, None, "give one above 0"),
    ],
)
def test_a_calibration_that_cannot_be_used_is_one_sentence(slope, intercept, phantom, sentence):
    with pytest.raises(InputError, match=sentence):
        calibration_of(slope, intercept, phantom)


def test_a_calibration_comes_from_slope_and_intercept_or_a_phantom():
    assert calibration_of(None, None, None) is None
    assert calibration_of(0.8, -3.0, None) == Calibration(0.8, -3.0)
    assert calibration_of(None, None, "0:0,100:80").bmd(50.0) == pytest.approx(40.0)
