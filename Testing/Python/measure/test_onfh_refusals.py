from __future__ import annotations

from pathlib import Path

import dicom_writer
import hips
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.uid import MRImageStorage

import hipjoint.onfh
from hipjoint.errors import InputError
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.osteonecrosis import assess_hip
from hipjoint.measure.plausible import refuse_other_labels, refuse_other_sides
from hipjoint.onfh import OnfhJob, run_onfh
from hipjoint.volume.picture import read_labelled_scan

DATA = Path(__file__).resolve().parents[2] / "Data"
FILE = Path("labels.nii.gz")
# Where the series that are written show it whole.
MIDDLE = np.array([1.0, 2.0, 4.0])
ELSEWHERE = dicom_writer.places() + np.array([300.0, 0.0, 0.0])
MR = {"Modality": "MR", "SOPClassUID": MRImageStorage}


def head_at(centre: np.ndarray) -> hips.Solid:
    return hips.both(hips.ball(centre=centre), hips.beneath(hips.NECK, 18.0, centre))


@pytest.fixture(scope="module")
def a_small_head() -> sitk.Image:
    """A right head with its lesion in the middle of the series, in voxels of 2 mm."""
    grid = hips.grid((2.0, 2.0, 2.0), middle=MIDDLE)
    return hips.label_map(grid, (1, head_at(MIDDLE)), (3, hips.ball(8.0, MIDDLE + np.array([0.0, 0.0, 12.0]))))


def saved(image: sitk.Image, folder: Path) -> Path:
    path = folder / FILE
    sitk.WriteImage(image, str(path))
    return path


def test_bones_of_a_real_ct_are_no_femoral_heads(tmp_path):
    bones = sitk.ReadImage(str(DATA / "hip_ct_labels.nii.gz"), sitk.sitkUInt8)
    path = saved(sitk.ChangeLabel(bones, {5: 0}), tmp_path)
    with pytest.raises(InputError) as problem:
        run_onfh(OnfhJob(path, tmp_path / "out"))
    assert "labels.nii.gz holds no femoral head, as what it marks with 1 and 3 has " in str(problem.value)
    assert "give a label map of femoral heads (1 right, 2 left) and their lesions (3 right" in str(problem.value)
    assert list(tmp_path.iterdir()) == [path]


def test_a_proximal_femur_is_refused_and_a_large_head_with_its_neck_is_not():
    grid = hips.grid((2.5, 2.5, 2.5), extent_mm=150.0, middle=hips.CENTRE + 40.0 * hips.NECK)
    shaft = hips.tapered(0.0, 95.0, 16.0, 0.0)
    with pytest.raises(InputError, match=r"holds no femoral head, as what it marks with 1 and 3 has 1\d+ ml over 10"):
        refuse_other_labels(hips.label_map(grid, (1, hips.either(hips.ball(), shaft))), FILE)
    large = hips.either(hips.ball(29.0), hips.tapered(0.0, 45.0, 18.0, 0.0))
    refuse_other_labels(hips.label_map(grid, (1, large)), FILE)


def test_specks_far_from_a_head_do_not_make_it_a_bone(a_small_head):
    far = sitk.ConstantPad(a_small_head, [0, 0, 60], [0, 0, 0], 0)
    far[17, 17, 2] = 3
    refuse_other_labels(far, FILE)


def test_a_head_larger_than_any_is_measured_and_doubted():
    grid = hips.grid((2.0, 2.0, 2.0), extent_mm=80.0)
    huge = hips.mask(hips.both(hips.ball(33.0), hips.beneath(hips.NECK, 26.0)), grid)
    hip = assess_hip(huge, np.zeros_like(huge), grid, "right")
    assert "The head is larger than 120 ml" in hip.value("head_volume").reason
    assert hip.value("head_volume").quality == "doubtful"


