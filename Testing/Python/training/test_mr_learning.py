"""From MR patches to a model file of the task onfh-mri."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from hipjoint.models.quiet import load
from Training.config import MrConfig, load_config
from Training.export import export, load_average
from Training.mr_examples import head_shares, make_mr_example, turned
from Training.networks.probabilities import Probabilities
from Training.train import start_from, train

ROOT = Path(__file__).parents[3]


@pytest.fixture
def a_config() -> MrConfig:
    config = load_config(ROOT / "Training/configs/onfh_mri_fine.yaml")
    return config.model_copy(update={"filters": [8, 8, 8], "learning_rate": 0.01})


def _stored(side=32, seed=0):
    """A ball with a dark cap, and depths of both as counts of 0.06 mm."""
    z, y, x = np.meshgrid(*[np.arange(side) * 1.25] * 3, indexing="ij")
    ball = 14 - np.sqrt((x - 20) ** 2 + (y - 20) ** 2 + (z - 20) ** 2)
    cap = np.minimum(ball, z - 26)
    signal = np.where(cap > 0, 200, np.where(ball > 0, 900, 100))
    signal = signal + np.random.default_rng(seed).normal(0, 20, signal.shape)
    counts = np.clip(np.stack([ball, cap]) / 0.06, -127, 127)
    return np.clip(signal, 0, None).astype(np.int16), counts.astype(np.int8)


def test_the_shares_of_a_voxel_are_background_living_head_and_lesion():
    depth = torch.tensor([[-5.0, 0.0, 5.0, 5.0], [-5.0, -5.0, -5.0, 5.0]])
    found = head_shares(depth, 1.25)
    assert torch.allclose(found.sum(0), torch.ones(4))
    assert found.tolist() == [[1, 0.5, 0, 0], [0, 0.5, 1, 0], [0, 0, 0, 1]]


def test_a_turned_ball_stays_a_ball_of_the_new_size():
    image, counts = _stored()
    depth = torch.from_numpy(counts.astype(np.float32)) * 0.06
    for seed in range(4):
        moved, ball = turned(np.random.default_rng(seed), torch.from_numpy(image.astype(np.float32)), depth, 15.0, 0.1)
        inside = ball[0] > 0
        assert float(moved[inside].mean()) > 5 * float(moved[ball[0] < -1].mean()) / 2
        radius = (float(inside.sum()) * 1.25**3 * 3 / (4 * np.pi)) ** (1 / 3)
        assert float(ball[0].max()) == pytest.approx(127 * 0.06 * radius / 14, rel=0.05)


def test_a_mirrored_scan_has_its_heads_exchanged():
    config = load_config(ROOT / "Training/configs/onfh_mri_coarse.yaml").model_copy(update={"crop": 32})
    image, counts = _stored()
    counts = np.stack([counts[0], np.full_like(counts[0], -127)])
    found = set()
    for seed in range(16):
        _, target = make_mr_example(np.random.default_rng(seed), image, counts, config)
        assert target.shape == (3, 32, 32, 32)
        found.add((float(target[1].sum()) > 50, float(target[2].sum()) > 50))
    assert {(True, False), (False, True)} <= found
    assert (True, True) not in found


def test_training_learns_head_and_lesion_and_the_export_says_the_same(tmp_path, a_config, capsys):
    patches, run = tmp_path / "patches", tmp_path / "run"
    patches.mkdir()
    for i in range(3):
        image, depth = _stored(seed=i)
        np.savez(patches / f"{i}.npz", image=image, depth=depth)
    train(a_config, patches, run, minutes=0.02, seed=0, workers=0)
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    train(a_config, patches, run, minutes=0.09, seed=0, workers=0)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["step"] > first["step"]
    assert last["loss"] < first["loss"]
    path = tmp_path / "model.onnx"
    assert export(run / "last.pt", path).seen()["percentiles"] == [0.5, 99.5]
    x = np.random.default_rng(1).standard_normal((1, 1, 16, 24, 16)).astype(np.float32)
    answer = load("onnxruntime").InferenceSession(str(path)).run(None, {"channels": x})[0]
    with torch.no_grad():
        wanted = Probabilities(load_average(run / "last.pt")[1])(torch.from_numpy(x)).numpy()
    assert np.abs(answer - wanted).max() < 0.02
    again = a_config.build()
    assert start_from(again, path) == len(list(again.parameters()))
    with torch.no_grad():
        repeated = Probabilities(again)(torch.from_numpy(x)).numpy()
    assert np.abs(repeated - wanted).max() < 0.02
