"""Shapes simple enough that the right answer is known."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[3]))

from Training.config import Config, load_config
from Training.simulate.library import Femur, Pelvis
from Training.simulate.sdf import Sdf

ROOT = Path(__file__).parents[3]


def ball(centre: tuple[float, float, float], radius: float, reach: float = 12.0) -> Sdf:
    """The exact distance field of a ball on a 1 mm grid."""
    low = np.floor(np.array(centre) - radius - reach)
    n = int(2 * (radius + reach)) + 2
    z, y, x = np.meshgrid(*[np.arange(n)] * 3, indexing="ij")
    places = np.stack([x, y, z], -1) + low
    distance = np.linalg.norm(places - np.array(centre), axis=-1) - radius
    return Sdf(torch.from_numpy(distance).half(), torch.tensor(low, dtype=torch.float32), 1.0)


@pytest.fixture
def a_pelvis_of_balls() -> Pelvis:
    cups = {"right": np.array([-85.0, 0, 0, 25]), "left": np.array([85.0, 0, 0, 25])}
    bones = {
        "hip_right": ball((-45.0, 0, 0), 20),
        "hip_left": ball((45.0, 0, 0), 20),
        "sacrum": ball((0.0, 70, 60), 25),
        "coccyx": ball((0.0, 80, 10), 6),
    }
    return Pelvis("pelvis_of_balls", bones, cups, np.array([0.0, 60, 90]), np.array([0.0, -0.6, 0.8]))


@pytest.fixture
def a_ball_femur() -> Femur:
    return Femur(
        "femur_ball",
        ball((0.0, 0, 0), 24),
        24.0,
        np.array([0, 0, 1.0]),
        np.array([1.0, 0, 0]),
        np.array([-30.0, 0, -25]),
        -36.0,
    )


@pytest.fixture
def a_small_config() -> Config:
    config = load_config(ROOT / "Training/configs/hip_ct_fine.yaml")
    return config.model_copy(update={"widths": (8, 8, 8), "layers": 1})
