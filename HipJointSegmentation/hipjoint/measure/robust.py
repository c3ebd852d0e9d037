"""Robust fits: circles, lines, planes and tips that noise and stray points do not pull at."""

from __future__ import annotations

import numpy as np

from hipjoint.measure.boundary import Floats

# Tukey's biweight (Beaton and Tukey 1974): no weight beyond this many standard deviations.
_CUT_OFF, _ROUNDS, _SETTLED_MM = 4.0, 25, 1e-3
_TRIES, _SEED = 400, 11
_CENTRINGS = 8


def weights_of(residuals: Floats, least_scale: float) -> Floats:
    """Tukey's weights (n,) of residuals (n,); their spread is taken to be ``least_scale`` at the least."""
    scale = max(least_scale, 1.4826 * float(np.median(np.abs(residuals))))
    return np.asarray(np.clip(1 - (residuals / (_CUT_OFF * scale)) ** 2, 0, None) ** 2)


def fit_circle(points: Floats, least_scale: float = 0.5) -> tuple[Floats, float]:
    """Centre (2,) and radius of the circle that most of the points (n, 2) lie on."""
    centre = (points.max(axis=0) + points.min(axis=0)) / 2
    radius = float(np.median(np.linalg.norm(points - centre, axis=1)))
    for _ in range(_ROUNDS):
        offset = points - centre
        distance = np.maximum(np.hypot(offset[:, 0], offset[:, 1]), 1e-9)
        weights = weights_of(distance - radius, least_scale)
        jacobian = np.column_stack([offset / distance[:, None], np.ones(len(points))])
        weighted = jacobian.T * weights
        step = np.linalg.lstsq(weighted @ jacobian, weighted @ (distance - radius), rcond=None)[0]
        centre, radius = centre + step[:2], radius + float(step[2])
        if np.abs(step).max() < _SETTLED_MM:
            break
    return centre, radius


def fit_line(points: Floats, least_scale: float = 0.3) -> tuple[Floats, Floats]:
    """A point (3,) on, and the unit direction (3,) of, the line that most of the points (n, 3) lie on."""
    pairs = _picked(points, 2)
    ways = pairs[:, 1] - pairs[:, 0]
    ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-9)
    offset = points - pairs[:, :1]
    away = np.linalg.norm(offset - (offset @ ways[:, :, None]) * ways[:, None], axis=2)
    weights = _start_weights(away, least_scale)
    for _ in range(_ROUNDS):
        middle = np.average(points, axis=0, weights=weights)
        offset = points - middle
        direction = np.linalg.svd(offset * np.sqrt(weights)[:, None], full_matrices=False)[2][0]
        away = np.linalg.norm(offset - (offset @ direction)[:, None] * direction, axis=1)
        weights = np.maximum(weights_of(away, least_scale), 1e-6)
    return middle, direction


def fit_plane(points: Floats, least_scale: float = 0.7) -> tuple[Floats, Floats, Floats]:
    """A point (3,) of, the unit normal (3,) of, and the residuals (n,) of points (n, 3) from the plane of most."""
    triples = _picked(points, 3)
    normals = np.cross(triples[:, 1] - triples[:, 0], triples[:, 2] - triples[:, 0])
    # Three points almost in a line say nothing about a plane.
    length = np.linalg.norm(normals, axis=1)
    wide = length > np.median(length)
    normals = normals[wide] / length[wide][:, None]
    away = ((points - triples[wide][:, :1]) @ normals[:, :, None])[:, :, 0]
    weights = _start_weights(away, least_scale)
    for _ in range(_ROUNDS):
        middle = np.average(points, axis=0, weights=weights)
        normal = np.linalg.svd((points - middle) * np.sqrt(weights)[:, None], full_matrices=False)[2][2]
        residuals = (points - middle) @ normal
        weights = np.maximum(weights_of(residuals, least_scale), 1e-6)
    return middle, normal, residuals


def _picked(points: Floats, size: int) -> Floats:
    """Always the same random groups (k, size, 3) of points (n, 3)."""
    random = np.random.default_rng(_SEED)
    return np.asarray(points[random.integers(len(points), size=(_TRIES, size))])


def _start_weights(residuals: Floats, least_scale: float) -> Floats:
    """Weights (n,) of the try of whose residuals (k, n) the median is least (Rousseeuw, J Am Stat Assoc 1984).

    Stray points that lie together would hold a least squares fit where they are.
    """
    best = residuals[int(np.argmin(np.median(np.abs(residuals), axis=1)))]
    return np.maximum(weights_of(best, least_scale), 1e-6)


def tip(points: Floats, direction: Floats, wide: float = 4.0, deep: float = 1.0) -> Floats:
    """The point (3,) that points (n, 3) reach farthest in a unit direction, its place across averaged over a cap.

    The cap is what lies at most ``deep`` mm less far than the farthest point and, across, within ``wide`` mm of the
    cap's middle; what lies farther counts for more. The larger the cap, the less do single voxels move the point.
    """
    height = points @ direction
    weights = height - (height.max() - deep)
    top = weights > 0
    across, weights = (points - height[:, None] * direction)[top], weights[top]
    middle = across[int(np.argmax(weights))]
    for _ in range(_CENTRINGS):
        near = np.linalg.norm(across - middle, axis=1) <= wide
        middle = np.average(across[near], axis=0, weights=weights[near])
    return np.asarray(middle + height.max() * direction)
