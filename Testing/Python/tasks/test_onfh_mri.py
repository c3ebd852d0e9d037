"""Heads and lesions of an MRI come out where they are, on their sides, or a plain sentence says why not."""

import json
import sys

import mr_phantom
import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.job import Job, run_job
from hipjoint.progress import Silent
from hipjoint.tasks import networks as networks_of_tasks
from hipjoint.tasks import onfh_mri
from hipjoint.tasks.find_hips import heads_in
from hipjoint.tasks.inputs import stretched
from hipjoint.tasks.outline_head import fields_of
from hipjoint.volume import Volume
from hipjoint.volume.resample import Grid


@pytest.fixture
def networks(monkeypatch):
    monkeypatch.setattr(networks_of_tasks, "find_model", lambda task, role, folder: mr_phantom.entry(role))
    monkeypatch.setattr(networks_of_tasks, "open_backend", lambda path, *_: mr_phantom.Network(path.name))


@pytest.fixture
def blind_networks(networks, monkeypatch):
    monkeypatch.setattr(networks_of_tasks, "open_backend", lambda path, *_: mr_phantom.Network(path.name, blind=True))


def _run(image):
    return onfh_mri.run(Volume(image, "scan"), device="cpu", progress=Silent())


def _ml(result, *values):
    return np.isin(sitk.GetArrayViewFromImage(result.labels), values).sum() * np.prod(result.labels.GetSpacing()) / 1000


def _middle(result, *values):
    """Mean place in LPS mm of the voxels with some values."""
    index = np.argwhere(np.isin(sitk.GetArrayViewFromImage(result.labels), values)).mean(0)[::-1]
    return np.array(result.labels.TransformContinuousIndexToPhysicalPoint(index.tolist()))


PLANES = {
    "coronal": (mr_phantom.CORONAL, (1.2, 1.2, 4.0)),
    "axial": (np.eye(3), (1.2, 1.2, 4.0)),
    "sagittal": (np.array([[0.0, 0, 1], [1, 0, 0], [0, -1, 0]]), (1.2, 1.2, 4.0)),
    "isotropic, turned": (
        np.array(sitk.VersorTransform((0, 0, 1), 0.15).GetMatrix()).reshape(3, 3),
        (1.6, 1.6, 1.6),
    ),
}


@pytest.mark.parametrize(("direction", "spacing"), PLANES.values(), ids=PLANES.keys())
def test_heads_and_lesions_are_found_in_every_plane(networks, direction, spacing):
    image = mr_phantom.scan(spacing, direction)
    result = _run(image)
    assert [s.label.name for s in result.segments] == [label.name for label in onfh_mri.ONFH]
    assert result.labels.GetSize() == image.GetSize()
    assert result.labels.GetDirection() == image.GetDirection()
    for side, (head, lesion) in {"right": (1, 3), "left": (2, 4)}.items():
        assert _ml(result, head, lesion) == pytest.approx(mr_phantom.head_ml(), rel=0.06)
        # The phantom networks take the edge of a lesion, half as bright, for head.
        assert _ml(result, lesion) == pytest.approx(mr_phantom.lesion_ml(), rel=0.3)
        assert np.abs(_middle(result, head, lesion) - mr_phantom.CENTRES[side]).max() < 1.5
        off = _middle(result, lesion) - mr_phantom.CENTRES[side]
        assert off[0] * mr_phantom.LATERAL[side] > 5
        assert off[2] > 8


def test_a_normal_head_has_no_lesion_and_a_hip_that_is_not_shown_is_named(networks):
    image = mr_phantom.scan(lesions=("right",))
    assert [s.label.name for s in _run(image).segments] == [
        "femoral_head_right",
        "femoral_head_left",
        "lesion_right",
    ]
    alone = _run(mr_phantom.scan(sides=("right",)))
    assert alone.warnings == ("Left femoral head was not found in this scan.",)
    assert not np.isin(sitk.GetArrayViewFromImage(alone.labels), (2, 4)).any()


def test_a_scan_without_a_hip_is_refused(blind_networks):
    with pytest.raises(InputError, match="no femoral head was found in this scan"):
        _run(mr_phantom.scan())


def test_a_hip_that_metal_has_put_out_is_named(networks, monkeypatch):
    one = _run(mr_phantom.scan(sides=("left",), holes=("right",)))
    assert [s.label.side for s in one.segments] == ["left", "left"]
    assert one.warnings[0].startswith("There is no signal where the right femoral head should be")
    found = onfh_mri.FoundHip("right", mr_phantom.CENTRES["right"])
    monkeypatch.setattr(onfh_mri, "find_hips", lambda *_: (found,))
    with pytest.raises(InputError, match="no signal where the right femoral head should be, as a prosthesis"):
        _run(mr_phantom.scan(sides=(), holes=("right",)))


