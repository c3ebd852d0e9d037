from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import whole_hips as solids
from whole_hips import SIDES, Body, Leg

from hipjoint.geometry import geometry_of
from hipjoint.measure.find_landmarks import in_socket
from hipjoint.measure.geometry import measure_again, measure_all, value_of
from hipjoint.measure.landmarks import ACETABULUM, HEAD, placed
from hipjoint.measure.measure import Case
from hipjoint.measure.value import Value

LEGS = {
    "right": Leg(neck_shaft=128.0, version=18.0, neck=52.0, inclination=42.0, anteversion=17.0, lesser=60.0),
    "left": Leg(neck_shaft=121.0, version=8.0, neck=47.0, inclination=47.0, anteversion=23.0, lesser=55.0),
}
# As the pelvis lies: tilted to the front, the left side higher, turned.
BODY = Body(LEGS, solids.rotation(7.0, -3.0, 4.0))
ANGLES = (
    "neck_shaft_angle",
    "alpha_anterior",
    "acetabular_inclination_radiographic_app",
    "acetabular_version_radiographic_app",
    "acetabular_inclination_anatomic_app",
    "acetabular_version_operative_app",
    "lateral_centre_edge_app",
    "anterior_sector_angle",
    "posterior_sector_angle",
)


class Measured:
    """Landmarks and values of a label map, by name and side."""

    def __init__(self, labels: sitk.Image) -> None:
        self.case, self.values = geometry_of(labels)

    def __call__(self, name: str, side=None) -> Value:
        return value_of(self.values, name, side)

    def number(self, name: str, side=None) -> float:
        value = self(name, side)
        assert value.number is not None, value.reason
        return value.number

    def point(self, name: str, side) -> np.ndarray:
        landmark = self.case.landmarks[f"{name}_{side}"]
        assert landmark.found, landmark.reason
        return landmark.point


@pytest.fixture(scope="module")
def the_labels() -> sitk.Image:
    return solids.label_map(BODY)


@pytest.fixture(scope="module")
def a_patient(the_labels) -> Measured:
    return Measured(the_labels)


@pytest.mark.parametrize("side", SIDES)
def test_the_spheres_of_head_and_socket_are_those_of_the_solids(a_patient, side):
    centre = BODY.place(side, (0, 0, 0))
    assert np.linalg.norm(a_patient.point("head", side) - centre) < 0.15
    assert a_patient.number("head_diameter", side) == pytest.approx(2 * solids.HEAD, abs=0.2)
    assert np.linalg.norm(a_patient.point("acetabulum", side) - centre) < 0.3
    assert a_patient.number("acetabular_diameter", side) == pytest.approx(2 * solids.SOCKET, abs=0.4)
    assert a_patient.number("head_sphericity", side) > 0.96
    assert a_patient.number("joint_space_mean", side) == pytest.approx(solids.SOCKET - solids.HEAD, abs=0.25)
    assert a_patient.number("joint_space_least", side) == pytest.approx(solids.SOCKET - solids.HEAD, abs=0.5)


@pytest.mark.parametrize("side", SIDES)
def test_neck_shaft_and_offset_are_those_of_the_solids(a_patient, side):
    leg = LEGS[side]
    assert a_patient.number("neck_shaft_angle", side) == pytest.approx(leg.neck_shaft, abs=1.0)
    offset = leg.neck * np.cos(np.deg2rad(leg.neck_shaft - 90))
    assert a_patient.number("femoral_offset", side) == pytest.approx(offset, abs=0.5)
    assert a_patient.number("neck_diameter", side) == pytest.approx(2 * solids.NECK, abs=0.6)
    alpha = np.degrees(np.arcsin(solids.NECK / solids.HEAD))
    assert a_patient.number("alpha_anterior", side) == pytest.approx(alpha, abs=1.5)
    assert a_patient.number("alpha_largest", side) == pytest.approx(alpha, abs=2.5)


@pytest.mark.parametrize("side", SIDES)
def test_the_trochanters_are_where_the_solids_have_them(a_patient, side):
    greater = BODY.place(side, BODY.shaft_at(side, 0.0) + np.array([12.0, 0, 2.0]))
    assert np.linalg.norm(a_patient.point("greater_trochanter", side) - greater) < 1.5
    assert np.linalg.norm(a_patient.point("lesser_trochanter", side) - BODY.place(side, BODY.lesser_tip(side))) < 1.5


def test_a_lesser_trochanter_high_under_the_neck_is_found():
    body = Body({"right": Leg(lesser=40.0), "left": Leg()}, bones=("femur_right",))
    found = Measured(solids.label_map(body)).point("lesser_trochanter", "right")
    assert np.linalg.norm(found - body.place("right", body.lesser_tip("right"))) < 1.5


