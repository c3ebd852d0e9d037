from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.mesh import check
from hipjoint.mesh.mask import surface_from_mask

SPACING = (0.8, 0.8, 1.25)


def ball(radius: float, *centres: tuple[float, float, float]) -> sitk.Image:
    """Balls on an oblique grid; ``centres`` are in mm along the axes of the grid."""
    z, y, x = np.indices((40, 60, 90))
    inside = np.zeros(z.shape, bool)
    for centre in centres:
        squares = [((index * step) - at) ** 2 for index, step, at in zip((x, y, z), SPACING, centre, strict=True)]
        inside |= sum(squares) < radius**2
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing(SPACING)
    image.SetOrigin((5.0, -7.0, 11.0))
    c, s = np.cos(0.3), np.sin(0.3)
    image.SetDirection((c, -s, 0, s, c, 0, 0, 0, 1))
    return image


def volume_ml(mask: sitk.Image) -> float:
    return np.count_nonzero(sitk.GetArrayViewFromImage(mask)) * float(np.prod(SPACING)) / 1000


def test_the_surface_of_a_mask_is_closed_and_as_large_as_its_voxels():
    mask = ball(18.0, (24.0, 24.0, 25.0))
    found = check(surface_from_mask(mask))
    assert found.closed
    assert found.manifold
    assert found.volume_ml == pytest.approx(volume_ml(mask), rel=0.008)


def test_the_surface_is_smooth_below_a_voxel():
    found = check(surface_from_mask(ball(18.0, (24.0, 24.0, 25.0))))
    assert found.area_cm2 == pytest.approx(4 * np.pi * 1.8**2, rel=0.02)


def test_the_surface_lies_where_the_mask_lies():
    mask = ball(10.0, (24.0, 24.0, 25.0))
    bounds = np.array(surface_from_mask(mask).GetBounds()).reshape(3, 2)
    centre = mask.TransformContinuousIndexToPhysicalPoint([24 / 0.8, 24 / 0.8, 25 / 1.25])
    assert bounds.mean(axis=1) == pytest.approx(centre, abs=0.1)


def test_every_piece_is_kept():
    mask = ball(8.0, (14.0, 20.0, 20.0), (50.0, 20.0, 20.0))
    found = check(surface_from_mask(mask))
    assert found.components == 2
    assert found.volume_ml == pytest.approx(volume_ml(mask), rel=0.015)


def test_a_bone_that_reaches_the_border_gets_a_flat_end():
    mask = ball(15.0, (24.0, 24.0, 0.0))
    found = check(surface_from_mask(mask))
    assert found.closed
    assert found.volume_ml == pytest.approx(volume_ml(mask), rel=0.02)


def test_a_single_voxel_has_a_surface():
    mask = ball(0.5, (24.0, 24.0, 25.0))
    assert np.count_nonzero(sitk.GetArrayViewFromImage(mask)) == 1
    assert check(surface_from_mask(mask)).closed


def test_a_mask_that_is_all_full_has_the_surface_of_a_box():
    mask = ball(500.0, (0.0, 0.0, 0.0))
    assert check(surface_from_mask(mask)).volume_ml == pytest.approx(volume_ml(mask), rel=0.015)


def test_an_empty_mask_is_refused():
    with pytest.raises(ValueError, match="empty"):
        surface_from_mask(ball(0.0, (0.0, 0.0, 0.0)))
