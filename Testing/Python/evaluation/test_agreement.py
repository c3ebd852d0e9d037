from __future__ import annotations

import boxes
import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.evaluation.agreement import ASD, DICE, VOLUME_ERROR, agreement
from hipjoint.evaluation.spread import row, spread

CUBE = boxes.mask(boxes.box(5, 6, 7))
# A cube of 10 voxels has 488 on its surface. Moved by one voxel, it has 100 + 64 of them off the other surface: the
# face that sticks out, and the opposite one less its rim, which lies on the sides of the other cube.
SURFACE = 488
X, Y, Z = 0.7, 0.9, 5.0


def test_a_cube_moved_by_a_voxel_has_the_numbers_counted_by_hand():
    found = agreement(boxes.mask(boxes.box(5, 6, 8)), CUBE, (1.0, 1.0, 1.0))
    assert (found.dice, found.precision, found.recall) == (0.9, 0.9, 0.9)
    assert found.asd_mm == pytest.approx((100 + 64) / SURFACE)
    assert found.hd95_mm == pytest.approx(1.0)
    assert (found.volume_ml, found.reference_ml, found.volume_error_percent) == (1.0, 1.0, 0.0)


# Where a step along an axis is longer than one across it, the sides are nearer to some of the 64: to 16 of them along x
# if the cube moved along y, and to all of them if it moved between slices (23 mm for each quarter of the face).
@pytest.mark.parametrize(
    ("step", "farthest", "total"),
    [((0, 0, 1), X, 164 * X), ((0, 1, 0), Y, 148 * Y + 16 * X), ((1, 0, 0), Z, 100 * Z + 4 * 23.0)],
)
def test_distances_are_in_mm_along_each_axis_of_a_grid_with_thick_slices(step, farthest, total):
    z, y, x = step
    found = agreement(boxes.mask(boxes.box(5 + z, 6 + y, 7 + x)), CUBE, (Z, Y, X))
    assert found.hd95_mm == pytest.approx(farthest, rel=1e-5)
    assert found.asd_mm == pytest.approx(total / SURFACE, rel=1e-5)


def test_a_larger_cube_has_less_precision_and_all_of_the_recall():
    found = agreement(boxes.mask(boxes.box(4, 5, 6, 12)), CUBE, (1.0, 1.0, 1.0))
    assert found.precision == pytest.approx(1000 / 1728)
    assert found.recall == 1.0
    assert found.volume_error_percent == pytest.approx(72.8)


def test_the_same_mask_agrees_in_everything_also_at_the_edge_of_the_image():
    whole = np.ones((6, 7, 8), bool)
    found = agreement(whole, whole, (1.0, 2.0, 3.0))
    assert (found.dice, found.asd_mm, found.hd95_mm, found.volume_error_percent) == (1.0, 0.0, 0.0, 0.0)
    shorter = whole.copy()
    shorter[0] = False
    assert agreement(shorter, whole, (1.0, 2.0, 3.0)).hd95_mm == 1.0


def test_a_missed_and_an_extra_structure_have_dice_0_and_no_distance():
    nothing = np.zeros_like(CUBE)
    missed = agreement(nothing, CUBE, (1.0, 1.0, 1.0))
    assert (missed.missed, missed.extra, missed.dice, missed.recall, missed.precision) == (True, False, 0.0, 0.0, None)
    assert (missed.asd_mm, missed.hd95_mm, missed.volume_error_percent) == (None, None, -100.0)
    extra = agreement(CUBE, nothing, (1.0, 1.0, 1.0))
    assert (extra.missed, extra.extra, extra.dice, extra.recall, extra.precision) == (False, True, 0.0, None, 0.0)
    assert extra.volume_error_percent is None
    with pytest.raises(ValueError, match="empty"):
        agreement(nothing, nothing, (1.0, 1.0, 1.0))


def test_overlap_is_what_simpleitk_measures():
    rough = np.random.default_rng(3).random(boxes.SHAPE) < 0.3
    found = agreement(rough, CUBE, (1.0, 1.0, 1.0))
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*(sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (rough, CUBE)))
    assert found.dice == pytest.approx(overlap.GetDiceCoefficient())
    assert found.recall == pytest.approx(1 - overlap.GetFalseNegativeError())


def test_the_spread_gives_median_quartiles_and_the_worst_in_the_right_direction():
    values = [0.9, None, 0.5, 0.8, 0.7, 0.6]
    found = spread(values, DICE)
    assert (found.n, found.worst) == (5, 0.5)
    assert (found.median, found.q1, found.q3) == pytest.approx((0.7, 0.6, 0.8))
    assert (found.mean, found.sd) == pytest.approx((0.7, np.sqrt(0.1 / 4)))
    assert spread(values, ASD).worst == 0.9
    assert spread([-9.0, 4.0], VOLUME_ERROR).worst == -9.0
    assert spread([None], DICE) is None
    assert spread([0.5], DICE).sd is None


def test_a_row_counts_what_was_missed_and_leaves_it_out_of_the_distances_only():
    nothing = np.zeros_like(CUBE)
    pairs = ((CUBE, CUBE), (CUBE, CUBE), (nothing, CUBE), (CUBE, nothing))
    found = row("Box", [agreement(*pair, (1.0, 1.0, 1.0)) for pair in pairs])
    assert (found.n, found.missed, found.extra) == (4, 1, 1)
    assert (found.spreads["dice"].n, found.spreads["dice"].mean) == (4, 0.5)
    assert (found.spreads["asd_mm"].n, found.spreads["asd_mm"].mean) == (2, 0.0)
