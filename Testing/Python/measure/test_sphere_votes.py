"""Heads and sockets are found by how much of their own sphere is there, not by how many points lie on it."""

import numpy as np
import pytest

from hipjoint.measure.bone_shape import COARSE_MM, Surface
from hipjoint.measure.sphere_votes import voted_sphere

RADII = np.arange(15.0, 35.0, 2.0)
SMALL, LARGE = np.array([0.0, 0.0, 0.0]), np.array([70.0, 10.0, -40.0])


def cap(centre: np.ndarray, radius: float, share: float, *, hollow: bool = False) -> Surface:
    """The ``share`` of a sphere round its upper pole, with a point every 2 mm."""
    count = int(4 * np.pi * radius**2 * share / COARSE_MM**2)
    number = np.arange(count) + 0.5
    height, turn = 1 - 2 * share * number / count, np.pi * (1 + np.sqrt(5)) * number
    ring = np.sqrt(1 - height**2)
    way = np.column_stack([ring * np.cos(turn), ring * np.sin(turn), height])
    return Surface(centre + radius * way, -way if hollow else way, np.empty((0, 3), np.int64))


def both(*parts: Surface) -> Surface:
    return Surface(
        np.concatenate([each.points for each in parts]),
        np.concatenate([each.normals for each in parts]),
        np.empty((0, 3), np.int64),
    )


def test_a_small_head_wins_over_a_large_bulge_with_more_points():
    head, bulge = cap(SMALL, 19.0, 0.6), cap(LARGE, 31.0, 0.3)
    assert len(bulge.points) > len(head.points)
    sphere, share = voted_sphere(both(head, bulge), RADII, hollow=False)
    assert sphere.centre == pytest.approx(SMALL, abs=1.0)
    assert sphere.radius == 19.0
    assert share == pytest.approx(0.6, abs=0.08)


def test_sockets_are_hollow_and_heads_are_not():
    # A vote says about where: spheres are fitted afterwards.
    socket, head = cap(SMALL, 25.0, 0.4, hollow=True), cap(LARGE, 25.0, 0.7)
    assert voted_sphere(both(socket, head), RADII, hollow=True)[0].centre == pytest.approx(SMALL, abs=2.5)
    assert voted_sphere(both(socket, head), RADII, hollow=False)[0].centre == pytest.approx(LARGE, abs=2.5)


def test_nothing_has_no_sphere():
    assert voted_sphere(cap(SMALL, 20.0, 0.0), RADII, hollow=False) is None
