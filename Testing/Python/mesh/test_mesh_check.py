from __future__ import annotations

import numpy as np
import pytest
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.mesh import MeshCheck, check
from hipjoint.mesh.arrays import arrays, surface_of

CORNERS = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], float)
SIDES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


@pytest.fixture
def a_tetrahedron() -> vtkPolyData:
    return surface_of(CORNERS, SIDES)


def joined(points: np.ndarray, *others: np.ndarray) -> vtkPolyData:
    return surface_of(points, np.concatenate([SIDES, *others]))


def test_a_tetrahedron_is_measured_exactly(a_tetrahedron: vtkPolyData) -> None:
    area = (3 * 50 + np.sqrt(3) / 4 * 200) / 100
    assert check(a_tetrahedron) == MeshCheck(
        closed=True, manifold=True, components=1, volume_ml=pytest.approx(1 / 6), area_cm2=pytest.approx(area)
    )


def test_the_place_in_space_does_not_matter() -> None:
    far = check(surface_of(CORNERS + np.array([1000, -2000, 3000]), SIDES))
    assert (far.closed, far.volume_ml) == (True, pytest.approx(1 / 6, rel=1e-4))


def test_a_surface_turned_inside_out_has_a_negative_volume() -> None:
    assert check(surface_of(CORNERS, SIDES[:, ::-1])).volume_ml == pytest.approx(-1 / 6)


def test_a_missing_triangle_is_a_hole() -> None:
    found = check(surface_of(CORNERS, SIDES[1:]))
    assert (found.closed, found.manifold) == (False, True)


def test_a_wall_between_two_rooms_is_not_manifold() -> None:
    fifth = np.vstack([CORNERS, [[10, 10, 10]]])
    found = check(joined(fifth, np.array([[1, 2, 4], [2, 3, 4], [3, 1, 4]])))
    assert (found.closed, found.manifold) == (True, False)


def test_two_pieces_that_touch_in_a_point_are_not_manifold() -> None:
    twin = np.vstack([CORNERS, -CORNERS[1:]])
    found = check(joined(twin, np.where(SIDES > 0, SIDES + 3, 0)[:, ::-1]))
    assert (found.closed, found.manifold) == (True, False)


def test_pieces_are_counted_and_unused_points_are_not() -> None:
    apart = np.vstack([CORNERS, CORNERS + 50, [[99, 99, 99]]])
    found = check(joined(apart, SIDES + 4))
    assert (found.components, found.closed, found.manifold) == (2, True, True)
    assert found.volume_ml == pytest.approx(2 / 6)


def test_arrays_of_a_surface_are_those_it_was_made_of(a_tetrahedron: vtkPolyData) -> None:
    points, triangles = arrays(a_tetrahedron)
    np.testing.assert_array_equal(points, CORNERS)
    np.testing.assert_array_equal(triangles, SIDES)
