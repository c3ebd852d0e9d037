"""Working grids lie along the patient's axes, cover what they should and give values back where they came from."""

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.volume.resample import corners, covering_grid, on_grid, onto


def _ramp(size=(40, 36, 30), spacing=(0.8, 0.9, 2.5), turn=0.0):
    """An image whose value at every place is x + 2 y + 3 z of its LPS position."""
    image = sitk.Image(*size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetOrigin((-20.0, 10.0, 5.0))
    c, s = float(np.cos(turn)), float(np.sin(turn))
    image.SetDirection((c, -s, 0, s, c, 0, 0, 0, 1))
    z, y, x = np.indices(size[::-1])
    index = np.stack([x, y, z], -1) * np.array(spacing)
    places = index @ np.array(image.GetDirection()).reshape(3, 3).T + np.array(image.GetOrigin())
    filled = sitk.GetImageFromArray((places @ np.array([1.0, 2.0, 3.0])).astype(np.float32))
    filled.CopyInformation(image)
    return filled


@pytest.mark.parametrize("turn", [0.0, 0.3, np.pi / 2])
def test_a_grid_gives_the_value_of_the_place_whatever_the_direction_of_the_scan(turn):
    image = _ramp(turn=turn)
    grid = covering_grid(corners(image).min(0), corners(image).max(0), 1.0)
    values = on_grid(image, grid, outside=-9999.0)
    z, y, x = np.indices(values.shape)
    wanted = (np.stack([x, y, z], -1) + np.array(grid.origin)) @ np.array([1.0, 2.0, 3.0])
    inside = values > -9000
    # Half a voxel beyond the outermost centres, the value there is kept.
    error = np.abs(values - wanted)[inside]
    assert inside.mean() > 0.45
    assert np.quantile(error, 0.9) < 0.02


def test_a_grid_covers_the_whole_box_and_not_a_voxel_more():
    grid = covering_grid((0.0, 0.0, 0.0), (10.0, 20.0, 31.0), 2.0)
    assert grid.size == (5, 10, 16)
    assert grid.origin == pytest.approx((1.0, 1.0, 0.5))


def test_a_much_coarser_grid_averages_instead_of_picking():
    noise = sitk.GetImageFromArray(np.random.default_rng(0).normal(0, 100, (60, 60, 60)).astype(np.float32))
    grid = covering_grid(corners(noise).min(0), corners(noise).max(0), 4.0)
    assert on_grid(noise, grid).std() < 25


def test_a_field_comes_back_to_the_scan_where_it_was():
    image = _ramp(turn=0.2)
    grid = covering_grid(corners(image).min(0), corners(image).max(0), 1.0)
    place, values = onto(grid.image(on_grid(image, grid)), image, outside=0.0)
    whole = sitk.GetArrayFromImage(image)
    middle = tuple(slice(6, -6) for _ in range(3))
    back = np.zeros_like(whole)
    back[place] = values
    assert np.abs(back[middle] - whole[middle]).max() < 0.5
