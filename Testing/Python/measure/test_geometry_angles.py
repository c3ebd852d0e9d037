"""Angles and robust fits on numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hipjoint.measure import orientation
from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.coverage import lateral_centre_edge, sector_angles
from hipjoint.measure.frames import TABLE, angle_between, anterior_of, pelvic_frame
from hipjoint.measure.landmarks import RIM, placed
from hipjoint.measure.robust import fit_circle, fit_line, fit_plane, tip
from hipjoint.measure.shaft import _BOW_MM

SIDES = ("right", "left")


@pytest.mark.parametrize(("inclination", "version"), [(40.0, 20.0), (55.0, 5.0), (30.0, -10.0)])
def test_the_three_definitions_convert_into_one_another_as_murray_says(inclination, version):
    axis = orientation.axis_of(inclination, version)
    assert np.linalg.norm(axis) == pytest.approx(1.0)
    ri, ra = np.deg2rad([inclination, version])
    radiographic, operative, anatomic = (
        kind(axis) for kind in (orientation.radiographic, orientation.operative, orientation.anatomic)
    )
    assert (radiographic.inclination, radiographic.version) == pytest.approx((inclination, version))
    assert np.tan(np.deg2rad(operative.version)) == pytest.approx(np.tan(ra) / np.cos(ri))
    assert np.sin(np.deg2rad(operative.inclination)) == pytest.approx(np.sin(ri) * np.cos(ra))
    assert np.tan(np.deg2rad(anatomic.version)) == pytest.approx(np.tan(ra) / np.sin(ri))
    assert np.cos(np.deg2rad(anatomic.inclination)) == pytest.approx(np.cos(ri) * np.cos(ra))


def test_the_pelvic_frame_is_that_of_the_table_for_a_pelvis_that_lies_flat():
    spines = np.array([[-120.0, -60, 80], [120.0, -60, 80]])
    pubis = np.array([[-25.0, -60, -20], [25.0, -60, -20]])
    frame = pelvic_frame(*spines, *pubis)
    for name in ("left", "anterior", "superior"):
        assert getattr(frame, name) == pytest.approx(getattr(TABLE, name))
    assert frame.parts(np.array([-1.0, -2.0, 3.0]), "right") == pytest.approx([1.0, 2.0, 3.0])
    assert frame.parts(np.array([1.0, -2.0, 3.0]), "left") == pytest.approx([1.0, 2.0, 3.0])


@pytest.mark.parametrize(("side", "medial"), [("right", 1.0), ("left", -1.0)])
def test_the_front_of_a_leg_is_in_front_on_both_sides(side, medial):
    front = anterior_of(np.array([medial, 0, 0]), np.array([0, 0, 1.0]), side)
    assert front == pytest.approx([0.0, -1.0, 0.0])


@pytest.mark.parametrize("side", SIDES)
def test_the_edge_of_a_cap_is_seen_under_its_angle(side):
    """A rim in the plane square to superior, 10 mm above the centre and 20 mm wide, covers 63 degrees all round."""
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    rim = np.column_stack([20 * np.cos(turn), 20 * np.sin(turn), np.full(72, 10.0)])
    angle = lateral_centre_edge(rim, np.zeros(3), TABLE, side)
    assert abs(angle) == pytest.approx(np.degrees(np.arctan2(20, 10)), abs=0.1)
    assert lateral_centre_edge(rim - [0, 0, 30], np.zeros(3), TABLE, side) is None


@pytest.mark.parametrize("side", SIDES)
def test_sector_angles_are_taken_from_the_line_to_the_other_head(side):
    outwards = -1.0 if side == "right" else 1.0
    turn = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    # A rim whose axis points to lateral: it crosses the transverse plane straight in front and straight behind.
    rim = np.column_stack([np.zeros(360), 25 * np.cos(turn), 25 * np.sin(turn)])
    other = np.array([-180.0 * outwards, 0, 0])
    assert sector_angles(rim, np.zeros(3), other, TABLE, side) == pytest.approx((90.0, 90.0), abs=0.5)
    forward = np.array([-180.0 * outwards, -31.74, 0])  # ten degrees to the front
    assert sector_angles(rim, np.zeros(3), forward, TABLE, side) == pytest.approx((80.0, 100.0), abs=0.5)


def test_fits_do_not_follow_a_quarter_of_stray_points():
    random = np.random.default_rng(0)
    turn = random.uniform(0, 2 * np.pi, 200)
    ring = np.column_stack([5 + 13 * np.cos(turn), -3 + 13 * np.sin(turn)])
    stray = random.uniform(16, 24, (60, 1)) * np.array([[0.8, 0.6]]) + [5, -3]
    centre, radius = fit_circle(np.vstack([ring, stray]))
    assert centre == pytest.approx([5, -3], abs=0.05)
    assert radius == pytest.approx(13, abs=0.05)
    line = np.linspace(0, 50, 60)[:, None] * [0.6, 0, 0.8] + random.normal(0, 0.1, (60, 3))
    line[:12] += [0, 4, 0]
    turned = angle_between(fit_line(line)[1], np.array([0.6, 0, 0.8]))
    assert min(turned, 180 - turned) < 0.5
    plane = np.column_stack([random.uniform(-25, 25, (80, 2)), random.normal(0, 0.2, 80)])
    plane[:18, 2] -= 9
    assert abs(fit_plane(plane)[1][2]) > 0.9999


@pytest.mark.parametrize("phase", [0.3, 1.0, 2.2])
def test_the_plane_of_a_rim_that_rises_and_falls_does_not_follow_a_part_of_it(phase):
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    wave = 3.0 * np.cos(2 * turn + phase) + 1.5 * np.cos(3 * turn)
    rim = placed(RIM, "right", *np.column_stack([27 * np.cos(turn), 27 * np.sin(turn), wave]))
    assert angle_between(rim_plane(rim)[1], np.array([0.0, 0.0, 1.0])) < 1.0


def test_a_line_through_a_bow_does_not_lie_along_one_end_of_it():
    height = np.arange(0.0, 100.0, 2.0)
    bow = np.where(height < 45.0, 0.0, (height - 45.0) * 0.12)
    slope = np.polyfit(height, bow, 1)[0]
    direction = fit_line(np.column_stack([bow, np.zeros(50), height]), _BOW_MM)[1]
    assert angle_between(direction * np.sign(direction[2]), np.array([slope, 0.0, 1.0])) < 0.5


def test_a_tip_is_the_middle_of_its_cap_at_the_full_height():
    random = np.random.default_rng(1)
    points = random.normal(0, 1, (4000, 3))
    ball = 8 * points / np.linalg.norm(points, axis=1, keepdims=True)
    up = np.array([0.0, 0.6, 0.8])
    assert tip(ball, up) == pytest.approx(8 * up, abs=0.4)
