from __future__ import annotations

import csv
import json
from pathlib import Path

import hips
import numpy as np
import pytest
import SimpleITK as sitk
from command import hipjoint

from hipjoint.errors import InputError
from hipjoint.labels import ONFH
from hipjoint.measure.osteonecrosis import DEFINITIONS
from hipjoint.onfh import OnfhJob, run_onfh
from hipjoint.output.segmentation_file import terminology, write_segmentation
from hipjoint.volume.label_map import read_label_map


def written(image: sitk.Image, path: Path) -> Path:
    sitk.WriteImage(image, str(path))
    return path


def shown(labels: sitk.Image) -> sitk.Image:
    """A scan of the labels: bright marrow, dark lesion, 16 bit."""
    grey = np.choose(sitk.GetArrayViewFromImage(labels), [100, 700, 700, 250, 250]).astype(np.int16)
    image = sitk.GetImageFromArray(grey)
    image.CopyInformation(labels)
    return image


@pytest.fixture(scope="module")
def the_results(a_label_map, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("onfh")
    labels = written(a_label_map, folder / "labels.nii.gz")
    image = written(shown(a_label_map), folder / "scan.nrrd")
    code, out, err = hipjoint("onfh", labels, "--image", image, "-o", folder / "out")
    assert (code, err) == (0, "")
    assert "B, 19 % (" in out
    return folder / "out"


def test_the_folder_holds_the_files_and_their_checksums(the_results):
    assert {path.name for path in the_results.iterdir()} == {
        "measurements.json",
        "measurements.csv",
        "report.html",
        "run.json",
    }
    run = json.loads((the_results / "run.json").read_text(encoding="utf-8"))
    assert {each["file"] for each in run["outputs"]} == {"measurements.json", "measurements.csv", "report.html"}
    assert "labels.nii.gz" not in (the_results / "run.json").read_text(encoding="utf-8")


def test_the_json_holds_every_value_of_both_hips_and_its_definition(the_results):
    table = json.loads((the_results / "measurements.json").read_text(encoding="utf-8"))
    names = [definition.name for definition in DEFINITIONS]
    assert list(table["definitions"]) == names
    assert list(table["hips"]) == ["right", "left"]
    for hip in table["hips"].values():
        assert [value["name"] for value in hip["values"]] == names
    assert table["hips"]["left"]["finding"] == "no femoral head found"
    assert table["hips"]["right"]["geometry"]["sphere_centre_lps_mm"] == pytest.approx(hips.CENTRE, abs=0.2)
    assert table["hips"]["right"]["steinberg_stage"]["chosen"] is None
    assert len(table["steinberg_stages"]) == 7


def test_the_spreadsheet_has_a_line_a_value_and_says_why_there_is_none(the_results):
    with (the_results / "measurements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * (len(DEFINITIONS) + 1)
    assert rows[0]["number"] != ""
    assert rows[-2]["number"] == ""
    assert rows[-2]["reason"] == "No left femoral head is in the label map."
    assert [row["name"] for row in rows if row["side"] == "left"][-1] == "steinberg_stage"


def test_the_report_needs_no_other_file_and_explains_every_number(the_results):
    page = (the_results / "report.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert 'src="' in page
    assert page.count('src="data:image/png;base64,') == page.count('src="')
    assert "Not a medical device" in page
    assert all(definition.title in page for definition in DEFINITIONS)
    assert page.count("slice through the right hip") == 3
    assert "B, 19 % (" in page


def test_without_image_the_report_says_that_there_are_no_slices(a_label_map, tmp_path):
    run_onfh(OnfhJob(written(a_label_map, tmp_path / "labels.mha"), tmp_path / "out"))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "No slices: no image was given" in page
    assert "slice through" not in page


def changed(labels: sitk.Image, values: dict[int, float]) -> sitk.Image:
    array = sitk.GetArrayFromImage(labels).astype(np.float32)
    for old, new in values.items():
        array[array == old] = new
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(labels)
    return image


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({3: 7}, "holds the values 7: give a label map with 1 = right femoral head, 2 = left femoral head"),
        ({3: 0.5}, "holds the values 0.5: give a label map"),
        ({1: 0, 3: 0}, "is an empty label map: mark 1 = right femoral head"),
        ({1: 0}, "shows no femoral head that can be measured: The right lesion is marked without a femoral head."),
    ],
)
def test_a_label_map_that_cannot_be_used_is_one_sentence_and_nothing_is_written(
    a_label_map, tmp_path, values, sentence
):
    labels = written(changed(a_label_map, values), tmp_path / "labels.nii.gz")
    with pytest.raises(InputError, match=r"labels\.nii\.gz") as problem:
        run_onfh(OnfhJob(labels, tmp_path / "out"))
    assert sentence in str(problem.value)
    assert list(tmp_path.iterdir()) == [labels]


def test_a_label_of_something_else_is_refused(tmp_path):
    labels = written(hips.label_map(hips.grid(), (1, hips.ball(8.0))), tmp_path / "labels.nii.gz")
    with pytest.raises(InputError, match="holds no round surface"):
        run_onfh(OnfhJob(labels, tmp_path / "out"))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("labels.nrrd", None, "cannot be opened"),
        ("labels.txt", b"1 2 3", "is not in a format that can be read: give a .nii"),
        ("labels.nii.gz", b"", "is an empty file"),
        ("labels.nii.gz", b"not an image", "is damaged or cut short"),
    ],
)
def test_a_file_that_is_no_label_map_is_exit_code_2_and_nothing_is_written(tmp_path, name, content, sentence):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    code, out, err = hipjoint("onfh", path, "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert name in err
    assert sentence in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_several_layers_or_a_single_slice_are_refused(a_label_map, tmp_path):
    layers = written(sitk.Compose(a_label_map, a_label_map), tmp_path / "layers.nrrd")
    with pytest.raises(InputError, match="several layers"):
        read_label_map(layers, ONFH)
    slice_ = written(a_label_map[:, :, 30:31], tmp_path / "slice.nrrd")
    with pytest.raises(InputError, match="single slice"):
        read_label_map(slice_, ONFH)


def test_an_image_of_another_place_is_refused(a_label_map, tmp_path):
    labels = written(a_label_map, tmp_path / "labels.nii.gz")
    elsewhere = shown(a_label_map)
    elsewhere.SetOrigin((300.0, 0.0, 0.0))
    image = written(elsewhere, tmp_path / "scan.nii.gz")
    with pytest.raises(InputError, match=r"scan\.nii\.gz does not show the right femoral head"):
        run_onfh(OnfhJob(labels, tmp_path / "out", image))
    assert not (tmp_path / "out").exists()


def test_other_files_are_not_overwritten(a_label_map, tmp_path):
    labels = written(a_label_map, tmp_path / "labels.nii.gz")
    with pytest.raises(InputError, match="is not empty"):
        run_onfh(OnfhJob(labels, tmp_path))


def test_a_segmentation_of_slicer_is_read_and_its_lesion_has_region_and_side(a_label_map, tmp_path):
    path = tmp_path / "labels.seg.nrrd"
    write_segmentation(a_label_map, [ONFH[0], ONFH[2]], path)
    again = read_label_map(path, ONFH)
    assert np.array_equal(sitk.GetArrayViewFromImage(again), sitk.GetArrayViewFromImage(a_label_map))
    assert terminology(ONFH[2]) == (
        "Segmentation category and type - DICOM master list"
        "~SCT^49755003^Morphologically Altered Structure~SCT^6574001^Necrosis~^^"
        "~Anatomic codes - DICOM master list~SCT^2812003^Head of Femur~SCT^24028007^Right"
    )
