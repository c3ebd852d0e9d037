"""The task from a film on disk to its results, with networks that answer as the film is drawn."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import drawn_hips
import numpy as np
import pytest
import SimpleITK as sitk
from drawn_hips import both_hips
from film_dicom import write_dx
from film_scene import coarse_truth, film_of, networks, write_film
from scipy import ndimage

from hipjoint.errors import InputError, ModelError
from hipjoint.film_scale import FilmScale
from hipjoint.job import Job, run_job
from hipjoint.labels import HIP_RADIOGRAPH
from hipjoint.output import film_results
from hipjoint.progress import Silent
from hipjoint.report import film_pictures
from hipjoint.resources import models_dir
from hipjoint.tasks import hip_radiograph
from hipjoint.tasks.film_heads import heads_in
from hipjoint.tasks.film_inputs import letterboxed
from hipjoint.tasks.film_regions import FEMUR, hanging_together, hip_labels, near_the_heads, without_islands

TASK = "hip-radiograph"


def answer_with(monkeypatch: pytest.MonkeyPatch, hips: dict[str, np.ndarray]) -> dict[str, Any]:
    found = networks(hips)
    monkeypatch.setattr(film_pictures, "_DPI", 40)  # small pictures are drawn sooner
    monkeypatch.setattr(hip_radiograph, "open_networks", lambda *_: found)
    return found


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than all the rest; the tests of the report and of privacy draw it."""
    monkeypatch.setattr(film_results, "write_report", lambda *_: None)


def segment(source: Path, out: Path, **more: Any) -> Path:
    run_job(Job(source, out, TASK, **more), Silent())
    return out


def drawn() -> np.ndarray:
    labels = both_hips()
    return np.where(labels["left"] > 0, labels["left"] + 10, 0) + labels["right"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    with pytest.MonkeyPatch.context() as monkeypatch:
        answer_with(monkeypatch, both_hips())
        source = write_film(film_of(both_hips()), folder / "Jane Doe.png")
        return segment(source, folder / "out", scale=FilmScale(pixel_mm=0.6))


def test_each_hip_gets_its_labels_on_the_pixels_of_the_film(results: Path) -> None:
    labels = sitk.ReadImage(str(results / "labels.nii.gz"))
    assert labels.GetSize() == (drawn_hips.COLUMNS, drawn_hips.ROWS, 1)
    assert labels.GetSpacing() == (1, 1, 1)
    found, truth = sitk.GetArrayFromImage(labels)[0], drawn()
    for label in HIP_RADIOGRAPH:
        a, b = found == label.value, truth == label.value
        assert 2 * (a & b).sum() / (a.sum() + b.sum()) > 0.95, label.name


def test_the_segmentation_file_names_all_ten_regions(results: Path) -> None:
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(results / "segmentation.seg.nrrd"))
    reader.ReadImageInformation()
    names = [reader.GetMetaData(f"Segment{i}_Name") for i in range(10)]
    assert names == [label.title for label in HIP_RADIOGRAPH]


def test_measures_and_landmarks_of_both_hips_are_written(results: Path) -> None:
    table = json.loads((results / "measurements.json").read_text())
    values = {(each["name"], each["side"]): each for each in table["values"]}
    assert values["head_diameter", "left"]["number"] == pytest.approx(48, abs=0.5)
    assert values["neck_shaft_angle", "right"]["number"] == pytest.approx(130, abs=1.5)
    assert table["pixel"] == {"mm": 0.6, "source": "given by the user", "doubt": ""}
    np.testing.assert_allclose(table["landmarks"]["head_right"]["points_px"][0], drawn_hips.HEAD, atol=0.5)
    with (results / "measurements.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(table["values"])
    assert table["warnings"] == []


def test_the_report_shows_each_measure_on_the_film(results: Path) -> None:
    page = (results / "report.html").read_text()
    assert page.count("data:image/png;base64") == 6
    for words in ("Lateral centre-edge angle", "Right hip: femur", "0.6 mm (given by the user)", "For research only"):
        assert words in page


def test_nothing_of_the_films_name_is_in_the_results(results: Path) -> None:
    for path in results.rglob("*"):
        assert b"Jane" not in path.read_bytes()
    assert {path.name for path in results.iterdir()} == {
        "labels.nii.gz", "segmentation.seg.nrrd", "measurements.json", "measurements.csv", "report.html", "run.json",
    }  # fmt: skip


def test_nothing_of_a_dicom_header_is_in_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, both_hips())
    source = write_dx(film_of(both_hips()) * 10, tmp_path / "a.dcm", ImagerPixelSpacing=[0.7, 0.7], Laterality="R")
    out = segment(source, tmp_path / "out")
    for path in out.rglob("*"):
        assert b"Doe^" not in path.read_bytes()
        assert b"Jane" not in path.read_bytes()
    table = json.loads((out / "measurements.json").read_text())
    assert table["warnings"] == [
        "The header says that this film is of the right hip, but it shows both: check the sides."
    ]
    offset = next(each for each in table["values"] if each["name"] == "femoral_offset")
    assert offset["quality"] == "doubtful"
    assert "as on the detector" in offset["reason"]


