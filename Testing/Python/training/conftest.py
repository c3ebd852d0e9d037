"""Shapes simple enough that the right answer is known."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from balls import ball, pelvis_of_balls

from Training.config import Config, load_config
from Training.simulate.library import Femur, Pelvis

ROOT = Path(__file__).parents[3]


@pytest.fixture
def a_pelvis_of_balls() -> Pelvis:
    return pelvis_of_balls()


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
