from __future__ import annotations

import drawn_hips
import numpy as np
import pytest
from drawn_hips import COLUMNS, DROP, EDGE, FORAMEN, HEAD, NECK_SHAFT, RADIUS, SHAFT_X, SPACE, TIP, both_hips

from hipjoint.measure.geometry import value_of
from hipjoint.measure.radiograph import NO_SIZE, Values, measure_film, view_warnings
from hipjoint.measure.value import Value

PIXEL = 0.6


@pytest.fixture(scope="module")
def values() -> Values:
    return measure_film(both_hips(), PIXEL)[1]


def number(values: Values, name: str, side: str | None = "right") -> float:
    value = value_of(values, name, side)
    assert value.number is not None, value.reason
    return value.number


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize(
    ("name", "truth", "tolerance"),
    [
        ("head_diameter", 2 * RADIUS * PIXEL, 0.2),
        ("head_diameter_px", 2 * RADIUS, 0.3),
        ("femoral_offset", (HEAD[0] - SHAFT_X) * PIXEL, 0.3),
        ("femoral_offset_ratio", (HEAD[0] - SHAFT_X) / (2 * RADIUS), 0.005),
        ("neck_shaft_angle", NECK_SHAFT, 1.0),
        ("lateral_centre_edge_angle", EDGE, 1.0),
        ("joint_space_lateral", SPACE * PIXEL, 0.3),
        ("joint_space_apical", SPACE * PIXEL, 0.3),
        ("joint_space_medial", SPACE * PIXEL, 0.3),
        ("leg_length", (TIP[1] - DROP[1]) * PIXEL, 0.6),
    ],
)
def test_what_was_drawn_is_measured(values: Values, side: str, name: str, truth: float, tolerance: float) -> None:
    assert number(values, name, side) == pytest.approx(truth, abs=tolerance)


def test_sharps_angle_is_that_of_the_line_from_teardrop_to_edge(values: Values) -> None:
    turn, reach = np.radians(EDGE), RADIUS + SPACE / 2
    edge = HEAD + reach * np.array([-np.sin(turn), -np.cos(turn)])
    truth = np.degrees(np.arctan2(DROP[1] - edge[1], DROP[0] - edge[0]))
    assert number(values, "sharp_angle") == pytest.approx(truth, abs=1.0)


def test_a_pelvis_drawn_alike_on_both_sides_is_a_true_ap_view(values: Values) -> None:
    assert number(values, "pelvic_rotation_index", None) == pytest.approx(1.0, abs=0.01)
    assert number(values, "pelvic_tilt_index", None) == pytest.approx(FORAMEN[3] / FORAMEN[2], abs=0.03)
    assert number(values, "pelvic_obliquity", None) == pytest.approx(0.0, abs=0.1)
    assert view_warnings(values) == ()


def test_a_longer_right_leg_gives_a_positive_difference() -> None:
    _, values = measure_film(both_hips(tip=TIP + np.array([0, 10])), PIXEL)
    assert number(values, "leg_length_difference", None) == pytest.approx(10 * PIXEL, abs=0.5)


def test_a_film_turned_as_a_whole_keeps_its_angles_and_says_how_far_it_is_turned(values: Values) -> None:
    from scipy import ndimage  # noqa: PLC0415

    turned = {
        side: ndimage.rotate(labels, 5.0, reshape=False, order=0) for side, labels in drawn_hips.both_hips().items()
    }
    _, found = measure_film(turned, PIXEL)
    # The picture was turned counter-clockwise as it is looked at: its right side, the patient's left, came up.
    assert number(found, "pelvic_obliquity", None) == pytest.approx(5.0, abs=0.3)
    for side in ("right", "left"):
        for name in ("lateral_centre_edge_angle", "sharp_angle", "neck_shaft_angle"):
            assert number(found, name, side) == pytest.approx(number(values, name, side), abs=1.5)


def test_without_the_size_of_a_pixel_lengths_are_ratios_only() -> None:
    _, values = measure_film(both_hips())
    missing = value_of(values, "femoral_offset", "right")
    assert (missing.number, missing.reason) == (None, NO_SIZE)
    assert number(values, "femoral_offset_ratio") == pytest.approx((HEAD[0] - SHAFT_X) / (2 * RADIUS), abs=0.005)
    assert number(values, "leg_length_difference_ratio", None) == pytest.approx(0.0, abs=0.01)


def test_one_hip_is_measured_against_the_films_edge_and_says_so() -> None:
    _, values = measure_film({"right": both_hips()["right"]}, PIXEL)
    value: Value = value_of(values, "lateral_centre_edge_angle", "right")
    assert value.number == pytest.approx(EDGE, abs=1.0)
    assert value.quality == "doubtful"
    assert "the film's edge was taken as horizontal" in value.reason
    assert value_of(values, "leg_length_difference").number is None
    assert value_of(values, "head_diameter", "left").reason == "The film shows no femur on this side."


def test_a_head_of_an_impossible_size_makes_its_diameter_doubtful() -> None:
    _, values = measure_film(both_hips(), 0.15)
    assert "No head of an adult has 12 mm" in value_of(values, "head_diameter", "right").reason


def test_a_narrow_foramen_on_one_side_tells_that_the_pelvis_is_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    left = both_hips()["left"]
    monkeypatch.setattr(drawn_hips, "FORAMEN", np.array([330.0, 370.0, 10.0, 30.0]))
    _, values = measure_film({"right": both_hips()["right"], "left": left}, PIXEL)
    assert number(values, "pelvic_rotation_index", None) == pytest.approx(10 / 22, abs=0.03)
    assert any(sentence.startswith("The pelvis is turned") for sentence in view_warnings(values))


def test_a_film_that_ends_at_the_trochanter_has_no_shaft_and_says_why() -> None:
    cut = {side: labels[:400] for side, labels in both_hips().items()}
    _, values = measure_film(cut, PIXEL)
    offset = value_of(values, "femoral_offset", "right")
    assert offset.number is None
    assert "ends too near to the lesser trochanter" in offset.reason
    assert number(values, "head_diameter") == pytest.approx(2 * RADIUS * PIXEL, abs=0.2)


def test_bone_on_bone_is_a_joint_space_of_nothing_and_doubtful() -> None:
    hips = both_hips()
    hips["right"][(hips["right"] == 4) & (np.arange(COLUMNS) < HEAD[0] + 8)] = 5
    _, values = measure_film(hips, PIXEL)
    apical = value_of(values, "joint_space_apical", "right")
    assert apical.number == pytest.approx(0, abs=0.2)
    assert "touches the head" in apical.reason
