"""Self-training on real films: what the networks agree on is learned, the rest is not asked for."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hipjoint.progress import Silent
from hipjoint.tasks.film_heads import find_heads
from hipjoint.tasks.film_inputs import normalised
from hipjoint.tasks.networks import open_networks
from hipjoint.volume.film import read_film
from Training.config import load_config
from Training.evaluate.metrics import overlap
from Training.film_examples import make_film_example
from Training.losses import losses_of
from Training.simulate.film_real import AGREED, SCALES, UNSURE, answers, drawn

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def film():
    return read_film(ROOT / "Testing/Data/film.jpg").pixels


@pytest.fixture(scope="module")
def found(film):
    networks = open_networks("hip-radiograph", "cpu", 1, Silent(), None)
    seen = normalised(film)
    heads = find_heads(seen, networks["coarse"].entry, networks["coarse"].backend)
    return answers(seen, heads, networks["fine"].entry, networks["fine"].backend), heads


def test_mirrored_and_scaled_answers_lie_on_each_other(found):
    probability, _ = found
    best = probability.argmax(1)
    assert len(best) == 2 * len(SCALES)
    for other in best[1:]:
        assert overlap(best[0] == 5, other == 5) > 0.85
    _, agreed = drawn(probability)
    _, mixed = drawn(np.concatenate([probability, probability[..., ::-1]]))
    assert agreed > AGREED > mixed


def test_what_single_answers_do_not_agree_on_is_not_sure():
    sure, other = (np.eye(6, dtype=np.float32)[k] for k in (1, 5))
    found = np.stack([np.stack([sure, sure], -1), np.stack([sure, other], -1)])[:, :, None]
    labels, agreed = drawn(found)
    assert labels.tolist() == [[1, UNSURE]]
    assert agreed < 1


def test_a_real_film_is_shown_otherwise_each_time_and_unsure_pixels_are_of_no_class(film, found):
    labels, _ = drawn(found[0])
    labels[:, : labels.shape[1] // 2] = UNSURE
    places = {f"head_{h.side}": np.array([*h.centre, h.radius, 1], np.float32) for h in found[1]}
    stored = {"picture": film.astype(np.float16), "labels": labels, **places}
    config = load_config(ROOT / "Training/configs/hip_radiograph_fine.yaml").model_copy(update={"crop": 128})
    examples = [make_film_example(np.random.default_rng(seed), stored, config) for seed in range(12)]
    assert all(x.shape == (1, 128, 128) and y.shape == (6, 128, 128) for x, y in examples)
    asked = [float(y.sum(0).mean()) for _, y in examples]
    assert min(asked) < 0.5 < max(asked)
    assert max(float(y.sum(0).max()) for _, y in examples) == 1


def test_an_answer_where_nothing_is_asked_costs_nothing():
    torch.manual_seed(0)
    losses = losses_of(load_config(ROOT / "Training/configs/hip_radiograph_fine.yaml"))
    target = torch.nn.functional.one_hot(torch.randint(0, 6, (1, 32, 32)), 6).movedim(-1, 1).float()
    target[..., 16:] = 0
    logits = torch.randn(1, 3, 6, 32, 32)
    other = logits.clone()
    other[..., 16:] = torch.randn(1, 3, 6, 32, 16)
    assert losses(logits, target)[0].item() == pytest.approx(losses(other, target)[0].item(), abs=1e-5)
    other[..., :16] = torch.randn(1, 3, 6, 32, 16)
    assert abs(losses(logits, target)[0].item() - losses(other, target)[0].item()) > 1e-3