@pytest.mark.parametrize("side", SIDES)
def test_the_plane_of_the_rim_opens_as_the_solids_do_in_all_three_definitions(a_patient, side):
    leg = LEGS[side]
    lateral, anterior, superior = solids.axis_of(leg.inclination, leg.anteversion)
    expected = {
        "inclination_radiographic": leg.inclination,
        "version_radiographic": leg.anteversion,
        "inclination_operative": np.degrees(np.arcsin(lateral)),
        "version_operative": np.degrees(np.arctan2(anterior, -superior)),
        "inclination_anatomic": np.degrees(np.arccos(-superior)),
        "version_anatomic": np.degrees(np.arctan2(anterior, lateral)),
    }
    for name, degrees in expected.items():
        assert a_patient.number(f"acetabular_{name}_app", side) == pytest.approx(degrees, abs=1.0), name
    outward = np.array([-1, -1, 1]) * [1 if side == "right" else -1, 1, 1]
    on_table = BODY.direction(side, (lateral, anterior, superior)) * outward
    inclination = np.degrees(np.arctan2(on_table[0], -on_table[2]))
    assert a_patient.number("acetabular_inclination_radiographic_table", side) == pytest.approx(inclination, abs=1.0)
    assert a_patient.number("acetabular_version_radiographic_table", side) == pytest.approx(
        np.degrees(np.arcsin(on_table[1])), abs=1.0
    )


@pytest.mark.parametrize("side", SIDES)
def test_coverage_is_that_of_a_hemisphere_which_opens_so(a_patient, side):
    lateral, anterior, superior = solids.axis_of(LEGS[side].inclination, LEGS[side].anteversion)
    edge = np.degrees(np.arctan2(-superior, lateral))
    version = np.degrees(np.arctan2(anterior, lateral))
    assert a_patient.number("lateral_centre_edge_app", side) == pytest.approx(edge, abs=2.0)
    assert a_patient.number("anterior_sector_angle", side) == pytest.approx(90 - version, abs=2.0)
    assert a_patient.number("posterior_sector_angle", side) == pytest.approx(90 + version, abs=2.0)


def test_the_pelvis_lies_as_it_was_laid(a_patient):
    left, back, _ = BODY.pose.T
    assert a_patient.number("pelvic_tilt") == pytest.approx(np.degrees(np.arcsin(back[2])), abs=0.5)
    assert a_patient.number("pelvic_obliquity") == pytest.approx(np.degrees(np.arctan2(left[2], left[0])), abs=0.5)
    assert a_patient.number("pelvic_rotation") == pytest.approx(np.degrees(np.arctan2(-left[1], left[0])), abs=0.5)


def test_leg_length_and_offset_side_to_side_are_those_of_the_solids(a_patient):
    below = {side: LEGS[side].lesser + solids.ISCHIUM[2] - solids.BALL["ischium"] for side in SIDES}
    offset = {side: LEGS[side].neck * np.cos(np.deg2rad(LEGS[side].neck_shaft - 90)) for side in SIDES}
    for side in SIDES:
        assert a_patient.number("leg_length", side) == pytest.approx(below[side], abs=1.0)
        assert a_patient.number("acetabular_offset", side) == pytest.approx(solids.HALF_WIDTH, abs=1.0)
        assert a_patient.number("global_offset", side) == pytest.approx(solids.HALF_WIDTH + offset[side], abs=1.5)
    assert a_patient.number("leg_length_difference") == pytest.approx(below["right"] - below["left"], abs=1.0)
    assert a_patient.number("global_offset_difference") == pytest.approx(offset["right"] - offset["left"], abs=1.0)


def test_a_turned_scan_gives_the_same_angles_and_lengths(the_labels, a_patient):
    again = Measured(solids.turned(the_labels, solids.rotation(10.0, 8.0, -12.0)))
    for name in ANGLES:
        for side in SIDES:
            assert again.number(name, side) == pytest.approx(a_patient.number(name, side), abs=0.5), name
    assert again.number("leg_length_difference") == pytest.approx(a_patient.number("leg_length_difference"), abs=0.5)


def test_a_mirrored_scan_gives_each_side_the_angles_of_the_other(the_labels, a_patient):
    again = Measured(solids.mirrored(the_labels))
    for name in ANGLES:
        for side, other in zip(SIDES, reversed(SIDES), strict=True):
            assert again.number(name, side) == pytest.approx(a_patient.number(name, other), abs=0.5), name
    assert again.number("pelvic_rotation") == pytest.approx(-a_patient.number("pelvic_rotation"), abs=0.3)


