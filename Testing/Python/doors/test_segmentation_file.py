from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.labels import HIP_CT
from hipjoint.output.segmentation_file import terminology, write_segmentation


@pytest.fixture
def a_file(tmp_path: Path, a_result) -> Path:
    path = tmp_path / "segmentation.seg.nrrd"
    write_segmentation(a_result.labels, HIP_CT, path)
    return path


@pytest.fixture
def a_reader(a_file: Path) -> sitk.ImageFileReader:
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(a_file))
    reader.ReadImageInformation()
    return reader


def test_the_voxels_and_the_grid_are_those_of_the_label_map(a_file, a_result):
    read = sitk.ReadImage(str(a_file))
    assert read.GetPixelID() == sitk.sitkUInt8
    assert np.array_equal(sitk.GetArrayViewFromImage(read), sitk.GetArrayViewFromImage(a_result.labels))
    for property_of in (sitk.Image.GetOrigin, sitk.Image.GetSpacing, sitk.Image.GetDirection):
        assert property_of(read) == pytest.approx(property_of(a_result.labels), abs=1e-9)


def test_the_file_is_compressed_and_says_which_way_is_left(a_file):
    header = a_file.read_bytes()[:400]
    assert b"encoding: gzip" in header
    assert b"space: left-posterior-superior" in header


@pytest.mark.parametrize(("index", "label"), list(enumerate(HIP_CT)))
def test_each_segment_has_the_name_colour_and_value_of_its_label(a_reader, index, label):
    def field(key: str) -> str:
        return a_reader.GetMetaData(f"Segment{index}_{key}")

    assert (field("ID"), field("Name"), field("Layer")) == (label.name, label.title, "0")
    assert int(field("LabelValue")) == label.value
    assert [round(float(channel) * 255) for channel in field("Color").split()] == list(label.colour)
    assert field("Tags") == f"TerminologyEntry:{terminology(label)}|"


def test_the_extent_is_the_box_of_the_segments_voxels_as_x_y_z(a_reader, a_result):
    z, y, x = np.nonzero(a_result.mask(5))
    expected = [x.min(), x.max(), y.min(), y.max(), z.min(), z.max()]
    assert [int(end) for end in a_reader.GetMetaData("Segment4_Extent").split()] == expected


def test_the_terminology_of_a_sided_bone_is_in_slicers_form():
    assert terminology(HIP_CT[0]) == (
        "Segmentation category and type - DICOM master list~SCT^123037004^Anatomical Structure~SCT^71341001^Femur"
        "~SCT^24028007^Right~Anatomic codes - DICOM master list~^^~^^"
    )


def test_a_midline_bone_has_no_side():
    assert "~SCT^54735007^Sacrum~^^~Anatomic codes" in terminology(HIP_CT[4])


def test_the_representation_is_a_label_map_under_both_names_that_are_in_use(a_reader):
    for key in ("MasterRepresentation", "SourceRepresentation"):
        assert a_reader.GetMetaData(f"Segmentation_{key}") == "Binary labelmap"
