"""Right stays right: by where the bones lie when the network is unsure or wrong."""

import numpy as np

from hipjoint.tasks.coarse import is_hard, whole_bones
from hipjoint.tasks.sides import agreed, in_order, parted, sided_pieces

SHAPE = (20, 20, 80)
RIGHT_FEMUR, RIGHT_HIP, LEFT_HIP, LEFT_FEMUR = (slice(4, 14), slice(18, 30), slice(50, 62), slice(66, 76))


def _box(place):
    mask = np.zeros(SHAPE, bool)
    mask[5:15, 5:15, place] = True
    return mask


def _probability(**shares):
    """Probabilities (6, Z, Y, X); shares: bone=(place, right share)."""
    p = np.zeros((6, *SHAPE), np.float32)
    p[0] = 1
    for first, place, right in shares.values():
        mask = _box(place)
        p[0][mask], p[first][mask], p[first + 1][mask] = 0, right, 1 - right
    return p


def _found(bones):
    return [bool(b.any()) for b in bones]


def test_bones_of_both_sides_get_their_sides():
    bones = whole_bones(
        _probability(a=(1, RIGHT_FEMUR, 0.9), b=(3, RIGHT_HIP, 0.9), c=(3, LEFT_HIP, 0.1), d=(1, LEFT_FEMUR, 0.1)), 10
    )
    for bone, place in zip(bones, (RIGHT_FEMUR, LEFT_FEMUR, RIGHT_HIP, LEFT_HIP), strict=False):
        assert np.array_equal(bone, _box(place))
    assert not bones[4].any()


def test_a_network_that_takes_the_sides_for_each_other_is_overruled_by_their_order():
    bones = whole_bones(
        _probability(a=(1, RIGHT_FEMUR, 0.1), b=(3, RIGHT_HIP, 0.1), c=(3, LEFT_HIP, 0.9), d=(1, LEFT_FEMUR, 0.9)), 10
    )
    assert np.array_equal(bones[0], _box(RIGHT_FEMUR))
    assert np.array_equal(bones[3], _box(LEFT_HIP))


def test_a_single_hip_gets_the_side_on_which_its_femur_lies():
    for wrong in (0.1, 0.9):
        right = whole_bones(_probability(a=(1, RIGHT_FEMUR, wrong), b=(3, RIGHT_HIP, wrong)), 10)
        assert _found(right) == [True, False, True, False, False]
        left = whole_bones(_probability(c=(3, LEFT_HIP, wrong), d=(1, LEFT_FEMUR, wrong)), 10)
        assert _found(left) == [False, True, False, True, False]


def test_two_hip_bones_grown_together_are_parted_where_the_sides_meet():
    joined = np.zeros(SHAPE, bool)
    joined[5:15, 5:15, 20:60] = True
    right, left = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    right[..., 20:40][joined[..., 20:40]] = 0.9
    left[..., 40:60][joined[..., 40:60]] = 0.9
    a, b = sided_pieces(right, left, joined, 10)
    assert a[..., :40].sum() == a.sum() == 10 * 10 * 20
    assert b[..., 40:].sum() == b.sum() == 10 * 10 * 20


def test_a_few_voxels_are_no_bone():
    assert not whole_bones(_probability(a=(1, slice(4, 5), 0.9)), 200).any()


def test_nothing_stays_nothing():
    empty = np.zeros(SHAPE, bool)
    assert not any(m.any() for m in in_order(empty, empty))
    assert not any(m.any() for pair in agreed((empty, empty), (empty, empty)) for m in pair)


def test_bones_of_both_sides_part_at_the_gap_between_them_though_the_first_guess_was_beside_it():
    bone = np.full((12, 12, 60), 0.95, np.float32)
    bone[..., 29:31] = 0.6  # the symphysis, which the network takes for bone
    guess = 33.5 - np.arange(60, dtype=np.float32)  # 4 mm too far to the left
    lead = parted(np.broadcast_to(guess, bone.shape), bone, 1.0)
    assert (lead[..., :29] > 0).all()
    assert (lead[..., 31:] < 0).all()


def test_bones_without_a_gap_keep_the_first_guess_of_where_they_part():
    bone = np.full((12, 12, 60), 0.95, np.float32)
    guess = 29.5 - np.arange(60, dtype=np.float32)
    lead = parted(np.broadcast_to(guess, bone.shape), bone, 1.0)
    assert np.abs((lead > 0).sum(2) - 30).max() <= 1


def test_far_apart_bones_are_left_alone():
    bone = np.zeros((12, 12, 60), np.float32)
    bone[..., :10], bone[..., 50:] = 1, 1
    guess = np.broadcast_to(29.5 - np.arange(60, dtype=np.float32), bone.shape)
    assert parted(guess, bone, 1.0) is guess


def test_what_is_found_in_noise_is_no_bone_and_a_thin_shell_round_fat_is_one():
    found = _box(RIGHT_HIP)
    water = np.random.default_rng(0).normal(0, 20, SHAPE).astype(np.float32)
    shell = np.where(found, -80.0, water).astype(np.float32)
    shell[5:6, 5:15, RIGHT_HIP] = shell[14:15, 5:15, RIGHT_HIP] = 300
    assert not is_hard(found, water)
    assert is_hard(found, shell)
    assert not is_hard(np.zeros_like(found), water)
