"""A bone is one piece without holes, and right and left are told apart by what lies nearer."""

import numpy as np

from hipjoint.tasks.clean import bounding_box, largest_piece, nearer, one_piece


def _ball(shape, centre, radius):
    z, y, x = np.indices(shape)
    return radius - np.sqrt((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2)


def test_islands_are_removed_and_the_bone_itself_is_untouched():
    bone, island = _ball((40, 40, 60), (20, 20, 20), 12), _ball((40, 40, 60), (20, 20, 50), 4)
    field = np.clip(np.maximum(bone, island), -1, 1).astype(np.float32)
    clean = one_piece(field)
    assert np.array_equal(clean > 0, bone > 0)
    assert np.array_equal(clean[bone > 0], field[bone > 0])


def test_a_cavity_is_filled_even_if_it_leaks_but_an_open_one_stays_open():
    outer = _ball((40, 40, 40), (20, 20, 20), 14)
    cavity = _ball((40, 40, 40), (20, 20, 20), 5)
    closed = np.clip(np.minimum(outer, -cavity), -1, 1).astype(np.float32)
    assert np.array_equal(one_piece(closed) > 0, outer > 0)
    leaking, opened = closed.copy(), closed.copy()
    leaking[19:21, 19:21, 20:] = -1
    assert one_piece(leaking)[20, 20, 22] > 0
    assert (one_piece(leaking) > 0).sum() > 0.99 * (outer > 0).sum()
    opened[16:25, 16:25, 20:] = -1
    assert not one_piece(opened)[20, 20, 22] > 0


def test_the_largest_of_nothing_is_nothing():
    assert not largest_piece(np.zeros((4, 4, 4), bool)).any()
    assert bounding_box(np.zeros((4, 4, 4), bool), 2) is None


def test_a_bounding_box_leaves_its_margin_and_stays_inside():
    mask = np.zeros((20, 20, 20), bool)
    mask[1, 10, 18] = True
    assert bounding_box(mask, 3) == (slice(0, 5), slice(7, 14), slice(15, 20))


def test_every_place_belongs_to_the_nearer_side():
    right, left = np.zeros((8, 8, 40), bool), np.zeros((8, 8, 40), bool)
    right[:, :, 5], left[:, :, 34] = True, True
    found = nearer(right, left, 2.0)
    assert (found[:, :, :19] > 0).all()
    assert (found[:, :, 21:] < 0).all()


def test_a_side_that_is_not_in_the_scan_takes_nothing():
    right, left = np.zeros((8, 8, 8), bool), np.zeros((8, 8, 8), bool)
    right[4, 4, 4] = True
    assert (nearer(right, left, 1.0) > 0).all()