def test_a_moved_landmark_changes_the_values_that_name_it_and_no_others(a_patient):
    asis = a_patient.case.landmarks["asis_right"]
    moved = replace(asis, points=asis.points + np.array([0.0, 0.0, 5.0]), edited=True)
    case = Case({**a_patient.case.landmarks, "asis_right": moved}, a_patient.case.anatomy)
    again = measure_again(a_patient.values, case, {"asis_right"})
    assert [each.value.number for each in again] == [each.value.number for each in measure_all(case)]
    for before, after in zip(a_patient.values, again, strict=True):
        if "asis_right" not in before.landmarks:
            assert before is after
    assert value_of(again, "pelvic_obliquity").number != a_patient.number("pelvic_obliquity")


def test_what_the_scan_does_not_show_is_not_measurable_and_says_why(a_patient):
    for side in SIDES:
        assert a_patient("femoral_version", side).reason == f"The scan does not show the condyles of the {side} femur."
        assert "give the CT too" in a_patient("canal_flare_index", side).reason
        assert a_patient("femoral_version", side).number is None


def test_one_hip_alone_has_no_pelvic_plane():
    one = Measured(solids.label_map(Body(LEGS, bones=("femur_right", "hip_right"))))
    assert one.number("neck_shaft_angle", "right") == pytest.approx(LEGS["right"].neck_shaft, abs=1.0)
    assert one.number("acetabular_inclination_radiographic_table", "right") == pytest.approx(42.0, abs=1.0)
    for name in ("acetabular_inclination_radiographic_app", "lateral_centre_edge_app", "acetabular_offset"):
        assert one(name, "right").number is None
        assert "left hip bone" in one(name, "right").reason
    assert one("head_diameter", "left").reason == "The scan shows no left femur."
    assert one("leg_length_difference").number is None


def test_a_scan_that_ends_above_the_shaft_or_below_the_spines_says_so(the_labels):
    middle = the_labels.TransformPhysicalPointToIndex(BODY.place("right", (0, 0, 0)).tolist())
    short = Measured(the_labels[:, :, middle[2] - 35 : middle[2] + 60])
    for side in SIDES:
        assert "too little of the shaft" in short("neck_shaft_angle", side).reason
        assert "spine" in short("acetabular_inclination_radiographic_app", side).reason
        assert short.number("head_diameter", side) == pytest.approx(2 * solids.HEAD, abs=0.3)
        assert short.number("acetabular_inclination_radiographic_table", side) > 0


def test_a_short_shaft_is_doubtful(the_labels):
    middle = the_labels.TransformPhysicalPointToIndex(BODY.place("right", (0, 0, 0)).tolist())
    short = Measured(the_labels[:, :, middle[2] - 85 :])
    value = short("neck_shaft_angle", "right")
    assert value.quality == "doubtful"
    assert "of the right shaft are shown" in value.reason
    assert value.number == pytest.approx(LEGS["right"].neck_shaft, abs=4.0)


@pytest.mark.parametrize("side", SIDES)
def test_version_is_taken_against_the_backs_of_the_condyles(side):
    legs = {each: replace(LEGS[each], condyles=True, length=330.0) for each in SIDES}
    whole = Measured(solids.label_map(Body(legs, BODY.pose, bones=(f"femur_{side}",)), 1.5))
    assert whole.number("femoral_version", side) == pytest.approx(legs[side].version, abs=2.0)
    assert whole.number("femoral_version_murphy", side) == pytest.approx(legs[side].version, abs=2.0)
    assert whole("femoral_version", side).quality == "good"


def test_outlines_that_are_rough_by_a_millimetre_move_no_angle_by_two_degrees(the_labels, a_patient):
    values = sitk.GetArrayFromImage(the_labels)
    random = np.random.default_rng(3)
    which, rough = random.integers(0, 8, values.shape, np.uint8), values.copy()
    for number, (axis, step) in enumerate((axis, step) for axis in range(3) for step in (-1, 1)):
        np.copyto(rough, np.roll(values, step, axis), where=which == number)
    image = sitk.GetImageFromArray(rough)
    image.CopyInformation(the_labels)
    again = Measured(image)
    for name in ANGLES:
        for side in SIDES:
            assert again.number(name, side) == pytest.approx(a_patient.number(name, side), abs=2.0), name


def test_a_head_that_does_not_lie_in_its_socket_is_doubtful_and_says_so():
    socket = placed(ACETABULUM, "right", np.zeros(3), radius=26.0)
    assert in_socket(placed(HEAD, "right", np.array([0.0, 0, 5]), radius=23.0), socket).quality == "good"
    for centre, radius in (((0.0, 0, 20), 23.0), ((0.0, 0, 0), 31.0)):
        off = in_socket(placed(HEAD, "right", np.array(centre), radius=radius), socket)
        assert off.quality == "doubtful"
        assert "dislocated, or not found" in off.reason
