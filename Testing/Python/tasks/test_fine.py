"""The second stage of the bone task: what is made of the fine network's answer."""

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.labels import HIP_CT
from hipjoint.tasks.coarse import Coarse
from hipjoint.tasks.fine import FARTHEST, bone_fields
from hipjoint.volume.resample import Grid

SACRUM = HIP_CT[4]


@pytest.fixture
def a_coarse_sacrum():
    """A block of 30 mm in the middle of 90 mm at 3 mm."""
    bones = np.zeros((5, 30, 30, 30), bool)
    bones[4, 10:20, 10:20, 10:20] = True
    return Coarse(Grid((1.5, 1.5, 1.5), (30, 30, 30), 3.0), np.zeros((6, 30, 30, 30), np.float32), bones)


def _answer(place):
    """A fine network that calls ``place`` of 90 x 90 x 90 voxels of 1 mm sacrum."""
    classes = np.zeros((4, 90, 90, 90), np.float32)
    classes[3][place] = 1.0
    classes[0] = 1 - classes[3]
    return Grid((0.5, 0.5, 0.5), (90, 90, 90), 1.0), classes


def test_a_bone_keeps_the_surface_that_the_fine_network_draws(a_coarse_sacrum):
    grid, classes = _answer(np.s_[28:62, 28:62, 28:62])
    fields = bone_fields(a_coarse_sacrum, grid, classes)
    inside = sitk.GetArrayFromImage(fields[SACRUM]) > 0
    assert inside.sum() == 34**3


def test_a_bone_reaches_no_farther_than_two_coarse_voxels_beyond_the_coarse_one(a_coarse_sacrum):
    grid, classes = _answer(np.s_[:, 40:50, 40:50])
    field = bone_fields(a_coarse_sacrum, grid, classes)[SACRUM]
    heights = np.nonzero((sitk.GetArrayFromImage(field) > 0).any((1, 2)))[0] + field.GetOrigin()[2]
    # The middles of the block's outermost coarse voxels lie at 31.5 and 58.5 mm.
    assert heights.min() == pytest.approx(31.5 - FARTHEST, abs=1.0)
    assert heights.max() == pytest.approx(58.5 + FARTHEST, abs=1.0)
