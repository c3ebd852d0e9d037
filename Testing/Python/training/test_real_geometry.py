"""The comparison with landmarks that were placed by hand, on landmarks whose differences are known."""

import numpy as np
import pytest

from hipjoint.measure.geometry import measure_all
from hipjoint.measure.landmarks import HEAD, LANDMARKS, NECK_CENTRE, RIM, SHAFT_AXIS, SIDES, absent, placed, table_of
from hipjoint.measure.measure import Case
from Training.evaluate.real_geometry import differences

REFERENCE = {
    "right_femur": {
        "head_centre": [-90.0, 0.0, 0.0],
        "head_radius_mm": 23.0,
        "neck_centre": [-120.0, 0.0, -30.0],
        "greater_trochanter_tip": [-150.0, 0.0, 0.0],
        "lesser_trochanter_tip": [-130.0, 20.0, -60.0],
        "neck_shaft_angle_deg": 130.0,
        "shaft_axis": {"direction_distal": [0.0, 0.0, -1.0]},
    },
    "right_hip": {
        "ASIS": [-120.0, -60.0, 80.0],
        "pubic_tubercle": [-25.0, -60.0, -20.0],
        "ischium_lowest": [-60.0, 40.0, -80.0],
        "acetabular_rim": {
            "normal_outward": [-1.0, 0.0, -1.0],
            "radiographic_inclination_deg": 40.0,
            "radiographic_anteversion_deg": 5.0,
        },
    },
}


@pytest.fixture
def the_rows() -> dict[str, str]:
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)[:, None]
    # By the right-hand rule it opens to the right and the foot, by 45 degrees.
    rim = 25 * (np.cos(turn) * np.array([0.0, 1.0, 0.0]) + np.sin(turn) * np.array([1.0, 0.0, -1.0]) / np.sqrt(2))
    landmarks = table_of(absent(kind, side, "not shown") for kind in LANDMARKS for side in SIDES) | table_of(
        [
            placed(HEAD, "right", np.array([-90.0, 3.0, 4.0]), radius=24.0),
            placed(NECK_CENTRE, "right", np.array([-120.0, 3.0, -26.0])),
            placed(SHAFT_AXIS, "right", np.array([-130.0, 0, 0]), np.array([-130.0, 0, -90]), doubt="short"),
            placed(RIM, "right", *(rim + np.array([-90.0, 0, 0]))),
        ]
    )
    case = Case(landmarks)
    return differences(case, measure_all(case), REFERENCE, "right")


def test_differences_are_those_of_the_landmarks(the_rows):
    assert the_rows["Femoral head"] == "5.0 mm, height +4.0"
    assert the_rows["Diameter of the head"] == "+2.0 mm"
    assert the_rows["Neck-shaft angle"] == "+5.0 degrees (doubtful)"
    assert the_rows["Axis of the shaft"] == "0.0 degrees"


def test_the_rim_is_compared_by_its_normal_and_its_angles(the_rows):
    assert the_rows["Normal of the rim's plane"] == "0.0 degrees"
    assert the_rows["Radiographic inclination, table"] == "+5.0 degrees"
    assert the_rows["Radiographic version, table"] == "-5.0 degrees"


def test_what_is_not_found_is_said(the_rows):
    assert the_rows["Anterior superior iliac spine"] == "not found"
