from __future__ import annotations

import hips
import numpy as np
import pytest

from hipjoint.measure.lesion import LesionSize, default_uncertainty, measure_lesion

BALL = 4 / 3 * np.pi / 1000


def sizes(lesion: hips.Solid, head: hips.Solid | None = None, spacing=hips.ISO, u: float = 0.5) -> LesionSize:
    grid = hips.grid(spacing)
    return measure_lesion(hips.mask(head or hips.ball(), grid), hips.mask(lesion, grid), grid, u)


def test_volumes_and_share_are_those_of_the_voxels():
    found = sizes(hips.ball(12.0))
    assert found.head_ml == pytest.approx(BALL * 24**3, rel=0.005)
    assert found.lesion_ml == pytest.approx(BALL * 12**3, rel=0.01)
    assert found.share == pytest.approx(12.5, abs=0.15)
    assert found.pieces == 1


def test_what_lies_outside_the_head_does_not_count():
    assert sizes(hips.ball(40.0)).share == 100.0
    assert sizes(hips.ball(8.0, hips.at(0, 0, 34))).lesion_ml == 0.0


@pytest.mark.parametrize("spacing", [hips.ISO, hips.CORONAL_SLICES], ids=["1 mm", "5 mm"])
@pytest.mark.parametrize("u", [0.3, 0.5, 1.0])
def test_the_interval_is_that_of_both_surfaces_moved_in_and_out(u, spacing):
    low, high = sizes(hips.ball(14.0), spacing=spacing, u=u).share_interval
    exact_low, exact_high = (100 * (14 + s * u) ** 3 / (24 - s * u) ** 3 for s in (-1, 1))
    assert low == pytest.approx(exact_low, abs=0.25 + 1.5 * u * u)
    assert high == pytest.approx(exact_high, abs=0.25 + 2.5 * u * u)


def test_the_joint_surface_of_a_lesion_moves_with_the_head():
    half = hips.both(hips.ball(), hips.beneath(hips.CAP, 0.0))
    found = sizes(half, u=1.0)
    # Only the flat side moves the share: 1 mm of its area, over the volume of the head.
    slab = 100 * np.pi * 24**2 / (4 / 3 * np.pi * 24**3)
    assert found.share == pytest.approx(50, abs=0.3)
    assert found.share_interval[0] == pytest.approx(50 - slab, abs=0.6)
    assert found.share_interval[1] == pytest.approx(50 + slab, abs=0.6)


def test_the_interval_holds_the_share_and_stays_between_0_and_100():
    small = sizes(hips.ball(2.0), u=3.0)
    assert 0.0 == small.share_interval[0] < small.share < small.share_interval[1]
    whole = sizes(hips.ball(), u=3.0)
    assert whole.share == whole.share_interval[1] == 100.0


def test_pieces_are_counted_without_specks():
    two = hips.either(hips.ball(5.0, hips.at(0, 0, 12)), hips.ball(5.0, hips.at(0, 0, -12)))
    speck = hips.ball(1.0, hips.at(12, 0, 0))
    assert sizes(two).pieces == 2
    assert sizes(hips.either(two, speck)).pieces == 2
    assert sizes(speck).pieces == 1
    assert sizes(hips.ball(5.0, hips.at(0, 0, 60))).pieces == 0


def test_coarse_voxels_make_the_outline_less_certain():
    assert default_uncertainty(hips.grid((0.5, 0.5, 0.5))) == 0.5
    assert default_uncertainty(hips.grid(hips.CORONAL_SLICES)) == pytest.approx((0.9 * 0.9 * 5) ** (1 / 3) / 2)


def test_a_share_of_an_empty_head_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="empty"):
        sizes(hips.ball(), head=hips.ball(1.0, hips.CENTRE + 500))
