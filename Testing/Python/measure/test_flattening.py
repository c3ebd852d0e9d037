from __future__ import annotations

import hips
import numpy as np
import pytest

from hipjoint.measure.boundary import boundary
from hipjoint.measure.flattening import Flattening, direction_words, find_flattening, joint_surface, sphericity_of
from hipjoint.measure.head_neck import Neck
from hipjoint.measure.head_sphere import Sphere

SPHERE = Sphere(hips.CENTRE, hips.RADIUS)
NECK = Neck(hips.NECK, 18.0, "cut")


def flattened(depth: float, spacing=hips.ISO, direction=None, cap=hips.CAP) -> Flattening:
    grid = hips.grid(spacing, direction)
    surface = boundary(hips.mask(hips.head(collapse_mm=depth, cap=cap), grid), grid)
    found = find_flattening(joint_surface(surface, SPHERE, NECK), SPHERE)
    assert found is not None
    return found


def degrees_off(found: Flattening, cap: np.ndarray = hips.CAP) -> float:
    return float(np.degrees(np.arccos(np.clip(found.direction @ cap, -1, 1))))


@pytest.mark.parametrize("direction", [None, hips.TURNED], ids=["straight", "oblique"])
@pytest.mark.parametrize("depth", [1.0, 2.0, 3.0, 4.0])
def test_the_depth_of_a_cut_off_cap_is_found_within_a_quarter_of_a_voxel(depth, direction):
    found = flattened(depth, direction=direction)
    assert found.depth_mm == pytest.approx(depth, abs=0.25)
    assert degrees_off(found) < 6
    assert found.noticeable


@pytest.mark.parametrize("depth", [2.0, 3.0, 4.0])
@pytest.mark.parametrize("spacing", [hips.CORONAL_SLICES, hips.AXIAL_SLICES], ids=["coronal", "axial"])
def test_with_thick_slices_the_depth_lies_within_the_error_that_is_told(depth, spacing):
    found = flattened(depth, spacing)
    assert abs(found.depth_mm - depth) <= found.error_mm
    assert degrees_off(found) < 20


@pytest.mark.parametrize("spacing", [hips.ISO, hips.CORONAL_SLICES, hips.AXIAL_SLICES], ids=["1 mm", "cor", "ax"])
def test_a_round_head_is_not_flattened(spacing):
    assert not flattened(0.0, spacing).noticeable


def test_the_cut_at_the_neck_is_no_flattening():
    grid = hips.grid()
    surface = boundary(hips.mask(hips.head(cut_mm=10.0), grid), grid)
    found = find_flattening(joint_surface(surface, SPHERE, Neck(hips.NECK, 10.0, "cut")), SPHERE)
    assert found is not None
    assert not found.noticeable


@pytest.mark.parametrize(
    ("side", "direction", "words"),
    [
        ("right", (0, 0, 1), "superior"),
        ("right", (-0.7, -0.3, 0.65), "lateral-superior"),
        ("left", (-0.7, -0.3, 0.65), "medial-superior"),
        ("left", (0.1, -0.7, 0.7), "anterior-superior"),
    ],
)
def test_a_direction_is_named_as_seen_from_the_patient(side, direction, words):
    assert direction_words(np.array(direction, float), side) == words


def test_a_collapsed_head_is_less_spherical_than_a_round_one():
    def sphericity(depth: float) -> float:
        grid = hips.grid()
        surface = boundary(hips.mask(hips.head(collapse_mm=depth), grid), grid)
        found = sphericity_of(joint_surface(surface, SPHERE, NECK), SPHERE)
        assert found is not None
        return found

    assert sphericity(0.0) > 0.965
    assert sphericity(4.0) < 0.94