def test_one_hip_is_all_of_its_side_and_a_contradicting_tag_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_report: None
) -> None:
    hips = {"left": both_hips()["left"]}
    answer_with(monkeypatch, hips)
    out = segment(write_dx(film_of(hips), tmp_path / "a.dcm", ImageLaterality="R"), tmp_path / "out")
    values = np.unique(sitk.GetArrayFromImage(sitk.ReadImage(str(out / "labels.nii.gz"))))
    assert values.tolist() == [0, 11, 12, 13, 14, 15]
    warning = json.loads((out / "measurements.json").read_text())["warnings"][0]
    assert "is of the right hip, but it looks like a left one" in warning


def test_a_negative_is_turned_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_report: None) -> None:
    found = answer_with(monkeypatch, both_hips())
    coarse, seen = found["coarse"].backend, []

    def only_white_bone(x: np.ndarray) -> np.ndarray:
        seen.append(x)
        white = x[0, 0][coarse_frame(coarse_truth(both_hips())[3:].sum(0)) > 0.9].mean() > x.mean()
        answer = type(coarse).run(coarse, x)
        return answer if white else np.zeros_like(answer)

    monkeypatch.setattr(coarse, "run", only_white_bone)
    out = segment(write_film(255 - film_of(both_hips()), tmp_path / "a.png"), tmp_path / "out")
    assert len(seen) == 2
    warnings = json.loads((out / "measurements.json").read_text())["warnings"]
    assert warnings == ["The film is a negative: black and white were exchanged."]


def coarse_frame(image: np.ndarray) -> np.ndarray:
    return letterboxed(image.astype(np.float32))[0]


