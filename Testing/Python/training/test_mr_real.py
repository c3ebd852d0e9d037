"""A lesion is drawn into a real head and nowhere else, as thick slices show it, and the patch says where it is."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from hipjoint.labels import ONFH
from hipjoint.measure.head_neck import Neck
from hipjoint.measure.head_sphere import Sphere
from Training.evaluate.mr_scans import write_real
from Training.labels.mr_heads import Head
from Training.simulate import mr_real
from Training.simulate.mr_real import Scan, draw_change, draw_real_hip, draw_real_pelvis, read_hip
from Training.simulate.noise import Dice

RADIUS, JUNCTION, SLICE = 22.0, 15.0, 5.2
CENTRES = {"right": np.array([-85.0, 3.0, 12.0]), "left": np.array([85.0, 3.0, 12.0])}
NECKS = {"right": np.array([-0.8, 0.0, -0.6]), "left": np.array([0.8, 0.0, -0.6])}


def _drawn(side):
    radii = np.full(400, RADIUS)
    sphere, neck = Sphere(CENTRES[side], RADIUS), Neck(NECKS[side], JUNCTION, "leaves the sphere")
    return Head(CENTRES[side], RADIUS, np.zeros((0, 3)), radii, sphere, neck)


def _depth(places, side):
    offset = places - CENTRES[side]
    return np.minimum(RADIUS - np.linalg.norm(offset, axis=-1), JUNCTION - offset @ NECKS[side])


@pytest.fixture(scope="module")
def a_scan():
    image = sitk.Image([200, 80, 18], sitk.sitkFloat32)
    image.SetSpacing((1.5, 1.5, SLICE))
    image.SetDirection([1, 0, 0, 0, 0, 1, 0, -1, 0])
    image.SetOrigin((-149.0, -42.0, 70.0))
    index = np.moveaxis(np.indices(image.GetSize()[::-1]), 0, -1)[..., ::-1]
    direction = np.array(image.GetDirection()).reshape(3, 3)
    places = (index * image.GetSpacing()) @ direction.T + image.GetOrigin()
    depth = {side: _depth(places, side) for side in CENTRES}
    values = np.where(np.maximum(*depth.values()) > 0, 800.0, 250.0) + np.random.default_rng(0).normal(
        0, 8, index.shape[:-1]
    )
    labels = np.select([depth["right"] > 0, depth["left"] > 0], [1, 2], 0).astype(np.uint8)
    made = []
    for array in (values.astype(np.float32), labels):
        made.append(sitk.GetImageFromArray(array))
        made[-1].CopyInformation(image)
    return Scan(made[0], {side: _drawn(side) for side in CENTRES}, 0.0, made[1])


@pytest.fixture(scope="module")
def hips(a_scan):
    return {side: read_hip(a_scan.image, head, side, 0.0) for side, head in a_scan.heads.items()}


@pytest.fixture
def a_clear_lesion(monkeypatch):
    drawn = mr_real.draw_lesion

    def clear(dice):
        return replace(drawn(dice), share=0.25, filling=("fibrosis", "fibrosis"), foreign=1.0, clear=1.0, oedema=0.0)

    monkeypatch.setattr(mr_real, "draw_lesion", clear)


@pytest.mark.parametrize("side", ["right", "left"])
def test_the_head_of_a_real_hip_is_that_of_its_drawing(hips, side):
    hip = hips[side]
    head = torch.minimum(hip.under, hip.limit) > 0
    ml = float(head.sum()) * 1.25**3 / 1000
    height = RADIUS - JUNCTION
    assert ml == pytest.approx((4 / 3 * np.pi * RADIUS**3 - np.pi * height**2 * (RADIUS - height / 3)) / 1000, rel=0.02)
    assert float(hip.image[head].median()) == pytest.approx(800, abs=20)
    # Mirrored to a left hip: the neck, where the head is cut, points to higher x.
    middle = (np.array(hip.image.shape) - 1) / 2
    assert float(head.nonzero().float().mean(0)[2]) < middle[2] - 0.3


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_lesion_changes_the_head_alone_and_is_as_large_as_drawn(hips, side, a_clear_lesion):
    hip = hips[side]
    head = torch.minimum(hip.under, hip.limit)
    change, lesion = draw_change(Dice(4), hip, 1.25)
    assert float((lesion > 0).sum() / (head > 0).sum()) == pytest.approx(0.25, abs=0.02)
    assert float(change[lesion > 3].median()) < -250
    # Along y a slice carries the change on by its thickness, within the slice it ends at the surface.
    assert float(change[head < -SLICE - 3].abs().max()) < 10
    inside_slice = (head < -3) & (hip.q[..., 1].abs() < 0.1)
    assert float(change[inside_slice].abs().mean()) < 0.1 * float(change[lesion > 3].abs().mean())


def test_slices_smear_a_lesion_across_and_not_along(hips, a_clear_lesion):
    change, _ = draw_change(Dice(4), hips["left"], 1.25)
    across, along = (float(change.diff(dim=axis).abs().max()) for axis in (1, 2))
    assert across < 0.6 * along


def test_a_patch_of_a_real_hip_looks_like_a_simulated_one(hips):
    found = set()
    for seed in range(10):
        patch = draw_real_hip(Dice(seed), hips["right"])
        assert patch.image.shape == (72, 72, 72)
        assert patch.depth.shape == (2, 72, 72, 72)
        assert float(patch.image.min()) >= 0
        found.add(bool((patch.depth[1] > 0).any()))
    assert found == {True, False}


def test_a_whole_real_scan_has_its_heads_on_their_sides(a_scan):
    patch = draw_real_pelvis(Dice(3), a_scan)
    x = patch.world[..., 0]
    right, left = patch.depth > 0
    assert not right.any() or float(x[right].mean()) < 0
    assert not left.any() or float(x[left].mean()) > 0
    assert right.any() or left.any()


def test_a_test_scan_has_the_lesion_in_its_labels(a_scan, hips, a_clear_lesion, tmp_path, monkeypatch):
    monkeypatch.setattr("Training.evaluate.mr_scans.HEALTHY", 0.0)
    write_real(0, a_scan, hips, a_scan.labels, tmp_path)
    image, labels = (sitk.ReadImage(str(tmp_path / f"{name}_000.nii.gz")) for name in ("scan", "labels"))
    values, signal = sitk.GetArrayFromImage(labels), sitk.GetArrayFromImage(image)
    for head, lesion in ((1, 3), (2, 4)):
        share = (values == lesion).sum() / np.isin(values, (head, lesion)).sum()
        assert share == pytest.approx(0.25, abs=0.05)
        assert np.median(signal[values == lesion]) < 0.75 * np.median(signal[values == head])
    assert set(np.unique(values)) == {0, *(label.value for label in ONFH)}
    assert labels.GetDirection() == a_scan.image.GetDirection()