def test_exchanged_sides_are_refused(a_small_head):
    off = np.array([90.0, 0.0, 0.0])
    spheres = {"right": Sphere(MIDDLE + off, 24.0), "left": Sphere(MIDDLE - off, 24.0)}
    empty = a_small_head * 0
    with pytest.raises(InputError, match="has its right femoral head left of the left one: check the sides"):
        refuse_other_sides(empty, spheres, FILE)
    refuse_other_sides(empty, {"right": spheres["left"], "left": spheres["right"]}, FILE)


def test_a_lesion_of_the_other_side_is_refused(a_small_head, tmp_path):
    path = saved(sitk.ChangeLabel(a_small_head, {3: 4}), tmp_path)
    with pytest.raises(InputError, match="has a left lesion without a left femoral head: give a label map"):
        run_onfh(OnfhJob(path, tmp_path / "out"))
    assert list(tmp_path.iterdir()) == [path]


def test_a_lesion_off_its_head_is_refused_and_one_that_goes_on_into_the_neck_is_not(a_small_head):
    refuse_other_sides(a_small_head, {"right": Sphere(MIDDLE - [0.0, 0.0, 12.0], 24.0)}, FILE)
    with pytest.raises(InputError, match="has its right lesion off the right femoral head"):
        refuse_other_sides(a_small_head, {"right": Sphere(MIDDLE - [0.0, 0.0, 40.0], 24.0)}, FILE)


def test_the_scan_may_be_a_folder_of_mr_slices(a_small_head, tmp_path, monkeypatch):
    pictures = []
    monkeypatch.setattr(hipjoint.onfh, "write_report", lambda *given: pictures.append(given))
    dicom_writer.write_series(tmp_path / "mr", **MR)
    run_onfh(OnfhJob(saved(a_small_head, tmp_path), tmp_path / "out", tmp_path / "mr"))
    (image,) = [each for each in pictures[0] if isinstance(each, sitk.Image) and each.GetSize() == (24, 22, 18)]
    assert image.GetOrigin() == pytest.approx(dicom_writer.CORNER)
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    assert dicom_writer.PATIENT not in written


def test_of_a_study_the_series_that_shows_the_labels_is_taken(a_small_head, tmp_path):
    dicom_writer.write_series(tmp_path / "mr" / "elsewhere", ELSEWHERE, number=2, **MR)
    dicom_writer.write_series(tmp_path / "mr" / "hip", number=5, **MR)
    image = read_labelled_scan(tmp_path / "mr", a_small_head)
    assert image.GetOrigin() == pytest.approx(dicom_writer.CORNER)


def test_of_several_series_that_show_the_labels_one_must_be_named(a_small_head, tmp_path):
    higher = dicom_writer.places() + np.array([0.0, 0.0, 2.0])
    dicom_writer.write_series(tmp_path / "mr" / "t1", number=4, **MR)
    dicom_writer.write_series(tmp_path / "mr" / "t2", higher, number=7, **MR)
    with pytest.raises(InputError, match="mr holds several series that show what is labelled: choose one of 4, 7"):
        read_labelled_scan(tmp_path / "mr", a_small_head)
    with pytest.raises(InputError, match="mr holds no series 9 that shows what is labelled: choose one of 4, 7"):
        read_labelled_scan(tmp_path / "mr", a_small_head, series="9")
    image = read_labelled_scan(tmp_path / "mr", a_small_head, series="7")
    assert image.GetOrigin()[2] == pytest.approx(higher[0, 2])


def test_a_study_that_does_not_show_the_labels_is_refused(a_small_head, tmp_path):
    dicom_writer.write_series(tmp_path / "mr", ELSEWHERE, **MR)
    with pytest.raises(InputError, match="mr holds no series that shows what is labelled: give the scan"):
        read_labelled_scan(tmp_path / "mr", a_small_head)
    with pytest.raises(InputError, match="is not DICOM and has no series 3"):
        read_labelled_scan(saved(a_small_head, tmp_path), a_small_head, series="3")
