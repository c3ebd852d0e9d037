from __future__ import annotations

from math import pi

import phantom
import pytest

from hipjoint.measure import SizeRow, measure_sizes
from hipjoint.mesh import surface_from_field


@pytest.fixture(scope="module")
def the_rows(a_result) -> dict[int, SizeRow]:
    surfaces = {segment.label.value: surface_from_field(segment.field) for segment in a_result.segments}
    return {row.label.value: row for row in measure_sizes(a_result, surfaces)}


def test_every_bone_has_a_row_in_the_order_of_the_labels(the_rows):
    assert list(the_rows) == [1, 2, 3, 4, 5]


def test_the_volume_is_that_of_the_labelled_voxels(the_rows, a_result):
    for segment in a_result.segments:
        assert the_rows[segment.label.value].volume_ml == pytest.approx(segment.voxels * 2.0 * 2.0 * 2.5 / 1000)


def test_the_volume_of_a_sphere_is_found_within_two_percent(the_rows):
    assert the_rows[3].volume_ml == pytest.approx(4 / 3 * pi * 25**3 / 1000, rel=0.02)


@pytest.mark.parametrize("value", [1, 3, 5])
def test_the_surface_of_a_sphere_is_found_within_two_percent(the_rows, value):
    radius = phantom.SPHERES[value][1]
    assert the_rows[value].surface_cm2 == pytest.approx(4 * pi * radius**2 / 100, rel=0.02)


def test_the_mean_density_is_that_of_the_bone_alone(the_rows):
    assert [the_rows[value].mean_hu for value in range(1, 6)] == [300, 350, 500, 550, 200]
