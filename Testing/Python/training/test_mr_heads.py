"""The labels of the femoral heads in MRI are what their surfaces say, and a snapped surface lies on the edge."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.measure.boundary import boundary, in_space
from hipjoint.measure.head_sphere import fit_sphere
from Training.labels.mr_heads import FOLDER, VALUES, label_map, read_heads
from Training.labels.snap_mr_heads import snap
from Training.labels.star_surface import StarSurface, lattice

HEADS = read_heads()
SPLIT = json.loads((FOLDER / "split.json").read_text())


def _labels(name):
    return sitk.ReadImage(str(FOLDER / f"{name}_heads.nii.gz"))


def _round(image):
    """The image cut to its labels and a border, which is all that a fit looks at."""
    inside = np.argwhere(sitk.GetArrayViewFromImage(image))[:, ::-1]
    low = np.clip(inside.min(axis=0) - 4, 0, None).tolist()
    high = np.minimum(inside.max(axis=0) + 5, image.GetSize()).tolist()
    return image[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]


def _thick_slices(size=(64, 64, 12)):
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing((0.91, 0.91, 5.2))
    image.SetDirection((1, 0, 0, 0, 0, 1, 0, -1, 0))
    image.SetOrigin((-80.0, -30.0, 25.0))
    return image


def _a_bright_ball(centre, radius, grid):
    """A ball of marrow in a dark shell of 1.5 mm in grey, each voxel the mean over its slice."""
    index = np.indices(grid.GetSize()[::-1]).reshape(3, -1).T[:, ::-1].astype(float)
    values = np.zeros(len(index))
    for part in (np.arange(8) + 0.5) / 8 - 0.5:
        far = np.linalg.norm(in_space(index + np.array([0, 0, part]), grid) - centre, axis=1)
        values += np.select([far < radius, far < radius + 1.5], [400.0, 100.0], 180.0) / 8
    image = sitk.GetImageFromArray(values.reshape(grid.GetSize()[::-1]))
    image.CopyInformation(grid)
    return sitk.Cast(image, sitk.sitkFloat32)


@pytest.mark.parametrize("name", sorted(HEADS))
def test_a_label_map_lies_on_the_spheres_of_its_surfaces(name):
    image = _labels(name)
    labels = sitk.GetArrayFromImage(image)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert image.GetSize() == tuple(HEADS[name].size)
    assert np.allclose(image.GetOrigin(), HEADS[name].origin, atol=0.01)
    assert np.allclose(image.GetDirection(), HEADS[name].direction, atol=1e-4)
    for side, head in HEADS[name].sides.items():
        head_alone = _round(image == VALUES[side])
        found = fit_sphere(boundary(sitk.GetArrayFromImage(head_alone) > 0, head_alone))
        assert np.linalg.norm(found.centre - head.sphere.centre) < 0.6
        assert abs(found.radius - head.sphere.radius) < 0.4


@pytest.mark.parametrize("name", sorted(HEADS))
def test_no_head_goes_beyond_its_junction_and_right_is_right(name):
    image = _labels(name)
    labels = sitk.GetArrayFromImage(image)
    for side, head in HEADS[name].sides.items():
        points = in_space(np.argwhere(labels == VALUES[side])[:, ::-1].astype(float), image)
        assert head.neck.along(head.sphere, points).max() < head.neck.junction_mm + 2.6  # half a slice
        assert head.neck.axis[0] * (-1 if side == "right" else 1) > 0.4  # necks point away from the middle
    assert HEADS[name].sides["right"].sphere.centre[0] < HEADS[name].sides["left"].sphere.centre[0] - 100


def test_a_label_map_is_made_anew_from_the_surfaces():
    name = SPLIT["test"][0]
    made = sitk.GetArrayFromImage(label_map(HEADS[name]))
    assert np.array_equal(made, sitk.GetArrayFromImage(_labels(name)))


def test_the_split_has_every_patient_once():
    names = SPLIT["train"] + SPLIT["test"]
    assert sorted(names) == sorted(HEADS)
    assert len({name.split("_")[0] for name in names}) == len(names) == 12
    assert len(SPLIT["test"]) == 2


def test_a_star_surface_holds_a_ball_off_its_origin_and_grows_square_to_itself():
    offset, directions = np.array([3.0, -4.0, 0.0]), lattice(800)
    along = directions @ offset
    surface = StarSurface(-offset, along + np.sqrt(along**2 + 20.0**2 - 25.0))  # a ball of 20 mm about 0
    rays = np.random.default_rng(1).normal(size=(2000, 3))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    assert surface.holds(19.8 * rays).all()
    assert not surface.holds(20.05 * rays).any()
    assert np.allclose(np.linalg.norm(surface.grown(1.0).points, axis=1), 21.0, atol=0.05)


def test_a_ball_of_marrow_in_thick_slices_is_snapped_to_its_edge():
    centre = np.array([-52.0, -2.0, -4.0])
    image = _a_bright_ball(centre, 21.0, _thick_slices())
    surface = snap(image, "right", centre + np.array([1.0, -1.0, 0.5]), 20.0, np.zeros((0, 3)))
    far = np.linalg.norm(surface.points - centre, axis=1)
    assert abs(np.median(far) - 21.0) < 0.3
    assert np.percentile(np.abs(far - 21.0), 95) < 1.0
