from __future__ import annotations

import dicom_writer
import linear_field
import numpy as np
import pytest
from dicom_writer import places, write_series
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, SecondaryCaptureImageStorage

from hipjoint.errors import InputError
from hipjoint.volume import list_series, read_volume

THIN = {"positions": places(36, (0, 0, 2.0))}
CORONAL = {"positions": dicom_writer.CORNER + np.arange(36)[:, None] * [0, 2.0, 0], "axes": np.eye(3)[[0, 2]]}
DERIVED = {"ImageType": ["DERIVED", "SECONDARY", "MPR"]}


@pytest.mark.parametrize(
    "better",
    [THIN, {"positions": places(20)}],
    ids=["thinner slices", "a longer scan"],
)
def test_the_series_with_more_slices_is_taken(tmp_path, better):
    write_series(tmp_path / "a", number=2)
    write_series(tmp_path / "b", number=3, **better)
    write_series(tmp_path / "c", number=4)
    volume = read_volume(tmp_path)
    assert volume.name == "series-3"
    assert volume.notes[0].startswith("Series 3 was taken, the best fit of 3")


@pytest.mark.parametrize(
    "worse",
    [{**THIN, **DERIVED}, CORONAL, {**THIN, "BodyPartExamined": "CHEST"}],
    ids=["derived", "not axial", "of another part of the body"],
)
def test_a_series_of_the_wrong_kind_is_not_taken_for_its_many_slices(tmp_path, worse):
    write_series(tmp_path / "a", number=2, **worse)
    write_series(tmp_path / "b", number=3)
    assert read_volume(tmp_path).name == "series-3"
    assert read_volume(tmp_path, series="2").name == "series-2"


@pytest.mark.parametrize("only", [DERIVED, CORONAL, {"BodyPartExamined": "CHEST"}])
def test_a_series_of_the_second_choice_is_taken_where_there_is_no_other(tmp_path, only):
    write_series(tmp_path, **only)
    volume = read_volume(tmp_path)
    assert volume.name == "series-3"
    assert linear_field.greatest_error(volume.image) < 0.3


def test_of_two_that_fit_equally_the_lower_number_is_taken(tmp_path):
    write_series(tmp_path / "a", number=12)
    write_series(tmp_path / "b", number=5)
    assert read_volume(tmp_path).name == "series-5"


UNUSABLE = {
    "MR": ({"Modality": "MR", "SOPClassUID": MRImageStorage}, "is MR and not CT"),
    "no modality": ({"Modality": None}, "is of no known modality and not CT"),
    "scout": ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "is a scout view"),
    "screenshot": (
        {"SOPClassUID": SecondaryCaptureImageStorage},
        "is no CT image but Secondary Capture Image Storage",
    ),
    "material map": ({"RescaleType": "MGML"}, "holds other values than HU"),
    "no position": ({"ImagePositionPatient": None}, "says not where its slices lie in the patient"),
    "no orientation": ({"ImageOrientationPatient": None}, "says not where its slices lie in the patient"),
    "no spacing": ({"PixelSpacing": None}, "says not where its slices lie in the patient"),
    "axes not at right angles": ({"axes": np.array([[1, 0, 0], [0.5, 0.8, 0]])}, "says not where its slices lie"),
    "slices too far apart": ({"positions": places(9, (0, 0, 9.0))}, "lacks slices over a gap of 9 mm"),
    "slices too near": ({"positions": places(40, (0, 0, 0.2))}, "has voxels of 4 x 4 x 0.2 mm, which is not"),
    "few slices": ({"positions": places(5)}, "covers 96 x 88 x 20 mm, too little for a hip joint"),
    "small slices": ({"shape": (10, 24)}, "covers 96 x 40 x 72 mm, too little for a hip joint"),
}


@pytest.mark.parametrize(("tags", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_series_that_cannot_be_used_says_why(tmp_path, tags, reason):
    write_series(tmp_path / "a", **tags)
    with pytest.raises(InputError) as refusal:
        read_volume(tmp_path)
    text = str(refusal.value)
    assert text.startswith(f"{tmp_path} cannot be used, as its series 3 {reason}")
    assert text.endswith(".")
    write_series(tmp_path / "b", number=9)
    assert read_volume(tmp_path).name == "series-9"
    assert list_series(tmp_path)[0].problem in text
    with pytest.raises(InputError, match="cannot be used, as its series 3"):
        read_volume(tmp_path, series="3")


def test_pictures_in_colour_are_refused(tmp_path):
    data = dicom_writer.image_header(SecondaryCaptureImageStorage, ExplicitVRLittleEndian, SeriesNumber=3)
    dicom_writer.set_pixels(data, np.zeros((20, 20, 3)))
    dicom_writer.save(data, tmp_path / "IM1")
    with pytest.raises(InputError, match="series 3 is in colour"):
        read_volume(tmp_path / "IM1")


def test_where_none_can_be_used_the_first_reasons_are_given(tmp_path):
    for number in range(1, 6):
        write_series(tmp_path / f"{number}", places(number), number=number)
    with pytest.raises(InputError) as refusal:
        read_volume(tmp_path)
    assert str(refusal.value) == (
        f"{tmp_path} holds no series that can be used (series 1 is a single slice; "
        "series 2 covers 96 x 88 x 8 mm, too little for a hip joint; "
        "series 3 covers 96 x 88 x 12 mm, too little for a hip joint; and 2 more): give a CT scan in Hounsfield units."
    )


def test_values_that_are_no_hu_are_refused_with_the_series(tmp_path):
    write_series(tmp_path, RescaleIntercept=0.0)
    with pytest.raises(InputError) as refusal:
        read_volume(tmp_path)
    assert str(refusal.value).startswith(f"{tmp_path} (series 3) is no CT in HU")


def test_a_series_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    write_series(tmp_path / "a", number=2)
    write_series(tmp_path / "b", number=11)
    with pytest.raises(InputError, match=r"has no series 3: choose one of 2, 11\.$"):
        read_volume(tmp_path, series="3")


def test_slices_of_different_size_in_one_series_are_split(tmp_path):
    write_series(tmp_path / "a", SeriesInstanceUID="1.2.3")
    write_series(tmp_path / "b", places(40, (0, 0, 2.0)), SeriesInstanceUID="1.2.3", shape=(30, 30))
    write_series(tmp_path / "c", SeriesInstanceUID="1.2.3", **CORONAL)
    assert {info.key: info.slices for info in list_series(tmp_path)} == {"3.1": 18, "3.2": 40, "3.3": 36}
    assert read_volume(tmp_path, series="3.1").image.GetSize() == (24, 22, 18)
    assert read_volume(tmp_path, series="3").name == "series-3.2"


def test_the_list_shows_what_is_needed_to_choose(tmp_path):
    write_series(tmp_path / "a", number=20, ConvolutionKernel=["Br40f", "3"], spacing=3.5, **THIN)
    write_series(tmp_path / "b", places(1), number=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write_series(tmp_path / "c", number=5, ConvolutionKernel="BONE\x07PLUS 70")
    scout, bone, soft = list_series(tmp_path)
    assert (scout.key, scout.slices, scout.problem, scout.is_best) == ("1", 1, "is a scout view", False)
    assert (bone.key, bone.spacing_mm, bone.kernel, bone.problem) == ("5", (4.0, 4.0, 4.0), "BONEPLUS 70", "")
    assert (soft.key, soft.modality, soft.slices, soft.kernel, soft.is_best) == ("20", "CT", 36, "Br40f 3", True)
    assert soft.spacing_mm == pytest.approx((3.5, 3.5, 2.0))
