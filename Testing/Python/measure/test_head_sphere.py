from __future__ import annotations

import hips
import numpy as np
import pytest

from hipjoint.errors import InputError
from hipjoint.measure.boundary import boundary
from hipjoint.measure.head_sphere import Sphere, fit_sphere

GRIDS = {
    "1 mm": hips.grid(hips.ISO),
    "1 mm, oblique": hips.grid(hips.ISO, hips.TURNED),
    "5 mm coronal slices": hips.grid(hips.CORONAL_SLICES),
    "5 mm axial slices": hips.grid(hips.AXIAL_SLICES),
}


def fitted(solid: hips.Solid, grid=GRIDS["1 mm"]) -> Sphere:
    return fit_sphere(boundary(hips.mask(solid, grid), grid))


def off_centre(sphere: Sphere) -> float:
    return float(np.linalg.norm(sphere.centre - hips.CENTRE))


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("collapse_mm", [0.0, 1.0, 2.0, 4.0])
def test_neither_the_cut_at_the_neck_nor_a_collapsed_cap_moves_the_sphere(name, collapse_mm):
    sphere = fitted(hips.head(collapse_mm=collapse_mm), GRIDS[name])
    assert off_centre(sphere) < 0.15
    assert sphere.radius == pytest.approx(hips.RADIUS, abs=0.1)


def test_a_whole_neck_and_shaft_do_not_move_the_sphere():
    grid = hips.grid(extent_mm=120.0)
    shaft_at = hips.CENTRE + 48 * hips.NECK
    shaft = hips.both(
        lambda p: np.hypot(p[..., 0] - shaft_at[0], p[..., 1] - shaft_at[1]) < 16,
        lambda p: p[..., 2] < shaft_at[2] + 25,
    )
    sphere = fitted(hips.either(hips.ball(), hips.tapered(0, 50, 14, 0.1), shaft), grid)
    assert off_centre(sphere) < 0.1
    assert sphere.radius == pytest.approx(hips.RADIUS, abs=0.05)


def test_the_residual_of_a_perfect_sphere_is_that_of_its_voxels():
    sphere = fitted(hips.ball())
    assert 0.05 < sphere.rms_mm < 0.25
    assert sphere.used == pytest.approx(1.0, abs=0.02)


def test_the_residual_of_a_head_that_is_not_round_is_larger():
    def egg(p: np.ndarray) -> np.ndarray:
        return np.linalg.norm((p - hips.CENTRE) / (24.0, 24.0, 26.5), axis=-1) <= 1

    assert fitted(egg).rms_mm > 2 * fitted(hips.ball()).rms_mm


def test_voxel_noise_at_the_surface_does_not_move_the_sphere():
    grid = GRIDS["1 mm"]
    rough = hips.points(grid) + np.random.default_rng(0).normal(0, 0.6, (*grid.GetSize()[::-1], 3))
    sphere = fit_sphere(boundary(hips.head(collapse_mm=2.0)(rough), grid))
    assert off_centre(sphere) < 0.2
    assert sphere.radius == pytest.approx(hips.RADIUS, abs=0.2)


def test_the_fit_is_the_same_each_time():
    first, again = fitted(hips.head()), fitted(hips.head())
    assert np.array_equal(first.centre, again.centre)
    assert first.radius == again.radius


def test_a_label_that_holds_no_head_is_refused_in_one_sentence():
    with pytest.raises(InputError, match=r"no round surface of 14 to 36 mm radius: check"):
        fitted(hips.ball(6.0))


@pytest.mark.parametrize("name", GRIDS)
def test_the_patches_of_a_surface_add_up_to_its_area(name):
    grid = GRIDS[name]
    area = boundary(hips.mask(hips.ball(), grid), grid).patches.sum()
    assert area == pytest.approx(4 * np.pi * hips.RADIUS**2, rel=0.08 if "slices" in name else 0.015)
