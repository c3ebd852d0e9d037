"""From patches to a model file: examples are right, training learns and goes on, the export says the same."""

import json

import numpy as np
import onnx
import torch

from hipjoint.models.quiet import load
from Training.evaluate.metrics import agreement, compare, joint_band
from Training.examples import make_example, shares
from Training.export import export, load_average
from Training.networks.hip_net import HipNet
from Training.networks.probabilities import Probabilities
from Training.train import start_from, train


def _stored(side=32):
    rng = np.random.default_rng(0)
    depth = np.full((5, side, side, side), -100, np.int8)
    depth[0, :, :, : side // 4] = 60
    depth[3, :, :, -side // 4 :] = 60
    image = np.where(depth.max(0) > 0, 700, 40) + rng.normal(0, 10, depth.shape[1:])
    return image.astype(np.int16), depth


def test_the_shares_of_a_voxel_add_up_to_one_and_follow_the_surface():
    depth = torch.tensor([[-5.0, -0.25, 0.0, 0.25, 5.0], [-9.0, -9.0, 0.0, -9.0, -9.0]])
    found = shares(depth, 1.0)
    assert torch.allclose(found.sum(0), torch.ones(5))
    assert torch.allclose(found[1], torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]))


def test_a_mirrored_patient_has_its_sides_exchanged(a_small_config):
    image, depth = _stored()
    config = a_small_config.model_copy(
        update={
            "classes": ["background", "femur_right", "femur_left", "hip_right", "hip_left", "sacrum"],
            "channels": ["image"],
            "depth_step": 0.05,
        }
    )
    sides = set()
    for seed in range(12):
        example = make_example(np.random.default_rng(seed), image, depth, config)
        left_half = example.target[..., :16].sum((1, 2, 3))
        right_femur, left_hip_mirrored_to_right = float(left_half[1]), float(left_half[3])
        sides.add((right_femur > 0, left_hip_mirrored_to_right > 0))
        assert float(example.target[2].sum()) == 0 or float(example.target[1].sum()) == 0
    assert sides - {(False, False)} == {(True, False), (False, True)}  # the edge of the scan may hide both


def test_the_network_answers_on_the_grid_it_was_asked_on():
    network = HipNet(4, 4, (8, 8, 8), layers=1)
    for shape in ((16, 24, 32), (32, 16, 8)):
        logits, boundary = network(torch.randn(1, 4, *shape))
        assert logits.shape == (1, 4, *shape)
        assert boundary.shape == (1, 1, *shape)


def test_training_learns_stops_goes_on_and_exports_what_it_learned(tmp_path, a_small_config, capsys):
    patches, run = tmp_path / "patches", tmp_path / "run"
    patches.mkdir()
    for i in range(3):
        image, depth = _stored()
        np.savez(patches / f"{i}.npz", image=image, depth=depth)
    config = a_small_config.model_copy(update={"learning_rate": 0.01})
    train(config, patches, run, minutes=0.05, seed=0, workers=0)
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    train(config, patches, run, minutes=0.25, seed=0, workers=0)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["step"] > first["step"]
    assert last["loss"] < first["loss"]

    path = tmp_path / "model.onnx"
    export(run / "last.pt", path)
    kinds = {w.data_type for w in onnx.load(str(path)).graph.initializer}
    assert {onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8} <= kinds
    x = np.random.default_rng(1).standard_normal((1, 4, 16, 24, 16)).astype(np.float32)
    answer = load("onnxruntime").InferenceSession(str(path)).run(None, {"channels": x})[0]
    with torch.no_grad():
        wanted = Probabilities(load_average(run / "last.pt")[1])(torch.from_numpy(x)).numpy()
    assert np.abs(answer - wanted).max() < 0.01
    assert np.allclose(answer.sum(1), 1, atol=1e-4)

    again = config.build()
    start_from(again, path)
    with torch.no_grad():
        repeated = Probabilities(again)(torch.from_numpy(x)).numpy()
    assert np.abs(repeated - wanted).max() < 0.01


def test_agreement_of_a_shifted_box_is_what_can_be_counted_by_hand():
    a, b = np.zeros((20, 20, 20), bool), np.zeros((20, 20, 20), bool)
    a[5:15, 5:15, 5:15] = True
    b[5:15, 5:15, 6:16] = True
    found = agreement(a, b, (1.0, 1.0, 1.0))
    assert found.dice == 0.9
    assert found.precision == found.recall == 0.9
    assert found.volume_ratio == 1.0
    assert 0 < found.asd < 1
    assert agreement(a, a, (1.0, 1.0, 1.0)).asd == 0


def test_the_joint_band_lies_round_the_gap_and_nowhere_else():
    femur, hip = np.zeros((40, 40, 40), bool), np.zeros((40, 40, 40), bool)
    femur[:, :, :15] = True
    hip[:, :, 18:] = True
    band = joint_band(femur, hip, (1.0, 1.0, 1.0))
    assert band[:, :, 15:18].all()
    assert not band[:, :, :9].any()
    assert not band[:, :, 24:].any()


def test_the_canal_of_a_sacrum_counts_for_nothing_and_what_is_called_bone_beyond_it_does():
    sacrum = np.zeros((40, 60, 60), np.uint8)
    sacrum[:, 10:50, 10:50] = 5
    canal = np.zeros_like(sacrum, bool)
    canal[:, 25:35, 25:35] = True
    truth = np.where(canal, 0, sacrum)
    found = compare(sacrum, truth, (1.0, 1.0, 1.0))["sacrum"]
    assert found.dice < 0.97
    assert found.outer_dice > 0.995  # not 1: a closing is rounded at the ends of the canal
    wider = sacrum.copy()
    wider[:, 50:54, 10:50] = 5
    assert compare(wider, truth, (1.0, 1.0, 1.0))["sacrum"].outer_dice < 0.97