def test_a_run_on_a_file_ends_with_the_measures_and_the_report(networks, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "no-such-python")  # the 3D picture takes long and is tested elsewhere
    path, out = tmp_path / "scan.nii.gz", tmp_path / "out"
    sitk.WriteImage(sitk.Cast(mr_phantom.scan(lesions=("right",)), sitk.sitkInt16), str(path))
    run_job(Job(path, out, task="onfh-mri"), Silent())
    measured = json.loads((out / "measurements.json").read_text())
    assert measured["hips"]["right"]["finding"] == "lesion found"
    assert measured["hips"]["left"]["finding"] == "no lesion found"
    share = next(v for v in measured["hips"]["right"]["values"] if v["name"] == "lesion_share")
    assert share["number"] == pytest.approx(100 * mr_phantom.lesion_ml() / mr_phantom.head_ml(), abs=3)
    assert measured["warnings"] == []
    assert "Steinberg" in (out / "report.html").read_text(encoding="utf-8")
    assert {p.name for p in (out / "meshes").iterdir()} == {
        "femoral_head_right.stl",
        "femoral_head_left.stl",
        "lesion_right.stl",
    }
    facts = json.loads((out / "run.json").read_text())
    assert facts["task"] == "onfh-mri"
    assert facts["models"]["fine"]["version"] == "0"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda image: image * 2 - 1000, "is a CT and no MRI"),
        (lambda image: image[:, :, 10:17], "has 7 slices only, as a scout view has"),
        (lambda image: image * 0, "is empty"),
    ],
    ids=["CT", "scout", "empty"],
)
def test_what_is_no_mri_of_a_hip_is_refused_before_anything_is_computed(networks, tmp_path, change, reason):
    path = tmp_path / "scan.nii.gz"
    sitk.WriteImage(change(mr_phantom.scan(spacing=(1.2, 1.2, 8.0))), str(path))
    with pytest.raises(InputError, match=reason):
        run_job(Job(path, tmp_path / "out", task="onfh-mri"), Silent())
    assert not (tmp_path / "out").exists()


def test_the_scale_and_the_zero_of_an_mri_do_not_matter():
    signal = np.random.default_rng(0).gamma(2.0, 100.0, (20, 20, 20)).astype(np.float32)
    seen = stretched(signal, (0.5, 99.5))
    assert np.allclose(stretched(signal * 7 + 300, (0.5, 99.5)), seen, atol=1e-4)
    assert seen.min() == -1
    assert seen.max() <= 1.5
    assert np.mean((seen > -1) & (seen < 1)) > 0.97
    assert (stretched(np.full((4, 4, 4), 5.0, np.float32), (0.5, 99.5)) == -1).all()


def test_small_islands_and_lesion_outside_the_head_are_left_out():
    none, living, dead = np.zeros((3, 40, 40, 40), np.float32)
    z, y, x = np.indices(none.shape) - 20
    ball = np.sqrt(z**2 + y**2 + x**2) < 16
    living[ball], none[~ball] = 1, 1
    dead[ball & (z > 6)], living[ball & (z > 6)] = 1, 0
    dead[12:14, 20:22, 20:22], living[12:14, 20:22, 20:22] = 1, 0  # 0.02 ml
    dead[0:8, 0:8, 0:8], none[0:8, 0:8, 0:8] = 1, 0
    head, lesion = fields_of(np.stack([none, living, dead]), 1.25)
    assert np.array_equal(head > 0, ball)
    assert np.array_equal(lesion > 0, ball & (z > 6))
    empty = fields_of(np.stack([np.ones_like(none), none * 0, none * 0]), 1.25)
    assert not (empty[0] > 0).any()


def test_a_lesion_of_which_the_network_is_nowhere_sure_is_none():
    z, y, x = np.indices((40, 40, 40)) - 20
    ball = np.sqrt(z**2 + y**2 + x**2) < 16
    for share, found in ((0.8, False), (0.99, True)):
        none, living, dead = np.zeros((3, 40, 40, 40), np.float32)
        dead[ball & (z > 6)] = 0.6
        dead[ball & (z > 8)] = share
        living[ball], none[~ball] = 1 - dead[ball], 1
        assert (fields_of(np.stack([none, living, dead]), 1.25)[1] > 0).any() == found


def test_a_speck_is_no_head_and_two_heads_have_their_sides_by_place():
    grid = Grid((-120.0, -50.0, -60.0), (60, 25, 30), 4.0)
    probability = np.zeros((3, 30, 25, 60), np.float32)
    z, y, x = np.indices(probability.shape[1:])
    for column in (10, 50):
        ball = (z - 15) ** 2 + (y - 12) ** 2 + (x - column) ** 2 < 36
        probability[1][ball] = 0.9  # the network calls both right
    probability[2][2:4, 2:4, 30:32] = 0.9
    probability[0] = 1 - probability[1:].sum(0)
    found = heads_in(probability, grid)
    assert [hip.side for hip in found] in (["right", "left"], ["right"])
    assert found[0].centre[0] == pytest.approx(-80, abs=1)
