"""Where in a surface a sphere lies of which much is there: heads and sockets found without knowing where to look."""

from __future__ import annotations

import numpy as np

from hipjoint.measure.bone_shape import COARSE_MM, Surface
from hipjoint.measure.boundary import Floats
from hipjoint.measure.head_sphere import Sphere

# Each of so many points proposes a sphere of each radius, always the same ones, and so many judge them.
_CANDIDATES, _VOTERS, _SEED = 400, 1500, 5
# A point votes for a sphere that it lies this near to and whose normal it has, as the cosine.
_NEAR_MM, _FACING = 2.0, 0.9


def voted_sphere(surface: Surface, radii: Floats, *, hollow: bool) -> tuple[Sphere, float] | None:
    """The sphere most of whose own surface is there, and which share of it (as a Hough vote, Ballard 1981).

    ``surface`` has points every 2 mm; ``hollow`` spheres are seen from inside, as sockets are. A share, and not the
    number of points: large spheres find more points by chance. None without points.
    """
    count = len(surface.points)
    if not count:
        return None
    chosen = np.random.default_rng(_SEED).permutation(count)
    voters = surface.chosen(chosen[:_VOTERS])
    inwards = (1.0 if hollow else -1.0) * surface.normals[chosen[:_CANDIDATES]]
    best, most = None, 0.0
    for radius in radii.tolist():
        centres = surface.points[chosen[:_CANDIDATES]] + radius * inwards
        votes = _votes(voters, centres, radius, hollow=hollow)
        share = votes.max() / len(voters.points) * count * COARSE_MM**2 / (4 * np.pi * radius**2)
        if share > most:
            best, most = Sphere(centres[int(np.argmax(votes))], radius), float(share)
    return None if best is None else (best, most)


def _votes(voters: Surface, centres: Floats, radius: float, *, hollow: bool) -> Floats:
    """How many of the voters (n) lie on each sphere with its normal (k,)."""
    points, normals = voters.points, voters.normals
    squares = (points**2).sum(axis=1) - 2 * centres @ points.T + (centres**2).sum(axis=1)[:, None]
    distance = np.sqrt(np.maximum(squares, 1e-9))
    outwards = (points * normals).sum(axis=1) - centres @ normals.T
    facing = (-outwards if hollow else outwards) > _FACING * distance
    return np.asarray((facing & (np.abs(distance - radius) < _NEAR_MM)).sum(axis=1))
