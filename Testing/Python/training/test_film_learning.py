"""From shadows to a model file of the task hip-radiograph."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from hipjoint.models.quiet import load
from Training.config import FilmConfig, load_config
from Training.export import entry, export, load_average
from Training.film_examples import coarse_labels, make_film_example, no_hip
from Training.networks.probabilities import Probabilities
from Training.train import start_from, train

ROOT = Path(__file__).parents[3]
SIDE = 160


def _stored():
    """Two discs for heads with bars below and blocks beside them."""
    row, column = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    heads = {"head_right": np.float32([45, 70, 14, 1]), "head_left": np.float32([115, 70, 14, -1])}
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[20:120, 62:98] = 5
    for x, y, r, _ in heads.values():
        labels[(np.abs(column - x) < 6) & (row > y)] = 2
        labels[np.hypot(column - x, row - y) < r] = 1
    bone = np.array([0, 1.5, 2.5, 1, 1, 1.5])[labels]
    return {"soft": np.full((SIDE, SIDE), 15.0), "bone": bone, "labels": labels, **heads}


def _config(role, **more) -> FilmConfig:
    config = load_config(ROOT / f"Training/configs/hip_radiograph_{role}.yaml")
    return config.model_copy(update={"filters": [8, 8, 8, 8], "crop": 64, "learning_rate": 0.01, **more})


def test_the_first_network_is_asked_for_whole_heads_and_sides():
    stored = _stored()
    found = coarse_labels(stored["labels"], {s: stored[f"head_{s}"] for s in ("right", "left")})
    assert [found[70, 45], found[70, 115], found[110, 45], found[110, 115], found[60, 80]] == [1, 2, 3, 4, 5]
    assert (found == 1).sum() == pytest.approx(np.pi * 14**2, rel=0.03)


def test_a_mirrored_film_has_its_sides_exchanged():
    for seed in range(10):
        _, target = make_film_example(np.random.default_rng(seed), _stored(), _config("coarse"))
        classes = target.argmax(0).numpy()
        if (classes == 1).any() and (classes == 2).any():
            right, left = (np.nonzero(classes == side)[1].mean() for side in (1, 2))
            assert right < left  # the patient's right is always on the left of the picture


def test_some_of_what_the_first_network_sees_shows_no_hip_and_has_no_label():
    film = make_film_example(np.random.default_rng(0), _stored(), _config("fine"))[0][0].numpy()
    kinds = [no_hip(np.random.default_rng(seed), film, _stored()["soft"][:64, :64]) for seed in range(12)]
    assert all(kind.shape == film.shape and np.isfinite(kind).all() for kind in kinds)
    assert not any(np.array_equal(kind, film) for kind in kinds)
    targets = [make_film_example(np.random.default_rng(s), _stored(), _config("coarse"))[1] for s in range(60)]
    empty = sum(bool(target[0].all()) for target in targets)
    assert 4 <= empty <= 24


def test_the_second_network_sees_heads_at_one_scale_whatever_the_film():
    areas = []
    for seed in range(30):
        _, target = make_film_example(np.random.default_rng(seed), _stored(), _config("fine", crop=256))
        areas.append(float(target[1].sum()))
    # A disc of 32 pixels' radius or both; the scale is jittered by 8 %.
    whole = [a for a in areas if a > 2000]
    assert min(abs(np.median(whole) / (n * np.pi * 32**2) - 1) for n in (1, 2)) < 0.15


def test_the_weights_of_the_loss_are_taken_off_the_probabilities():
    truth = torch.tensor([0.7, 0.3])
    learned = torch.tensor([1.0, 5.0]) * truth  # what the weighted cross-entropy is smallest for, up to a factor

    class Learned(torch.nn.Module):
        def forward(self, x):
            return learned.log()[None, :, None, None].expand(1, 2, *x.shape[2:])

    found = Probabilities(Learned(), [1, 5])(torch.zeros(1, 1, 4, 4))
    assert torch.allclose(found, truth[None, :, None, None].expand(1, 2, 4, 4))


@pytest.mark.parametrize("role", ["coarse", "fine"])
def test_training_learns_a_film_and_the_export_says_the_same(tmp_path, role, capsys):
    config = _config(role)
    patches, run = tmp_path / "patches", tmp_path / "run"
    patches.mkdir()
    np.savez(patches / "0.npz", **_stored())
    train(config, patches, run, minutes=0.02, seed=0, workers=0)
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    train(config, patches, run, minutes=0.12, seed=0, workers=0)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["loss"] < first["loss"]
    path = tmp_path / "model.onnx"
    said = entry(
        export(run / "last.pt", path), path, task="hip-radiograph", role=role, version="1", record="", patch=64
    )
    assert said["patch"] == [64, 64]
    assert said["input"]["film"] == ("whole" if role == "coarse" else "head")
    x = np.random.default_rng(1).standard_normal((1, 1, 64, 96)).astype(np.float32)
    answer = load("onnxruntime").InferenceSession(str(path)).run(None, {"channels": x})[0]
    with torch.no_grad():
        wanted = Probabilities(load_average(run / "last.pt")[1], config.class_weights)(torch.from_numpy(x)).numpy()
    assert answer.shape == (1, 6, 64, 96)
    assert np.abs(answer - wanted).max() < 0.02
    again = config.build()
    assert start_from(again, path) > 10
