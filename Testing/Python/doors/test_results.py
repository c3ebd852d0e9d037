from __future__ import annotations

import csv
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import phantom
import pytest
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.output.write import write_results
from hipjoint.progress import Silent
from hipjoint.tasks.result import SegmentationResult
from hipjoint.volume import Volume

BONES = ["femur_right", "femur_left", "hip_right", "hip_left", "sacrum"]


@pytest.fixture(scope="module")
def results(tmp_path_factory, a_result) -> Path:
    out = tmp_path_factory.mktemp("results") / "out"
    volume = Volume(a_result.image, "CT", ("The largest of 2 series was taken.",))
    write_results(a_result, volume, out, Silent(), task="hip-ct")
    return out


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_all_files_are_there_and_no_other(results):
    names = {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()}
    plain = {
        "labels.nii.gz",
        "segmentation.seg.nrrd",
        "report.html",
        "run.json",
        "measurements.json",
        "measurements.csv",
    }
    assert names == plain | {f"meshes/{bone}.stl" for bone in BONES}


def test_the_label_map_is_on_the_grid_of_the_input(results, a_result):
    read = sitk.ReadImage(str(results / "labels.nii.gz"))
    assert read.GetPixelID() == sitk.sitkUInt8
    assert np.array_equal(sitk.GetArrayViewFromImage(read), sitk.GetArrayViewFromImage(a_result.labels))
    for property_of in (sitk.Image.GetOrigin, sitk.Image.GetSpacing, sitk.Image.GetDirection):
        assert property_of(read) == pytest.approx(property_of(a_result.image), abs=1e-4)


def test_the_sizes_are_the_same_in_both_tables(results):
    bones = read_json(results / "measurements.json")["bones"]
    with (results / "measurements.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["name"] for line in lines] == [bone["name"] for bone in bones] == BONES
    for line, bone in zip(lines, bones, strict=True):
        assert [float(line[key]) for key in ("volume_ml", "surface_cm2", "mean_hu")] == list(bone.values())[3:]


def test_all_warnings_are_in_the_json_and_those_about_a_bone_in_its_line_of_the_csv(results, a_result):
    assert read_json(results / "measurements.json")["warnings"] == list(a_result.warnings)
    with (results / "measurements.csv").open(encoding="utf-8", newline="") as file:
        told = {line["name"]: line["warnings"] for line in csv.DictReader(file)}
    assert told == {**dict.fromkeys(BONES, ""), "femur_left": a_result.warnings[0]}


def test_the_manifest_has_the_checksum_of_every_other_file(results):
    outputs = {entry["file"]: entry["sha256"] for entry in read_json(results / "run.json")["outputs"]}
    files = {path.relative_to(results).as_posix(): path for path in results.rglob("*") if path.is_file()}
    del files["run.json"]
    assert outputs == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_the_manifest_tells_versions_geometry_notes_and_seconds(results, a_result):
    facts = read_json(results / "run.json")
    assert facts["program"] == "hipjoint"
    assert facts["device"] == "Arithmetic"
    assert facts["versions"]["SimpleITK"] == sitk.Version.VersionString().split("-")[0]
    assert facts["input"]["size"] == list(phantom.SIZE)
    assert facts["input"]["spacing_mm"] == list(phantom.SPACING)
    assert facts["input"]["notes"] == ["The largest of 2 series was taken."]
    assert {"Finding spheres", "Making surface models", "Drawing the report"} < set(facts["seconds"])


@pytest.mark.usefixtures("no_renderer")
def test_what_the_header_says_about_the_patient_goes_nowhere(tmp_path, a_result, a_volume):
    labels = sitk.Image(a_result.labels)
    labels.SetMetaData("0010|0010", "Doe^Jane")
    labels.SetMetaData("descrip", "Doe^Jane")
    result = SegmentationResult(a_result.image, labels, a_result.segments)
    write_results(result, a_volume, tmp_path / "out", Silent(), task="hip-ct")
    for path in (tmp_path / "out").rglob("*.*"):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert b"Doe^Jane" not in content, path.name


@pytest.mark.usefixtures("no_renderer")
def test_surface_models_come_in_every_format_that_is_asked_for(tmp_path, a_volume):
    result = phantom.segmented(phantom.empty_image(), values=(5,))
    write_results(
        result, a_volume, tmp_path / "out", Silent(), task="hip-ct", mesh_formats=("stl", "ply", "obj", "3mf")
    )
    suffixes = {path.suffix for path in (tmp_path / "out" / "meshes").glob("sacrum.*")}
    assert suffixes >= {".stl", ".ply", ".obj", ".3mf"}


def test_results_are_not_written_over_others(results, a_result, a_volume):
    before = (results / "run.json").read_bytes()
    with pytest.raises(InputError, match="not empty"):
        write_results(a_result, a_volume, results, Silent(), task="hip-ct")
    assert (results / "run.json").read_bytes() == before
