"""MRI is read as CT is, in any plane and with any values, when a task asks for it; anything else is refused by name."""

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_writer import places, write_series
from pydicom.uid import CTImageStorage, MRImageStorage

from hipjoint.errors import InputError
from hipjoint.volume import list_series, read_volume
from hipjoint.volume.modality import CT, MR

TAGS = {"Modality": "MR", "SOPClassUID": MRImageStorage, "intercept": 0.0, "RescaleIntercept": 0.0}
CORONAL = {"axes": np.array([[1.0, 0, 0], [0, 0, -1.0]]), "positions": places(step=(0.0, 4.0, 0.0))}


def _signal(size=(24, 22, 18)):
    values = np.random.default_rng(0).gamma(2.0, 150.0, size[::-1]).astype(np.float32)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((4.0, 4.0, 4.0))
    return image


def _written(image, tmp_path):
    sitk.WriteImage(image, str(tmp_path / "scan.nii.gz"))
    return tmp_path / "scan.nii.gz"


@pytest.mark.parametrize("plane", [{}, CORONAL], ids=["axial", "coronal"])
def test_an_mr_series_is_read_for_a_task_that_needs_mri(tmp_path, plane):
    write_series(tmp_path, **TAGS, **plane)
    volume = read_volume(tmp_path, modality=MR)
    assert sorted(volume.image.GetSize()) == [18, 22, 24]
    assert sitk.GetArrayViewFromImage(volume.image).max() > 0
    assert not volume.notes


def test_of_ct_and_mr_in_one_folder_each_task_gets_its_own(tmp_path):
    write_series(tmp_path / "a", number=2)
    write_series(tmp_path / "b", number=5, **TAGS, **CORONAL)
    assert read_volume(tmp_path, modality=CT).name == "series-2"
    assert read_volume(tmp_path, modality=MR).name == "series-5"


def test_in_the_list_of_series_each_is_judged_for_the_tasks_of_its_own_kind(tmp_path):
    write_series(tmp_path / "a", number=2)
    write_series(tmp_path / "b", number=5, **TAGS, **CORONAL)
    write_series(tmp_path / "c", places(3), number=6, **TAGS)
    listed = {info.key: info for info in list_series(tmp_path)}
    assert [listed[key].problem for key in ("2", "5")] == ["", ""]
    assert [listed[key].is_best for key in ("2", "5", "6")] == [True, True, False]
    assert "slices" in listed["6"].problem


def test_a_ct_is_no_mri_as_header_and_as_values(tmp_path):
    write_series(tmp_path / "dicom")
    with pytest.raises(InputError, match="series 3 is CT and not MR: give an MRI scan"):
        read_volume(tmp_path / "dicom", modality=MR)
    hu = _signal() * 2 - 1000
    with pytest.raises(InputError, match="is a CT and no MRI, as its values from -9"):
        read_volume(_written(hu, tmp_path), modality=MR)


def test_an_mri_is_refused_by_a_task_that_needs_ct(tmp_path):
    write_series(tmp_path, **TAGS)
    with pytest.raises(InputError, match="is MR and not CT"):
        read_volume(tmp_path)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"positions": places(7, (0.0, 0.0, 7.9)), "shape": (22, 24)}, "has 7 slices only, as a scout view has"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "is a scout view"),
        ({"SOPClassUID": CTImageStorage}, "is no MR image but CT Image Storage"),
    ],
    ids=["few slices", "localizer", "other class"],
)
def test_an_mr_series_that_cannot_be_used_says_why(tmp_path, tags, reason):
    write_series(tmp_path, **{**TAGS, **tags})
    with pytest.raises(InputError, match=reason):
        read_volume(tmp_path, modality=MR)


def test_seven_thick_slices_are_a_scout_and_eight_are_not(tmp_path):
    few, enough = (_signal((24, 22, n)) for n in (7, 8))
    for image in (few, enough):
        image.SetSpacing((4.0, 4.0, 8.0))
    with pytest.raises(InputError, match="7 slices only"):
        read_volume(_written(few, tmp_path), modality=MR)
    assert read_volume(_written(enough, tmp_path), modality=MR).image.GetDepth() == 8


def test_values_of_an_mri_stay_as_they_are_negative_ones_too(tmp_path):
    image = _signal() - 300
    read = read_volume(_written(image, tmp_path), modality=MR).image
    assert np.allclose(sitk.GetArrayViewFromImage(read), sitk.GetArrayViewFromImage(image))
