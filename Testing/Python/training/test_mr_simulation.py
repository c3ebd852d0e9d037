"""Simulated MR is what was asked for: the head by the rule, the lesion of its share, sequences as they look."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from balls import pelvis_of_balls

from hipjoint.measure.head_neck import LEAVES_MM
from Training.simulate import mr
from Training.simulate.bone import draw_tissue
from Training.simulate.library import Femur
from Training.simulate.mr import draw_hips, draw_knees, draw_pelvis, make_patient
from Training.simulate.mr_contrast import TISSUES, draw_contrast
from Training.simulate.mr_head import head_of_femur
from Training.simulate.mr_lesion import OPEN, draw_lesion, lesion_depth, main_direction
from Training.simulate.mr_scanner import along, draw_sequence, scan, shifted, slicing
from Training.simulate.noise import Dice
from Training.simulate.scene import draw_scene
from Training.simulate.sdf import Sdf
from Training.simulate.soft_tissue import draw_body

RADIUS, NECK = 24.0, 15.0


@pytest.fixture(scope="module")
def a_femur():
    """A ball with a cylinder for a neck, as long as the grid goes."""
    axis = np.array([-0.8, 0.1, -0.6]) / np.linalg.norm([-0.8, 0.1, -0.6])
    low, n = -40.0, 81
    z, y, x = np.meshgrid(*[np.arange(n) + low] * 3, indexing="ij")
    places = np.stack([x, y, z], -1)
    rod = np.linalg.norm(places - (places @ axis)[..., None] * axis, axis=-1) - NECK
    rod = np.maximum(rod, -(places @ axis))
    distance = np.minimum(np.linalg.norm(places, axis=-1) - RADIUS, rod)
    field = Sdf(torch.from_numpy(distance).half(), torch.full((3,), low), 1.0)
    return Femur("femur_rod", field, RADIUS, np.array([0, 0, 1.0]), -axis, np.array([-30.0, 0, -25]), -36.0), axis


def test_the_head_ends_where_the_rule_of_the_measures_says(a_femur):
    femur, axis = a_femur
    head = head_of_femur(femur)
    # The rod leaves the sphere where the circle of the sphere is a millimetre smaller than the rod.
    wanted = np.sqrt(RADIUS**2 - (NECK - LEAVES_MM) ** 2)
    assert abs(head.junction - wanted) < 0.7
    assert float(head.axis @ torch.tensor(axis, dtype=torch.float32)) > 0.995
    assert float(head.centre.norm()) < 0.3
    outside = torch.tensor(axis * (wanted + 3), dtype=torch.float32)[None]
    assert float(head.beyond(outside)) == pytest.approx(-3, abs=0.8)


def _ball_points():
    axes = [torch.linspace(-1.2, 1.2, 49)] * 3
    q = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    return q, q.norm(dim=-1) < 1, torch.full(q.shape[:1], 40.0)


@pytest.mark.parametrize("seed", range(8))
def test_a_lesion_has_the_share_of_the_head_that_was_drawn(seed):
    q, inside, limit = _ball_points()
    lesion = draw_lesion(Dice(seed))
    waves = 1.5 * torch.sin(q[:, 0] * 9)
    depth = lesion_depth(lesion, q, limit, inside, RADIUS, waves)
    assert float((depth[inside] > 0).float().mean()) == pytest.approx(lesion.share, abs=0.01)


def test_a_lesion_ends_before_the_neck():
    q, inside, _ = _ball_points()
    limit = (q[:, 2] + 0.4) * RADIUS  # the neck lies below
    lesion = replace(draw_lesion(Dice(3)), share=0.3)
    depth = lesion_depth(lesion, q, limit, inside, RADIUS, torch.zeros(len(q)))
    assert not (depth[limit < OPEN - 1] > 0).any()


def test_most_lesions_lie_at_the_top_and_to_the_front():
    ways = torch.stack([main_direction(draw_lesion(Dice(seed))) for seed in range(200)])
    assert (ways[:, 2] > 0.5).float().mean() > 0.8
    assert (ways[:, 1] < 0).float().mean() > 0.8


def test_fat_is_bright_on_t1_and_fluid_where_fat_is_suppressed():
    signals = [draw_contrast(Dice(seed), invented=False) for seed in range(60)]
    bright_fat = [s for s in signals if s["fat"].sum() > 1.5 * s["muscle"].sum()]
    bright_fluid = [s for s in signals if s["fluid"].sum() > 2 * s["muscle"].sum()]
    assert min(len(bright_fat), len(bright_fluid)) > 10
    assert all(set(s) == set(TISSUES) for s in signals)
    # Cortex is dark in all of them.
    assert all(float(s["cortex"].sum()) < 0.5 * float(s["muscle"].sum()) for s in signals)


def test_thick_slices_blur_across_and_keep_what_changes_evenly():
    sequence = replace(draw_sequence(Dice(1), coarse=False), slice_mm=5.0, thickness=5.0, slices=1)
    seen, between, _, step = slicing(Dice(2), sequence, 60, 1.0)
    assert step == 5.0
    line = torch.arange(60.0).reshape(1, 60, 1).expand(4, 60, 4)
    back = along(along(line, 1, seen), 1, between)
    assert float((back - line)[:, 8:-8].abs().max()) < 0.2
    spike = torch.zeros(4, 60, 4)
    spike[:, 30] = 1
    assert float(along(along(spike, 1, seen), 1, between).max()) < 0.4


def test_the_chemical_shift_moves_fat_and_leaves_water():
    sequence = replace(draw_sequence(Dice(4), coarse=False), slices=0, read=2, slice_mm=1.0, thickness=1.0, shift=3.0)
    sequence = replace(sequence, noise=1e-6, bias=0.0, sharpen=0.0, ghosts=(), gamma=1.0, opposed=False)
    signal = torch.zeros(2, 8, 8, 24)
    signal[0, :, :, 4], signal[1, :, :, 12] = 1, 1
    image = scan(Dice(5), sequence, signal, 1.0)
    assert image[4, 4].topk(2).indices.sort().values.tolist() == [4, 15]
    assert torch.equal(shifted(signal[1], 2, 3.0)[0, 0], signal[1, 0, 0].roll(3))


@pytest.fixture(scope="module")
def a_patient(request):
    # The shapes of these two fixtures never change, and making one is the dear part.
    pelvis, femur = request.getfixturevalue("a_pelvis"), request.getfixturevalue("a_femur")[0]
    dice = Dice(7)
    scene = draw_scene(dice, pelvis, {"right": femur, "left": femur})
    return make_patient(dice, scene, draw_body(dice, 1.0), draw_tissue(dice))


@pytest.fixture(scope="module")
def a_pelvis():
    return pelvis_of_balls()


def test_the_cube_about_a_hip_holds_its_head_and_the_lesion_in_it(a_patient):
    for side in ("right", "left"):
        patch = next(draw_hips(Dice(11), a_patient, side, 40, 2.5, 0.0))
        assert patch.image.shape == (40, 40, 40)
        assert torch.isfinite(patch.image).all()
        head, lesion = patch.depth > 0
        assert not (lesion & ~head).any()
        volume = float(head.sum()) * 2.5**3 / 1000
        scale = a_patient.scene.poses[side].scale * a_patient.scene.size
        assert volume == pytest.approx(58 * scale**3 * 0.97, rel=0.15)


def test_a_right_hip_is_stored_as_its_mirror_image(a_patient, monkeypatch):
    whole = []
    kept = mr.draw_patch
    monkeypatch.setattr(mr, "draw_patch", lambda *given: whole.append(kept(*given)) or whole[-1])
    for side in ("right", "left"):
        patch = next(draw_hips(Dice(11), a_patient, side, 16, 5.0, 0.0))
        image, depth = whole[-1]
        same = image.flip(-1) if side == "right" else image
        assert torch.equal(patch.image, same)
        assert not torch.equal(image, image.flip(-1))
        assert torch.equal(patch.depth[0].flip(-1) if side == "right" else patch.depth[0], depth[int(side == "left")])


def test_a_pelvis_has_both_heads_on_their_sides_and_a_prosthesis_none(a_patient):
    patch = next(draw_pelvis(Dice(13), replace(a_patient, prosthesis=None), 44, 6.5))
    places = patch.world[..., 0]
    right, left = (places[d > 0].mean() for d in patch.depth)
    assert right < left
    without = next(draw_pelvis(Dice(13), replace(a_patient, prosthesis="left"), 44, 6.5))
    assert (without.depth[0] > 0).any()
    assert not (without.depth[1] > 0).any()


def test_a_knee_has_no_head():
    patch = draw_knees(Dice(2), 40, 4.0)
    assert not (patch.depth > 0).any()
    assert float(patch.image.std()) > 10
