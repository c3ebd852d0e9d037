"""A surface that the network drew a few millimetres off comes to rest on the edge in the image."""

import numpy as np
import pytest

from hipjoint.tasks.snap import snapped

SHAPE = (48, 48, 48)


def _distance(centre=(24, 24, 24)):
    z, y, x = np.indices(SHAPE)
    return np.sqrt((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2)


def _answer(*masks):
    """Class shares (K, Z, Y, X), background first, of masks that do not meet."""
    background = ~np.logical_or.reduce(masks)
    return np.stack([background, *masks]).astype(np.float32)


def _snap(answer, hu, where=None):
    everywhere = np.ones(SHAPE, bool) if where is None else where
    return snapped(answer, hu.astype(np.float32), everywhere, 1.0)


@pytest.mark.parametrize("off", [-3.0, 3.0])
def test_a_ball_drawn_three_millimetres_too_small_or_too_big_gets_its_size(off):
    ball = _distance() < 14
    hu = np.where(ball, 900, 50)
    found = _snap(_answer(_distance() < 14 + off), hu)[1] > 0.5
    assert abs(found.sum() / ball.sum() - 1) < 0.03


def test_a_plate_two_voxels_thin_is_not_lost():
    plate = np.zeros(SHAPE, bool)
    plate[23:25, 6:42, 6:42] = True
    found = _snap(_answer(plate), np.where(plate, 800, 40))[1] > 0.5
    assert (found & plate).sum() > 0.9 * plate.sum()


def test_a_narrow_gap_between_two_bones_stays_open():
    one, two = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    one[:, :, 4:22], two[:, :, 24:44] = True, True
    found = _snap(_answer(one, two), np.where(one | two, 900, 60))
    assert (found[0][4:-4, 4:-4, 22:24] > 0.4).all()
    assert (found.argmax(0)[4:-4, 4:-4, 4:21] == 1).all()
    assert (found.argmax(0)[4:-4, 4:-4, 25:43] == 2).all()


def test_nothing_moves_where_the_network_was_not_asked():
    where = np.zeros(SHAPE, bool)
    where[:24] = True
    answer = _answer(_distance() < 17)
    found = _snap(answer, np.where(_distance() < 14, 900, 50), where)
    # But for the blur of a voxel that makes a field of labels.
    assert np.logical_xor((found[1] > 0.5)[28:], (answer[1] > 0.5)[28:]).sum() < 0.03 * (answer[1] > 0.5)[28:].sum()
    assert (found[1] > 0.5)[:20].sum() < (answer[1] > 0.5)[:20].sum()
