from __future__ import annotations

from itertools import permutations, product

import linear_field
import numpy as np
import pytest
import SimpleITK as sitk
from dicom_writer import places, write_series

from hipjoint.errors import InputError
from hipjoint.volume import canonical, read_volume
from hipjoint.volume.orientation import right_angled

PERMUTATIONS = list(permutations(range(3)))
FLIPS = list(product((1, -1), repeat=3))
SLICE_AXES = [
    (sign_row * np.eye(3)[row], sign_column * np.eye(3)[column])
    for row, column in permutations(range(3), 2)
    for sign_row, sign_column in product((1, -1), repeat=2)
]


def reordered(image: sitk.Image, order: tuple[int, ...], signs: tuple[int, ...]) -> sitk.Image:
    """The same scan with other axes in memory: new axis i is the old axis order[i], backwards where signs[i] is -1."""
    values = (
        sitk.GetArrayFromImage(image).transpose(2, 1, 0).transpose(order)[tuple(slice(None, None, s) for s in signs)]
    )
    axes = np.array(image.GetDirection()).reshape(3, 3)
    first = [0, 0, 0]
    for old, sign in zip(order, signs, strict=True):
        first[old] = 0 if sign > 0 else image.GetSize()[old] - 1
    made = sitk.GetImageFromArray(values.transpose(2, 1, 0))
    made.SetSpacing([image.GetSpacing()[old] for old in order])
    made.SetOrigin(image.TransformIndexToPhysicalPoint(first))
    made.SetDirection((axes[:, order] * signs).ravel().tolist())
    return made


@pytest.mark.parametrize("suffix", [".nrrd", ".nii", ".mha"])
@pytest.mark.parametrize("order", PERMUTATIONS)
@pytest.mark.parametrize("signs", FLIPS)
def test_a_scan_is_the_same_whatever_the_order_of_its_axes(a_scan, tmp_path, order, signs, suffix):
    path = linear_field.written(reordered(a_scan, order, signs), tmp_path / f"scan{suffix}")
    image = canonical(read_volume(path).image)
    assert image.GetSize() == a_scan.GetSize()
    assert np.allclose(image.GetOrigin(), a_scan.GetOrigin(), atol=1e-4)
    assert np.allclose(image.GetDirection(), np.eye(3).ravel(), atol=1e-6)
    assert np.allclose(sitk.GetArrayViewFromImage(image), sitk.GetArrayViewFromImage(a_scan), atol=1e-3)


@pytest.mark.parametrize("axes", SLICE_AXES)
def test_dicom_slices_of_any_direction_lie_where_they_should(tmp_path, axes):
    normal = np.cross(*axes)
    middle = np.array([3.0, -5.0, 8.0]) - 4.0 * (11.5 * axes[0] + 10.5 * axes[1] + 8.5 * normal)
    write_series(tmp_path, middle + 4.0 * np.arange(18)[:, None] * normal, axes=np.array(axes))
    image = read_volume(tmp_path).image
    assert linear_field.greatest_error(image) < 0.3
    assert linear_field.covered_share(image) == 1.0


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz", ".mha"])
def test_an_oblique_scan_keeps_its_grid(tmp_path, suffix):
    oblique = linear_field.scan(direction=linear_field.turned(25, (1, 2, 3)))
    image = read_volume(linear_field.written(oblique, tmp_path / f"scan{suffix}")).image
    assert image.GetSize() == oblique.GetSize()
    assert linear_field.greatest_error(image) < 0.01


def test_an_oblique_scan_has_its_axes_nearest_to_those_of_the_patient_when_canonical():
    oblique = linear_field.scan(direction=linear_field.turned(100, (0, 0, 1)))
    image = canonical(oblique)
    assert np.trace(np.array(image.GetDirection()).reshape(3, 3)) > 2.9
    assert linear_field.greatest_error(image) < 1e-9


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize("degrees", [-20, 12])
def test_a_sheared_grid_is_resampled_at_right_angles(tmp_path, suffix, degrees):
    sheared = np.eye(3)
    sheared[:, 2] = linear_field.turned(degrees, (1, 0, 0))[:, 2]
    path = linear_field.written(linear_field.scan(size=(24, 22, 30), direction=sheared), tmp_path / f"scan{suffix}")
    volume = read_volume(path)
    axes = np.array(volume.image.GetDirection()).reshape(3, 3)
    assert np.allclose(axes @ axes.T, np.eye(3))
    assert linear_field.greatest_error(volume.image, rim=1) < 0.01
    assert any(f"gantry tilt of {abs(degrees):.1f} degrees" in note for note in volume.notes)


@pytest.mark.parametrize("degrees", [-25, -8, 15, 30])
@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0)])
def test_a_gantry_tilt_is_corrected(tmp_path, degrees, axis):
    write_series(tmp_path, places(24), axes=linear_field.turned(degrees, axis)[:, :2].T)
    volume = read_volume(tmp_path)
    axes = np.array(volume.image.GetDirection()).reshape(3, 3)
    assert np.allclose(axes @ axes.T, np.eye(3))
    assert linear_field.greatest_error(volume.image, rim=1) < 0.5
    assert volume.image.GetSpacing()[2] == pytest.approx(4.0 * np.cos(np.radians(degrees)), abs=1e-4)
    assert any(f"gantry tilt of {abs(degrees):.1f} degrees" in note for note in volume.notes)


def test_a_corrected_scan_holds_every_voxel_of_the_tilted_one(tmp_path):
    write_series(tmp_path, places(24), axes=linear_field.turned(20, (1, 0, 0))[:, :2].T)
    image = read_volume(tmp_path).image
    assert linear_field.covered_share(image) * np.prod(image.GetSize()) >= 24 * 22 * 24


def test_rounded_positions_are_no_tilt(tmp_path):
    drift = places(step=(0.0, 0.02, 4.0))
    write_series(tmp_path, drift)
    volume = read_volume(tmp_path)
    axes = np.array(volume.image.GetDirection()).reshape(3, 3)
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert volume.image.GetSize() == (24, 22, 18)
    assert not any("tilt" in note for note in volume.notes)


def test_a_right_angled_grid_is_not_touched(a_scan):
    assert right_angled(a_scan) is a_scan


def test_axes_far_from_right_angles_are_refused(tmp_path):
    sheared = np.eye(3)
    sheared[:, 2] = linear_field.turned(60, (1, 0, 0))[:, 2]
    path = linear_field.written(linear_field.scan(direction=sheared), tmp_path / "scan.nrrd")
    with pytest.raises(InputError, match="60 degrees off right angles"):
        read_volume(path)
