from __future__ import annotations

import hips
import numpy as np
import pytest
from scipy.optimize import brentq

from hipjoint.measure.boundary import boundary
from hipjoint.measure.head_neck import Neck, find_neck, head_of, signed_distance
from hipjoint.measure.head_sphere import fit_sphere

GRID = hips.grid(extent_mm=100.0)
# Radius at the centre and growth: a cylinder as in a child, a cone as in most adults, a short thick neck.
NECKS = {"cylinder": (15.0, 0.0), "cone": (13.0, 0.15), "thick": (18.0, 0.0)}


def femur(name: str, end_mm: float = 32.0) -> hips.Solid:
    radius, growth = NECKS[name]
    return hips.either(hips.ball(), hips.tapered(0, end_mm, radius, growth))


def junction_by_construction(name: str) -> float:
    """Where the circle of the neck is larger than that of the sphere by the stated amount."""
    radius, growth = NECKS[name]
    r = hips.RADIUS
    return float(brentq(lambda t: radius + growth * t - np.sqrt(r * r - t * t) - 1.0, 0, r - 1e-9))


def found(solid: hips.Solid, grid=GRID) -> tuple[Neck, float]:
    """The neck, and the volume of the head in ml."""
    mask = hips.mask(solid, grid)
    sphere = fit_sphere(boundary(mask, grid))
    neck = find_neck(signed_distance(mask, grid), grid, sphere, "right")
    return neck, np.count_nonzero(head_of(mask, grid, sphere, neck)) * float(np.prod(grid.GetSpacing())) / 1000


def degrees_off(neck: Neck) -> float:
    return float(np.degrees(np.arccos(neck.axis @ hips.NECK)))


@pytest.mark.parametrize("name", NECKS)
def test_the_junction_is_where_the_section_leaves_the_sphere(name):
    neck, _ = found(femur(name))
    assert neck.ending == "leaves the sphere"
    assert neck.junction_mm == pytest.approx(junction_by_construction(name), abs=0.4)
    assert degrees_off(neck) < 1.5


@pytest.mark.parametrize("spacing", [hips.CORONAL_SLICES, hips.AXIAL_SLICES], ids=["coronal", "axial"])
def test_with_thick_slices_the_junction_moves_by_less_than_a_millimetre(spacing):
    neck, _ = found(femur("cone"), hips.grid(spacing, extent_mm=100.0))
    assert neck.junction_mm == pytest.approx(junction_by_construction("cone"), abs=0.8)
    assert degrees_off(neck) < 3


def test_the_head_is_the_same_however_much_of_the_neck_two_readers_draw():
    volumes = [found(femur("cone", end_mm))[1] for end_mm in (24.0, 28.0, 32.0, 40.0)]
    assert max(volumes) / min(volumes) < 1.01


def test_the_volume_of_the_head_is_that_of_the_sphere_up_to_the_junction_and_of_the_neck_in_it():
    _, volume = found(femur("cylinder"))
    t, r, neck = junction_by_construction("cylinder"), hips.RADIUS, NECKS["cylinder"][0]
    leaves = np.sqrt(r * r - neck * neck)

    def of_sphere(x: float) -> float:
        return float(np.pi * (r * r * x - x**3 / 3))

    expected = of_sphere(leaves) - of_sphere(-r) + np.pi * neck**2 * (t - leaves)
    assert volume == pytest.approx(expected / 1000, rel=0.01)


@pytest.mark.parametrize("cut_mm", [10.0, 15.0, 18.0])
def test_a_mask_that_ends_at_a_cut_keeps_its_volume(cut_mm):
    neck, volume = found(hips.head(cut_mm=cut_mm))
    assert neck.ending == "cut"
    assert neck.junction_mm == pytest.approx(cut_mm, abs=0.4)
    assert volume == pytest.approx(np.count_nonzero(hips.mask(hips.head(cut_mm=cut_mm), GRID)) / 1000, rel=0.005)


def test_a_whole_ball_has_no_neck_to_see():
    assert found(hips.ball())[0].ending == "none"


def test_a_collapsed_cap_is_not_taken_for_the_neck():
    neck, _ = found(hips.both(femur("cone"), hips.beneath(hips.CAP, hips.RADIUS - 4)))
    assert degrees_off(neck) < 1.5


def test_the_greater_trochanter_beside_the_neck_does_not_count_as_section():
    trochanter = hips.ball(12.0, hips.CENTRE + 22 * hips.NECK + 32 * np.array([0.0, 1.0, 0.0]))
    neck, _ = found(hips.either(femur("cone"), trochanter), hips.grid(extent_mm=130.0))
    assert neck.junction_mm == pytest.approx(junction_by_construction("cone"), abs=0.4)
