from __future__ import annotations

import numpy as np
import phantom
import pytest
import SimpleITK as sitk

from hipjoint.labels import HIP_CT
from hipjoint.measure import cut_by_field_of_view, field_of_view_warnings
from hipjoint.tasks.result import SegmentationResult

FEMUR = HIP_CT[0]


@pytest.fixture
def an_image() -> sitk.Image:
    return phantom.empty_image()


def a_box(image: sitk.Image, x: slice, y: slice, z: slice) -> sitk.Image:
    labels = np.zeros(image.GetSize()[::-1], np.uint8)
    labels[z, y, x] = FEMUR.value
    return phantom.like(labels, image)


def test_a_bone_that_is_not_there_is_not_cut(an_image):
    assert cut_by_field_of_view(a_box(an_image, slice(0), slice(0), slice(0)), FEMUR) == []


def test_a_bone_inside_the_scan_is_not_cut(an_image):
    labels = a_box(an_image, slice(20, 40), slice(20, 40), slice(20, 40))
    assert cut_by_field_of_view(labels, FEMUR, an_image) == []


def test_a_bone_that_leaves_at_the_foot_end_is_cut_inferior(an_image):
    labels = a_box(an_image, slice(20, 40), slice(20, 40), slice(0, 40))
    assert cut_by_field_of_view(labels, FEMUR) == ["inferior"]


def test_directions_are_the_patients_also_when_the_slices_run_from_head_to_foot():
    image = phantom.empty_image(np.diag([-1.0, 1.0, -1.0]))
    labels = a_box(image, slice(0, 40), slice(20, 40), slice(0, 40))
    assert cut_by_field_of_view(labels, FEMUR) == ["left", "superior"]


def test_the_widest_contact_is_named_first(an_image):
    labels = a_box(an_image, slice(80, 100), slice(50, 60), slice(20, 60))
    assert cut_by_field_of_view(labels, FEMUR) == ["posterior", "left"]


def test_the_last_voxel_before_the_edge_may_be_missing(an_image):
    image = sitk.Image(an_image)
    image.SetSpacing((1.0, 1.0, 1.0))
    labels = a_box(image, slice(1, 30), slice(20, 40), slice(20, 40))
    assert cut_by_field_of_view(labels, FEMUR) == ["right"]


def test_a_contact_of_a_few_voxels_is_no_cut(an_image):
    labels = a_box(an_image, slice(0, 40), slice(20, 21), slice(20, 21))
    assert cut_by_field_of_view(labels, FEMUR) == []


def test_a_bone_that_meets_the_padding_of_a_round_field_of_view_is_cut(an_image):
    an_image[70:, :, :] = -2000.0
    labels = a_box(an_image, slice(40, 70), slice(20, 40), slice(20, 40))
    assert cut_by_field_of_view(labels, FEMUR, an_image) == ["left"]


def test_a_bone_beside_soft_tissue_of_one_value_is_not_cut(an_image):
    labels = a_box(an_image, slice(40, 70), slice(20, 40), slice(20, 40))
    assert cut_by_field_of_view(labels, FEMUR, an_image) == []


def test_the_warning_names_the_bone_and_the_directions(a_result):
    lower = SegmentationResult(a_result.image[:, :, 24:], a_result.labels[:, :, 24:], a_result.segments)
    sentences = field_of_view_warnings(lower)
    assert [[label.name for label in sentence.labels] for sentence in sentences] == [["femur_right"], ["femur_left"]]
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "Right femur is cut by the field of view (inferior)",
        "Left femur is cut by the field of view (inferior)",
    ]
