"""The scans that the invariance of angles is measured on: the same bones, seen otherwise."""

from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.measure.femoral_measures import NECK_SHAFT
from hipjoint.measure.landmarks import HEAD, SIDES, placed
from hipjoint.measure.measure import Case
from hipjoint.measure.pelvic_measures import OBLIQUITY
from Training.evaluate.geometry_invariance import angles, exchanged_sides, variants

MIDDLES = {1: np.array([-30.0, 5.0, 20.0]), 2: np.array([35.0, -10.0, 12.0])}


@pytest.fixture(scope="module")
def the_balls() -> sitk.Image:
    """A right and a left femur that are balls of 8 mm, on a grid of 1 x 1 x 1.5 mm."""
    z, y, x = np.meshgrid(np.arange(0, 45, 1.5), np.arange(-25.0, 25), np.arange(-45.0, 50), indexing="ij")
    places = np.stack([x, y, z], -1)
    values = np.zeros(x.shape, np.uint8)
    for value, middle in MIDDLES.items():
        values[np.linalg.norm(places - middle, axis=-1) < 8] = value
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((1.0, 1.0, 1.5))
    image.SetOrigin((-45.0, -25.0, 0.0))
    return image


@pytest.mark.parametrize("number", range(4))
def test_each_variant_has_every_bone_where_it_says_it_is(the_balls, number):
    variant = variants(the_balls)[number]
    values = sitk.GetArrayFromImage(variant.labels)
    assert np.linalg.det(np.reshape(variant.labels.GetDirection(), (3, 3))) == pytest.approx(1.0)
    for value, middle in MIDDLES.items():
        index = np.argwhere(values == (3 - value if variant.mirrored else value)).mean(axis=0)[::-1]
        found = variant.labels.TransformContinuousIndexToPhysicalPoint(index.tolist())
        assert found == pytest.approx(variant.moved(middle), abs=0.3)


def test_heads_that_lie_on_the_other_side_are_named(the_balls):
    still, *_, mirror = variants(the_balls)
    case = Case({f"head_{side}": placed(HEAD, side, MIDDLES[1 + n], radius=8.0) for n, side in enumerate(SIDES)})
    swapped = Case({f"head_{side}": placed(HEAD, side, MIDDLES[2 - n], radius=8.0) for n, side in enumerate(SIDES)})
    assert exchanged_sides(case, case, still) == []
    assert exchanged_sides(case, swapped, still) == ["right", "left"]
    seen = Case({f"head_{s}": placed(HEAD, s, mirror.moved(MIDDLES[2 - n]), radius=8.0) for n, s in enumerate(SIDES)})
    assert exchanged_sides(case, seen, mirror) == []
    assert exchanged_sides(case, case, mirror) == ["right", "left"]


def test_in_the_mirror_right_is_left_and_obliquity_has_the_other_sign(the_balls):
    def value(definition, side, number):
        return SimpleNamespace(
            place=(definition.name, side), value=SimpleNamespace(number=number, definition=definition)
        )

    values = (value(NECK_SHAFT, "right", 125.0), value(OBLIQUITY, None, 3.0))
    mirror = variants(the_balls)[3]
    assert angles(values) == {("neck_shaft_angle", "right"): 125.0, ("pelvic_obliquity", None): 3.0}
    assert angles(values, mirror) == {("neck_shaft_angle", "left"): 125.0, ("pelvic_obliquity", None): -3.0}
    assert angles(values, variants(the_balls)[2]) == {("neck_shaft_angle", "right"): 125.0}
