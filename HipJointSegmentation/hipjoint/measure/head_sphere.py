"""The sphere of the femoral head, fitted so that the neck and a collapsed cap do not pull at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hipjoint.errors import InputError
from hipjoint.measure.boundary import Boundary, Floats
from hipjoint.measure.value import Definition

SMALLEST_RADIUS, LARGEST_RADIUS = 14.0, 36.0
# The part of a head's surface that is as the sphere wants it; below this share the fit is not to be trusted.
LEAST_USED = 0.25

# Search for a start: spheres through four points, as in RANSAC (Fischler and Bolles 1981), always the same ones.
_TRIES, _FARTHEST_MM, _JUDGES, _SEED = 3000, 70.0, 1500, 7
# Refinement: what is farther off than this many standard deviations has no weight (Tukey's biweight).
_CUT_OFF, _ROUNDS = 3.0, 60
# Real heads are round to about this much; no point is taken to be more exact.
_ROUNDNESS_MM = 0.3

RADIUS = Definition(
    "head_radius",
    "Radius of the head",
    "mm",
    "Radius of the sphere that fits the surface of the head by least squares, each point weighted with its exactness; "
    "points farther from the sphere than three standard deviations (the neck, its cut, a collapsed cap) have no "
    "weight (Tukey's biweight).",
    "Beaton and Tukey, Technometrics 1974; Fischler and Bolles, Commun ACM 1981 (start)",
)
RESIDUAL = Definition(
    "sphere_residual",
    "Residual of the sphere",
    "mm",
    "Root mean square distance of the surface from the sphere, with the weights of the fit. The voxels alone give "
    "about 0.2 times their size.",
    "definition of this program",
    digits=2,
)


@dataclass(frozen=True)
class Sphere:
    """``centre`` (3,) in LPS mm and ``radius`` in mm; the fit's residual and the share of the surface that it used."""

    centre: Floats
    radius: float
    rms_mm: float = 0.0
    used: float = 1.0

    def depth(self, points: Floats) -> Floats:
        """How far (n,) in mm points (n, 3) in LPS mm lie under the sphere; negative outside."""
        return np.asarray(self.radius - np.linalg.norm(points - self.centre, axis=1))

    def directions(self, points: Floats) -> Floats:
        """Unit vectors (n, 3) from the centre to points (n, 3)."""
        offset = points - self.centre
        return np.asarray(offset / np.linalg.norm(offset, axis=1, keepdims=True))


def fit_sphere(surface: Boundary, start: Sphere | None = None) -> Sphere:
    """The sphere of the head whose mask, alone or with neck or the whole proximal femur, has this ``surface``.

    ``start`` is about the sphere, if it is known. Raises ``InputError`` if no sphere of 14 to 36 mm radius lies in it.
    """
    sphere = _start(surface) if start is None else start
    weights = np.zeros(len(surface.points))
    for _ in range(_ROUNDS):
        weights = _weights(surface, sphere)
        moved = _improved(surface, sphere, weights)
        step = np.linalg.norm(moved.centre - sphere.centre) + abs(moved.radius - sphere.radius)
        sphere = moved
        if step < 1e-4:
            break
    if not SMALLEST_RADIUS <= sphere.radius <= LARGEST_RADIUS:
        raise _no_head()
    used = weights > 0
    rms = float(np.sqrt(np.average(sphere.depth(surface.points) ** 2, weights=weights)))
    share = float(surface.patches[used].sum() / (4 * np.pi * sphere.radius**2))
    return Sphere(sphere.centre, sphere.radius, rms, min(1.0, share))


def _no_head() -> InputError:
    return InputError(
        f"The label of a femoral head holds no round surface of {SMALLEST_RADIUS:.0f} to {LARGEST_RADIUS:.0f} mm "
        "radius: check that the label values are those of the femoral heads."
    )


def _deviation(surface: Boundary, sphere: Sphere) -> Floats:
    """Standard deviation (n,) in mm that is to be expected of each point's distance from the sphere."""
    return np.hypot(surface.exactness(sphere.directions(surface.points)), _ROUNDNESS_MM)


def _weights(surface: Boundary, sphere: Sphere) -> Floats:
    """Tukey's weight over the variance; the cut-off widens for a head that is less round than its voxels explain."""
    deviation = _deviation(surface, sphere)
    relative = np.abs(sphere.depth(surface.points)) / deviation
    near = relative[relative < 2 * _CUT_OFF]
    spread = max(1.0, 1.4826 * float(np.median(near))) if near.size else 1.0
    return np.asarray(np.clip(1 - (relative / (_CUT_OFF * spread)) ** 2, 0, None) ** 2 / deviation**2)


def _improved(surface: Boundary, sphere: Sphere, weights: Floats) -> Sphere:
    """One Gauss-Newton step of the weighted least squares of the distances from the sphere."""
    used = weights > 0
    if np.count_nonzero(used) < 20:
        raise _no_head()
    root = np.sqrt(weights[used])
    jacobian = np.column_stack([sphere.directions(surface.points[used]), np.ones(np.count_nonzero(used))])
    step = np.linalg.lstsq(jacobian * root[:, None], -sphere.depth(surface.points[used]) * root, rcond=None)[0]
    return Sphere(sphere.centre + step[:3], sphere.radius + float(step[3]))


def _start(surface: Boundary) -> Sphere:
    """The sphere through four surface points near to which most of the others lie."""
    exact = surface.chosen(surface.steps <= 1.5 * surface.steps.min())
    random = np.random.default_rng(_SEED)
    judges = exact.points[random.permutation(len(exact.points))[:_JUDGES]]
    if len(judges) < 20:
        raise _no_head()
    centres, radii = _through(judges[random.integers(len(judges), size=(_TRIES, 4))])
    if not len(radii):
        raise _no_head()
    tolerance = max(1.0, 0.6 * float(exact.steps.max()))
    scores = [_near(judges, centre, radius, tolerance) for centre, radius in zip(centres, radii, strict=True)]
    best = int(np.argmax(scores))
    return Sphere(centres[best], float(radii[best]))


def _through(quadruples: Floats) -> tuple[Floats, Floats]:
    """Centres (m, 3) and radii (m,) of those spheres through four points each (n, 4, 3) that can be a head's."""
    widest = np.linalg.norm(quadruples[:, :, None] - quadruples[:, None], axis=-1).max(axis=(1, 2))
    near = quadruples[widest <= _FARTHEST_MM]
    edges = near[:, 1:] - near[:, :1]
    flat = np.abs(np.linalg.det(edges)) < 1e-3 * _FARTHEST_MM**2
    edges, corner = edges[~flat], near[~flat, 0]
    offset = np.linalg.solve(edges, (edges**2).sum(axis=-1, keepdims=True) / 2)[..., 0]
    radii = np.linalg.norm(offset, axis=1)
    usable = (radii >= SMALLEST_RADIUS) & (radii <= LARGEST_RADIUS)
    return corner[usable] + offset[usable], radii[usable]


def _near(judges: Floats, centre: Floats, radius: float, tolerance: float) -> int:
    """How many of the points (n, 3) lie within ``tolerance`` mm of a sphere."""
    return int(np.count_nonzero(np.abs(np.linalg.norm(judges - centre, axis=1) - radius) < tolerance))
