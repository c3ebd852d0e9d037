from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
import solids
from scipy import ndimage
from solids import box, field, judged, sphere, torus
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.mesh import check, surface_from_field

MIDDLE = (12.3, -45.6, 78.9)
HEAD = 24.0  # mm, the radius of a femoral head


def is_printable(surface: vtkPolyData) -> bool:
    """Closed, manifold and seen from outside, by two judges."""
    found, mesh = check(surface), judged(surface)
    return (
        found.closed
        and found.manifold
        and found.components == 1
        and mesh.is_watertight
        and mesh.is_winding_consistent
        and mesh.volume > 0
        and mesh.area_faces.min() > 0
    )


@pytest.fixture(scope="module")
def a_head() -> vtkPolyData:
    return surface_from_field(field(sphere(MIDDLE, HEAD), (56, 56, 56)))


def test_a_sphere_has_its_radius_and_place_to_a_twentieth_of_a_voxel(a_head: vtkPolyData) -> None:
    radii = np.linalg.norm(judged(a_head).vertices - MIDDLE, axis=1)
    assert abs(radii - HEAD).max() < 0.05


def test_a_sphere_has_its_volume_and_area(a_head: vtkPolyData) -> None:
    assert is_printable(a_head)
    found = check(a_head)
    assert found.volume_ml == pytest.approx(4 / 3 * np.pi * HEAD**3 / 1000, rel=3e-3)
    assert found.area_cm2 == pytest.approx(4 * np.pi * HEAD**2 / 100, rel=3e-3)


def test_a_ring_keeps_its_hole() -> None:
    surface = surface_from_field(field(torus(MIDDLE, 28.0, 14.0), (88, 88, 32)))
    assert is_printable(surface)
    assert judged(surface).euler_number == 0
    assert check(surface).volume_ml == pytest.approx(2 * np.pi**2 * 28 * 14**2 / 1000, rel=3e-3)


@pytest.mark.parametrize("low", [5.0, 5.3, 5.5])
def test_a_box_is_printable_wherever_its_sides_fall_on_the_grid(low: float) -> None:
    surface = surface_from_field(field(box(low, low + 40), (52, 52, 52), middle=(25.5, 25.5, 25.5)))
    assert is_printable(surface)
    # Smoothing rings beside an edge as sharp as no bone's.
    np.testing.assert_allclose(judged(surface).bounds, [[low] * 3, [low + 40] * 3], atol=0.1)
    # Triangles cut off the twelve edges, half a square voxel at most.
    cut_off = 12 * 40 * 0.5 / 1000
    assert 64 * 0.997 - cut_off < check(surface).volume_ml < 64 * 1.003


DIRECTIONS = [solids.OBLIQUE, solids.FLIPPED, solids.MIRRORED, solids.OBLIQUE @ solids.MIRRORED]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.9, 1.6)])
def test_the_surface_lies_in_the_patient_whatever_the_grid(
    direction: np.ndarray, spacing: tuple[float, float, float]
) -> None:
    solid = sphere((15.0, -44.0, 80.0), 12.0)
    surface = surface_from_field(field(solid, (48, 44, 30), spacing, direction))
    assert is_printable(surface)
    radii = np.linalg.norm(judged(surface).vertices - (15.0, -44.0, 80.0), axis=1)
    assert abs(radii - 12).max() < 0.05 * max(spacing)


def test_an_object_at_the_border_ends_flat_on_the_faces_of_the_border_voxels() -> None:
    surface = surface_from_field(field(sphere((0, 0, 0), 30.0), (21, 21, 21), middle=(0, 0, 0)))
    assert is_printable(surface)
    # Ten voxels and a half to each side are seen of the sphere.
    np.testing.assert_allclose(judged(surface).bounds, [[-10.5] * 3, [10.5] * 3], atol=0.05)
    assert check(surface).volume_ml == pytest.approx(21**3 / 1000, rel=0.01)


def test_a_shaft_that_leaves_the_field_is_closed() -> None:
    def shaft(points: np.ndarray) -> np.ndarray:
        return 14 - np.linalg.norm(points[..., :2], axis=-1)

    surface = surface_from_field(field(shaft, (40, 40, 30), middle=(0, 0, 0)))
    assert is_printable(surface)
    assert check(surface).volume_ml == pytest.approx(np.pi * 14**2 * 30 / 1000, rel=0.01)


def test_of_two_pieces_the_larger_is_kept() -> None:
    def two(points: np.ndarray) -> np.ndarray:
        return np.maximum(sphere((-9, 0, 0), 7.0)(points), sphere((9, 0, 0), 8.0)(points))

    surface = surface_from_field(field(two, middle=(0, 0, 0)))
    assert is_printable(surface)
    assert judged(surface).bounds[0][0] == pytest.approx(1, abs=0.05)


def test_a_crumpled_hollow_with_more_triangles_than_the_outside_is_left_out() -> None:
    rough = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(40, 40, 40)), 0.8)

    def bone(points: np.ndarray) -> np.ndarray:
        outside = sphere((0, 0, 0), 17.0)(points)
        return np.where(outside > 3, np.minimum(outside, 10 * rough), outside)

    surface = surface_from_field(field(bone, (40, 40, 40), middle=(0, 0, 0)))
    assert is_printable(surface)
    radii = np.linalg.norm(judged(surface).vertices, axis=1)
    assert radii.min() > 16.9
    assert check(surface).volume_ml == pytest.approx(4 / 3 * np.pi * 17**3 / 1000, rel=4e-3)


@pytest.mark.parametrize("levels", [None, 2, 1])
@pytest.mark.parametrize("width", [0.0, 0.7])
def test_any_field_gives_a_printable_surface(levels: int | None, width: float) -> None:
    """White and smooth noise: every arrangement of signs, with many samples at exactly zero where it is rounded."""
    values = np.random.default_rng(1).normal(size=(24, 24, 24))
    values = ndimage.gaussian_filter(values, width) if width else values
    if levels:
        values = np.rint(np.clip(values / values.std(), -1, 1) * levels) / levels
    assert is_printable(surface_from_field(sitk.GetImageFromArray(values.astype(np.float32))))


def test_a_field_of_nothing_but_inside_is_a_block() -> None:
    surface = surface_from_field(sitk.GetImageFromArray(np.ones((12, 12, 12), np.float32)))
    assert is_printable(surface)
    np.testing.assert_allclose(judged(surface).bounds, [[-0.5] * 3, [11.5] * 3], atol=0.05)


def test_smoothing_makes_even_triangles(a_head: vtkPolyData) -> None:
    mesh = judged(a_head)
    longest = mesh.edges_unique_length[mesh.faces_unique_edges].max(axis=1)
    height = 2 * mesh.area_faces / longest
    assert np.percentile(height / longest, 5) > 0.2
    assert mesh.edges_unique_length.min() > 0.1


def test_the_field_is_not_changed() -> None:
    given = field(sphere(MIDDLE, 12.0))
    before = sitk.GetArrayFromImage(given)
    surface_from_field(given)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(given), before)


def test_a_field_without_an_inside_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no inside"):
        surface_from_field(sitk.GetImageFromArray(np.zeros((5, 5, 5), np.float32)))
