from __future__ import annotations

import hips
import pytest
import SimpleITK as sitk

from hipjoint.measure.osteonecrosis import HipAssessment, assess


@pytest.fixture(scope="session")
def a_label_map() -> sitk.Image:
    """A right hip, 2.6 mm collapsed, with a lesion of 80 by 120 degrees; the left hip is not in it."""
    head = hips.head(collapse_mm=2.6)
    lesion = hips.both(head, hips.sector(-45, 35, "coronal"), hips.sector(-50, 70, "sagittal"))
    return hips.label_map(hips.grid(), (1, head), (3, lesion))


@pytest.fixture(scope="session")
def a_hip(a_label_map) -> HipAssessment:
    return assess(a_label_map)["right"]
