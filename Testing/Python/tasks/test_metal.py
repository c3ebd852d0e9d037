"""Metal is told with its side; bright bone and metal far away are not."""

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.tasks.metal import metal_warnings


@pytest.fixture
def a_scan():
    """Right femur (label 1) at low x, left femur (label 2) at high x, 2 mm voxels."""
    hu, labels = np.full((40, 60, 120), 40.0, np.float32), np.zeros((40, 60, 120), np.uint8)
    labels[10:30, 20:40, 10:30] = 1
    labels[10:30, 20:40, 90:110] = 2
    hu[labels > 0] = 1400
    return hu, labels


def _images(hu, labels):
    out = []
    for values in (hu, labels):
        image = sitk.GetImageFromArray(values)
        image.SetSpacing((2.0, 2.0, 2.0))
        out.append(image)
    return out


def test_a_native_hip_gives_no_warning(a_scan):
    assert metal_warnings(*_images(*a_scan)) == ()


def test_metal_at_the_left_hip_is_told_as_left(a_scan):
    hu, labels = a_scan
    hu[15:25, 25:35, 84:92] = 3000
    (sentence,) = metal_warnings(*_images(hu, labels))
    assert "left hip" in sentence
    assert [label.name for label in sentence.labels] == ["femur_left", "hip_left"]


def test_metal_at_both_hips_is_told_for_both(a_scan):
    hu, labels = a_scan
    hu[15:25, 25:35, 84:92] = 3000
    hu[15:25, 25:35, 30:36] = 3000
    assert [("left" in s, "right" in s) for s in metal_warnings(*_images(hu, labels))] == [(True, False), (False, True)]


def test_a_speck_of_metal_is_not_worth_a_warning(a_scan):
    hu, labels = a_scan
    hu[20, 30, 85:88] = 3000
    assert metal_warnings(*_images(hu, labels)) == ()