def test_a_film_without_a_hip_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answer_with(monkeypatch, both_hips())
    monkeypatch.setattr(found["coarse"].backend, "run", lambda x: np.zeros((1, 6, *x.shape[2:]), np.float32))
    with pytest.raises(InputError, match=r"^film: no hip in an AP view was found .* one hip\.$"):
        segment(write_film(film_of(both_hips()), tmp_path / "a.png"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_metal_is_told_and_kept_in_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_report: None
) -> None:
    answer_with(monkeypatch, both_hips())
    film = film_of(both_hips())
    film[330:520, 158:172] = 255
    out = segment(write_film(ndimage.gaussian_filter(film, 0.7), tmp_path / "a.png"), tmp_path / "out")
    warnings = json.loads((out / "measurements.json").read_text())["warnings"]
    assert any(sentence.startswith("Metal near the right hip") for sentence in warnings)


def test_without_its_models_the_task_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Models").mkdir()
    book = json.loads((models_dir() / "models.json").read_text())
    book["models"] = [entry for entry in book["models"] if entry["task"] != TASK]
    for entry in book["models"]:
        shutil.copy(models_dir() / entry["file"], tmp_path / "Models")
    (tmp_path / "Models" / "models.json").write_text(json.dumps(book))
    monkeypatch.setenv("HIPJOINT_RESOURCES", str(tmp_path))
    with pytest.raises(ModelError, match="There is no model for the task 'hip-radiograph'"):
        segment(write_film(film_of(both_hips()), tmp_path / "a.png"), tmp_path / "out")


def test_the_size_of_a_pixel_is_refused_for_scans(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="for films only and not for the task hip-ct"):
        run_job(Job(tmp_path / "a.nii", tmp_path / "out", scale=FilmScale(pixel_mm=0.2)), Silent())


def test_a_round_spot_without_bones_is_no_head() -> None:
    truth = coarse_truth(both_hips())
    _, frame = letterboxed(truth[0])
    whole = np.stack([letterboxed(each)[0] for each in truth])
    assert [head.side for head in heads_in(whole, frame)] == ["right", "left"]
    np.testing.assert_allclose(heads_in(whole, frame)[0].centre, drawn_hips.HEAD, atol=1.5)
    assert heads_in(whole, frame)[0].radius == pytest.approx(drawn_hips.RADIUS, rel=0.04)
    bare = whole.copy()
    bare[3:] = 0
    assert heads_in(bare, frame) == ()


def test_a_head_with_a_tail_is_found_as_a_head_without() -> None:
    whole = np.stack([letterboxed(each)[0] for each in coarse_truth({"right": both_hips()["right"]})])
    frame = letterboxed(whole[0])[1]
    (plain,) = heads_in(whole, frame)
    row, column = (int(v) for v in frame.from_film(plain.centre)[::-1])
    whole[1, row - 3 : row, column - 30 : column] = 1
    (tailed,) = heads_in(whole, frame)
    np.testing.assert_allclose(tailed.centre, plain.centre, atol=2.0)
    assert tailed.radius == pytest.approx(plain.radius, rel=0.08)


def test_the_side_of_a_single_head_is_where_the_pelvis_is_not() -> None:
    whole = np.stack([letterboxed(each)[0] for each in coarse_truth({"right": both_hips()["right"]})])
    whole[[1, 2]] = whole[[2, 1]]  # the network errs
    assert [head.side for head in heads_in(whole, letterboxed(whole[0])[1])] == ["right"]


def test_islands_go_to_what_lies_round_them() -> None:
    probability = np.zeros((3, 40, 40), np.float32)
    probability[0] = 1
    probability[:, 10:30, 10:30] = np.array([0, 1, 0])[:, None, None]
    probability[:, 15:17, 15:17] = np.array([0, 0, 1])[:, None, None]
    probability[:, 2, 2] = [0, 0, 1]
    clean = without_islands(probability, 10).argmax(0)
    assert (clean == 1).sum() == 400
    assert (clean == 2).sum() == 0


def test_the_labels_of_one_hip_are_told_from_those_of_the_other() -> None:
    labels = np.array([[0, 1, 5, 11, 15]], np.uint8)
    assert hip_labels(labels, "right").tolist() == [[0, 1, 5, 0, 0]]
    assert hip_labels(labels, "left").tolist() == [[0, 0, 0, 1, 5]]


def _sure(classes):
    return np.moveaxis(np.eye(6, dtype=np.float32)[classes] * 0.8 + 0.04, -1, 0)


def test_a_teardrop_far_from_every_head_is_what_is_likeliest_else():
    classes = np.zeros((300, 300), int)
    classes[140:160, 190:200] = classes[20:40, 20:30] = 3
    probability = _sure(classes)
    probability[5] += 0.02
    found = near_the_heads(probability, [np.array([150.0, 150.0])]).argmax(0)
    assert (found[140:160, 190:200] == 3).all()
    assert (found[20:40, 20:30] == 5).all()


def test_no_femur_reaches_far_above_the_higher_head():
    probability = _sure(np.ones((300, 300), int))
    found = near_the_heads(probability, [np.array([90.0, 150.0]), np.array([210.0, 170.0])])
    assert np.allclose(found.sum(0), 1)
    femur = found.argmax(0) == 1
    assert not femur[:98].any()  # 1.6 radii of 32 pixels above the right head
    assert femur[100:].all()


def test_femur_is_only_what_hangs_together_with_a_head():
    classes = np.zeros((300, 300), int)
    classes[100:140, 130:170] = 1
    classes[140:290, 140:150] = 2
    classes[250:280, 30:60] = 1
    found = hanging_together(_sure(classes), [np.array([150.0, 120.0])], FEMUR, 1.0).argmax(0)
    assert (found[140:290, 140:150] == 2).all()
    assert not found[250:280, 30:60].any()
