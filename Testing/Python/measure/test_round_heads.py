"""Heads on necks that pull at them or are not round, and necks that leave the head sharply or hardly."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.labels import HIP_CT
from hipjoint.measure.alpha_angle import alpha_angles
from hipjoint.measure.bone_shape import Bone
from hipjoint.measure.femoral_head import find_sphere
from hipjoint.measure.head_sphere import Sphere

CENTRE, RADIUS = np.array([3.3, -2.7, 1.4]), 24.0
# A right neck of 127 degrees without version, and the shaft that it stands on.
NECK = np.array([-np.cos(np.deg2rad(37.0)), 0.0, -np.sin(np.deg2rad(37.0))])
UP = np.array([0.0, 0.0, 1.0])
FOOT = CENTRE + 48 * NECK


def capsule(p: np.ndarray, a: np.ndarray, b: np.ndarray, radius: float) -> np.ndarray:
    share = np.clip(((p - a) @ (b - a)) / max((b - a) @ (b - a), 1e-9), 0, 1)
    return radius - np.linalg.norm(p - a - share[..., None] * (b - a), axis=-1)


def ball(p: np.ndarray) -> np.ndarray:
    return capsule(p, CENTRE, CENTRE, RADIUS)


def places() -> tuple[np.ndarray, np.ndarray]:
    low = np.array([-70.0, -40.0, -95.0])
    z, y, x = np.meshgrid(np.arange(130.0), np.arange(80.0), np.arange(110.0), indexing="ij")
    return np.stack([x, y, z], -1) + low, low


def femur_with(head) -> Bone:
    """A right femur whose head is what ``head`` says of points (..., 3) in mm, on a neck and a shaft."""
    points, low = places()
    inside = (head(points) > 0) | (capsule(points, CENTRE, FOOT, 14.0) > 0)
    inside |= capsule(points, FOOT, FOOT - 60 * UP, 14.0) > 0
    mask = sitk.GetImageFromArray(inside.astype(np.uint8))
    mask.SetOrigin(low.tolist())
    return Bone(HIP_CT[0], mask, np.empty((0, 3)))


def uneven_with_flare(p: np.ndarray) -> np.ndarray:
    """Waves of 0.8 mm run round the head, and the neck begins 3 mm outside: that is not plainly off such a head."""
    offset = p - CENTRE
    round_axis = np.arctan2(offset[..., 1], offset[..., 0])
    height = offset[..., 2] / np.maximum(np.linalg.norm(offset, axis=-1), 1e-6)
    wavy = ball(p) + 0.8 * np.cos(6 * round_axis) * (1 - height**2)
    return np.maximum(wavy, capsule(p, CENTRE + 5 * NECK, CENTRE + 5 * NECK, 22.0))


def test_the_beginning_of_the_neck_does_not_pull_at_the_sphere_of_a_head_that_is_not_round():
    head = find_sphere(femur_with(uneven_with_flare), "right")
    assert np.linalg.norm(head.point - CENTRE) < 0.15
    assert head.radius == pytest.approx(RADIUS, abs=0.15)
    assert head.quality == "good"


@pytest.mark.parametrize(("worn_mm", "quality"), [(0.0, "good"), (1.0, "good"), (10.0, "doubtful")])
def test_a_head_is_doubtful_if_a_seventh_of_it_lies_off_its_sphere(worn_mm, quality):
    """Worn off to a plane 10 mm under the top, 905 mm2 lie more than 2 mm deep: a fifth of what is off the neck."""

    def worn(p: np.ndarray) -> np.ndarray:
        return np.minimum(ball(p), CENTRE[2] + RADIUS - worn_mm - p[..., 2])

    head = find_sphere(femur_with(worn), "right")
    assert np.linalg.norm(head.point - CENTRE) < 0.2
    assert head.quality == quality, head.reason
    assert ("more than 2 mm off its sphere: it is not round" in head.reason) == (quality == "doubtful")


def alpha_of(radius_of_neck: float):
    points, low = places()
    field = np.maximum(ball(points), capsule(points, CENTRE, FOOT + 40 * NECK, radius_of_neck))
    image = sitk.GetImageFromArray(field.astype(np.float32))
    image.SetOrigin(low.tolist())
    return alpha_angles(image, Sphere(CENTRE, RADIUS), NECK, UP, "right")


@pytest.mark.parametrize(("neck", "off"), [(14.0, 1.0), (20.0, 1.0), (22.0, 2.0)])
def test_alpha_and_how_certain_it_is_are_those_of_a_cylinder(neck, off):
    """A cylinder leaves a sphere where the sine of the angle is its radius over that of the sphere."""
    face = alpha_of(neck)
    assert face.alpha == pytest.approx(np.full(24, np.degrees(np.arcsin(neck / RADIUS))), abs=off)
    exact = np.degrees(np.arcsin(neck / (RADIUS - 0.5)) - np.arcsin(neck / (RADIUS + 0.5)))
    assert face.width == pytest.approx(np.full(24, exact), abs=1.2)


def test_alpha_where_the_outline_never_comes_near_the_sphere_is_not_certain_at_all():
    assert np.isinf(alpha_of(RADIUS + 0.6).width).all()
