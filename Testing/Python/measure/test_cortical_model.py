from __future__ import annotations

import cortices
import numpy as np
import pytest

from hipjoint.measure.cortical_model import Cortex, Scanner, calibrate, fit_cortex
from hipjoint.measure.cortical_profile import Edges, Profiles, half_maximum, sample_profiles

UP = np.array([0.0, 0.0, 1.0])
BLUR = 0.75
# The outline lies this far outside the true surface, as one drawn at the half-maximum of a thin cortex does.
OUTSIDE = 0.4


def scanner(blur: float = BLUR) -> Scanner:
    return Scanner(cortices.CORTEX, blur, blur, UP)


def in_shell(thickness: float, noise: float, count: int = 300) -> tuple[Edges, Cortex]:
    image = cortices.shell(thickness, BLUR, radius=18.0, noise=noise)
    profiles = sample_profiles(image, *cortices.on_ball(18.0 + OUTSIDE, count))
    edges = half_maximum(profiles)
    return edges, fit_cortex(profiles, edges, scanner())


def in_tube(thickness: float, noise: float, count: int = 300) -> Profiles:
    image = cortices.tube(thickness, BLUR, noise=noise)
    return sample_profiles(image, *cortices.on_tube(15.0 + OUTSIDE, 20.0, count))


@pytest.mark.parametrize("thickness", [0.3, 0.5, 0.75, 1.0, 2.0, 4.0])
def test_the_thickness_of_a_shell_is_found_to_a_tenth_of_a_millimetre_below_the_blur_too(thickness):
    _, cortex = in_shell(thickness, noise=20.0)
    assert np.isfinite(cortex.thickness).mean() > 0.9
    assert np.nanmean(cortex.thickness) == pytest.approx(thickness, abs=0.05)
    assert np.nanstd(cortex.thickness) < 0.1
    assert np.nanmean(cortex.outer) == pytest.approx(OUTSIDE, abs=0.05)


def test_without_noise_each_profile_is_as_good_as_the_mean():
    _, cortex = in_shell(0.5, noise=0.0)
    assert np.abs(cortex.thickness - 0.5).max() < 0.02


@pytest.mark.parametrize("thickness", [0.5, 1.5, 4.0, 8.0])
def test_the_thickness_of_a_tube_is_found_to_a_tenth_of_a_millimetre(thickness):
    profiles = in_tube(thickness, noise=20.0)
    cortex = fit_cortex(profiles, half_maximum(profiles), scanner())
    assert np.nanmean(cortex.thickness) == pytest.approx(thickness, abs=0.05)
    assert np.nanstd(cortex.thickness) < 0.1


@pytest.mark.parametrize("thickness", [2.5, 4.0])
def test_a_side_that_is_a_quarter_less_dense_keeps_its_thickness(thickness):
    image = cortices.tube(thickness, BLUR, noise=20.0, less_dense=0.25)
    points, normals = cortices.on_tube(15.0 + OUTSIDE, 20.0, 600)
    profiles = sample_profiles(image, points, normals)
    cortex = fit_cortex(profiles, half_maximum(profiles), scanner())
    loose, dense = normals[:, 0] < -0.8, normals[:, 0] > 0.8
    for side, hu in ((loose, 0.75 * cortices.CORTEX), (dense, cortices.CORTEX)):
        assert np.nanmean(cortex.thickness[side]) == pytest.approx(thickness, abs=0.1)
        assert np.nanmean(cortex.hu[side]) == pytest.approx(hu, rel=0.05)


def test_a_cortex_too_thin_to_tell_its_density_keeps_that_of_the_scan():
    _, cortex = in_shell(0.5, noise=20.0)
    assert np.nanmean(cortex.hu) == pytest.approx(cortices.CORTEX, rel=0.02)
    assert np.nanstd(cortex.hu) < 0.02 * cortices.CORTEX


def test_the_half_maximum_is_right_for_a_thick_cortex_and_about_the_blur_for_a_thin_one():
    thick, thin = (in_shell(each, noise=0.0)[0].thickness.mean() for each in (4.0, 0.75))
    assert thick == pytest.approx(4.0, abs=0.1)
    assert thin > 0.75 + 0.8


def test_density_and_blur_of_the_scanner_are_found_where_the_cortex_is_thick():
    parts = [in_tube(each, noise=20.0) for each in (0.7, 2.0, 4.0)]
    profiles = Profiles.joined(parts)
    edges = half_maximum(profiles)
    found = calibrate(profiles, edges, UP)
    assert not found.guessed
    assert found.cortex_hu == pytest.approx(cortices.CORTEX, rel=0.02)
    assert found.across == pytest.approx(BLUR, abs=0.03)
    thin = fit_cortex(profiles, edges, found).thickness[:300]
    assert thin.mean() == pytest.approx(0.7, abs=0.1)


def test_density_is_said_to_be_guessed_where_all_cortex_is_thin():
    profiles = in_tube(0.4, noise=20.0)
    assert calibrate(profiles, half_maximum(profiles), UP).guessed


def test_the_blur_along_a_direction_lies_between_that_in_the_slices_and_across_them():
    found = Scanner(1200.0, 0.6, 1.4, UP)
    assert found.blur(np.array([[1.0, 0, 0], [0, 0, 1.0]])) == pytest.approx([0.6, 1.4])
    slanting = found.blur(np.array([[np.sqrt(0.5), 0, np.sqrt(0.5)]]))[0]
    assert slanting == pytest.approx(np.sqrt((0.6**2 + 1.4**2) / 2))


def beside_another_bone(profiles: Profiles) -> Profiles:
    """The same with dense bone from 2.5 mm outside the surface on, as across a narrow joint."""
    values = profiles.values.copy()
    values[:, profiles.depths < OUTSIDE - 2.5] = 900.0
    return Profiles(profiles.depths, values, profiles.seen, profiles.normals)


def test_bone_across_the_joint_does_not_change_the_thickness():
    profiles = beside_another_bone(in_tube(1.5, noise=10.0))
    cortex = fit_cortex(profiles, half_maximum(profiles), scanner())
    assert np.nanmean(cortex.thickness) == pytest.approx(1.5, abs=0.1)


def test_where_there_is_no_edge_there_is_no_thickness():
    profiles = in_tube(1.0, noise=0.0)
    flat = Profiles(profiles.depths, np.full_like(profiles.values, 40.0), profiles.seen, profiles.normals)
    assert np.isnan(fit_cortex(flat, half_maximum(flat), scanner()).thickness).all()


def test_what_lies_beyond_the_scan_is_not_used():
    image = cortices.tube(3.0, BLUR, length=12.0)
    points, normals = cortices.on_tube(15.0 + OUTSIDE, 40.0, 60)
    profiles = sample_profiles(image, points, normals)
    beyond = np.abs(points[:, 2]) > 7.0
    assert not profiles.seen[beyond].any()
    assert profiles.seen[~beyond & (np.abs(points[:, 2]) < 5.0)].all()
