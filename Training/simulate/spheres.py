"""The sphere of the acetabulum or of the femoral head, found on a mesh by a vote of its surface points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares


@dataclass(frozen=True)
class Sphere:
    """Centre (3,) in LPS mm and radius in mm."""

    centre: np.ndarray
    radius: float


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Area-weighted unit normals (N, 3), outward when the faces are."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for i in range(3):
        np.add.at(total, faces[:, i], face)
    if np.einsum("ij,ij->", a, face) < 0:  # negative signed volume: the faces point inward
        total = -total
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)


def _votes(vertices: np.ndarray, normals: np.ndarray, centre: np.ndarray, radius: float, sign: float) -> np.ndarray:
    way = centre - vertices
    length = np.linalg.norm(way, axis=1)
    facing = sign * np.einsum("ij,ij->i", way, normals) / np.maximum(length, 1e-9)
    return (np.abs(length - radius) < 1.5) & (facing > 0.9)


def find_sphere(vertices: np.ndarray, normals: np.ndarray, *, concave: bool, seed: int = 0) -> Sphere:
    """Sphere of 18-32 mm radius with the most points whose normals agree; ``concave``: seen from inside the cup."""
    sign = 1.0 if concave else -1.0
    rng = np.random.default_rng(seed)
    picks = rng.choice(len(vertices), min(len(vertices), 1500), replace=False)
    sample = rng.choice(len(vertices), min(len(vertices), 5000), replace=False)
    best, support = None, -1
    for i in picks:
        radius = rng.uniform(18, 32)
        centre = vertices[i] + sign * radius * normals[i]
        count = int(_votes(vertices[sample], normals[sample], centre, radius, sign).sum())
        if count > support:
            best, support = Sphere(centre, radius), count
    assert best is not None  # noqa: S101 - there is always at least one pick
    for _ in range(5):
        chosen = vertices[_votes(vertices, normals, best.centre, best.radius, sign)]
        fit = least_squares(
            lambda p, pts=chosen: np.linalg.norm(pts - p[:3], axis=1) - p[3],
            np.r_[best.centre, best.radius],
            loss="soft_l1",
        )
        best = Sphere(fit.x[:3], float(fit.x[3]))
    return best
