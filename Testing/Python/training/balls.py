"""Bones made of balls, whose distances are exact."""

from __future__ import annotations

import numpy as np
import torch

from Training.simulate.library import Pelvis
from Training.simulate.sdf import Sdf


def ball(centre: tuple[float, float, float], radius: float, reach: float = 12.0) -> Sdf:
    """The exact distance field of a ball on a 1 mm grid."""
    low = np.floor(np.array(centre) - radius - reach)
    n = int(2 * (radius + reach)) + 2
    z, y, x = np.meshgrid(*[np.arange(n)] * 3, indexing="ij")
    places = np.stack([x, y, z], -1) + low
    distance = np.linalg.norm(places - np.array(centre), axis=-1) - radius
    return Sdf(torch.from_numpy(distance).half(), torch.tensor(low, dtype=torch.float32), 1.0)


def pelvis_of_balls() -> Pelvis:
    """Bones far enough apart that nothing is carved away."""
    cups = {"right": np.array([-85.0, 0, 0, 25]), "left": np.array([85.0, 0, 0, 25])}
    bones = {
        "hip_right": ball((-45.0, 0, 0), 20),
        "hip_left": ball((45.0, 0, 0), 20),
        "sacrum": ball((0.0, 70, 60), 25),
        "coccyx": ball((0.0, 80, 10), 6),
    }
    return Pelvis("pelvis_of_balls", bones, cups, np.array([0.0, 60, 90]), np.array([0.0, -0.6, 0.8]))
