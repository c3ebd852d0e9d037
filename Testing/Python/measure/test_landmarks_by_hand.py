"""Landmarks that a person moves: their points, the values that follow, and what is written."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import whole_hips as solids
from whole_hips import SIDES, Body

from hipjoint.errors import InputError
from hipjoint.geometry import GeometryJob, geometry_of, run_geometry
from hipjoint.geometry_record import edited_landmarks, is_edited, landmarks_in, parsed, text_of, values_in
from hipjoint.measure.frames import angle_between
from hipjoint.measure.geometry import value_of
from hipjoint.mesh import check
from hipjoint.mesh.landmark_solids import landmark_solid
from hipjoint.output.markup_points import control_points, drawings, moved

LABELS = solids.label_map(Body(pose=solids.rotation(5.0, 0.0, 3.0)), 1.5)


@pytest.fixture(scope="module")
def the_geometry():
    return geometry_of(LABELS)


def by_name(case) -> dict:
    return {each.name: each for each in drawings(case)}


def angle(drawing) -> float:
    first, vertex, second = drawing.points
    return angle_between(first - vertex, second - vertex)


def test_landmarks_and_values_come_back_from_their_text(the_geometry):
    case, values = the_geometry
    found = parsed(text_of(case.landmarks, values), "text")
    landmarks, again = landmarks_in(found, "text"), values_in(found, "text")
    assert set(landmarks) == set(case.landmarks)
    for key, each in case.landmarks.items():
        assert np.allclose(landmarks[key].points, each.points, atol=0.001)
        assert landmarks[key].residual == pytest.approx(each.residual, abs=0.001)
        assert (landmarks[key].quality, landmarks[key].reason) == (each.quality, each.reason)
    assert [each.value.text for each in again] == [each.value.text for each in values]
    assert [each.landmarks for each in again] == [each.landmarks for each in values]


def test_a_landmark_of_which_no_point_has_moved_is_as_it_was(the_geometry):
    for each in the_geometry[0].landmarks.values():
        if each.found:
            assert moved(each, control_points(each) + 0.004) is each


def test_a_moved_point_of_the_rim_takes_its_neighbours_along_and_nothing_else(the_geometry):
    rim = the_geometry[0].landmarks["rim_right"]
    points = control_points(rim).copy()
    points[5] += (0, 0, 6.0)
    shifts = (moved(rim, points).points - rim.points)[:, 2]
    assert len(points) == 24
    assert shifts[15] == pytest.approx(6.0)
    assert shifts[14] == pytest.approx(4.0)
    assert np.flatnonzero(shifts).tolist() == [13, 14, 15, 16, 17]


def test_the_last_point_of_the_rim_is_the_neighbour_of_the_first(the_geometry):
    rim = the_geometry[0].landmarks["rim_left"]
    points = control_points(rim).copy()
    points[0] += (3.0, 0, 0)
    assert np.flatnonzero(np.abs(moved(rim, points).points - rim.points)[:, 0]).tolist() == [0, 1, 2, 70, 71]


def test_a_sphere_is_moved_by_its_centre_and_its_size_is_the_distance_of_both_points(the_geometry):
    head = the_geometry[0].landmarks["head_left"]
    centre = head.point + np.array([1.0, 0, 0])
    larger = moved(head, np.array([centre, centre + np.array([0, 30.0, 0])]))
    assert larger.point == pytest.approx(centre)
    assert larger.radius == pytest.approx(30.0)
    assert larger.edited
    assert not head.edited


def test_who_moves_a_doubtful_landmark_answers_for_it(the_geometry):
    spine = replace(the_geometry[0].landmarks["asis_left"], quality="doubtful", reason="Cut.")
    placed = moved(spine, spine.points + 2.0)
    assert (placed.quality, placed.reason, placed.edited) == ("good", "", True)


def test_the_angles_that_are_drawn_are_the_values(the_geometry):
    case, values = the_geometry
    drawn = by_name(case)
    for side in SIDES:
        for name, value in [
            ("neck_shaft_angle", "neck_shaft_angle"),
            ("centre_edge_angle", "lateral_centre_edge_app"),
            ("inclination", "acetabular_inclination_radiographic_app"),
        ]:
            drawing, number = drawn[f"{name}_{side}"], value_of(values, value, side)
            assert angle(drawing) == pytest.approx(number.number, abs=0.01)
            assert drawing.title == number.definition.title
    assert angle(drawn["neck_shaft_angle_right"]) == pytest.approx(125.0, abs=1.5)


def test_without_a_pelvic_plane_angles_are_drawn_against_the_table(the_geometry):
    case, values = geometry_of(solids.label_map(Body(bones=("femur_left", "hip_left")), 1.5))
    drawn = by_name(case)
    assert set(drawn) == {"rim_plane_left", "neck_shaft_angle_left", "centre_edge_angle_left", "inclination_left"}
    number = value_of(values, "lateral_centre_edge_table", "left")
    assert angle(drawn["centre_edge_angle_left"]) == pytest.approx(number.number, abs=0.01)
    assert drawn["centre_edge_angle_left"].title == number.definition.title


def test_every_landmark_is_a_closed_solid_where_it_lies(the_geometry):
    for each in the_geometry[0].landmarks.values():
        if each.found:
            surface = landmark_solid(each)
            found = check(surface)
            assert (found.closed, found.manifold) == (True, True)
            assert found.volume_ml > 0
            middle = np.array(surface.GetBounds()).reshape(3, 2).mean(axis=1)
            assert middle == pytest.approx((each.points.min(axis=0) + each.points.max(axis=0)) / 2, abs=0.8)


@pytest.fixture(scope="module")
def the_edit(the_geometry, tmp_path_factory):
    """A geometry.json in which a spine was moved 10 mm to the front, and the folder of what was measured with it."""
    folder, (case, values) = tmp_path_factory.mktemp("edit"), the_geometry
    spine = case.landmarks["asis_right"]
    edited = {**case.landmarks, "asis_right": moved(spine, spine.points - (0, 10.0, 0))}
    (folder / "edited.json").write_text(text_of(edited, values))
    sitk.WriteImage(LABELS, str(folder / "labels.nii.gz"))
    job = GeometryJob(folder / "labels.nii.gz", folder / "out", landmarks=folder / "edited.json")
    run_geometry(replace(job, mesh_formats=("stl", "3mf")))
    return folder


def test_a_landmark_that_was_moved_takes_the_place_of_the_found_one(the_geometry, the_edit):
    found = json.loads((the_edit / "out" / "geometry.json").read_text())
    assert [key for key, each in found["landmarks"].items() if each["edited"]] == ["asis_right"]
    table = {(each["name"], each["side"]): each for each in found["values"]}
    for each in the_geometry[1]:
        now, depends = table[each.place], "asis_right" in each.landmarks
        assert now["edited"] == depends
        if not depends:
            assert now["text"] == each.value.text
    rotation = value_of(the_geometry[1], "pelvic_rotation").number
    assert table["pelvic_rotation", None]["number"] < rotation - 2.0


def test_what_was_edited_is_marked_in_spreadsheet_and_report(the_edit):
    with (the_edit / "out" / "geometry.csv").open(encoding="utf-8", newline="") as file:
        edited = [row["name"] for row in csv.DictReader(file) if row["edited"] == "True"]
    assert "pelvic_tilt" in edited
    assert "neck_shaft_angle" not in edited
    page = (the_edit / "out" / "report.html").read_text(encoding="utf-8")
    assert "Landmarks moved by hand: anterior superior iliac spine (right)." in page
    assert page.count("edited: a landmark was moved by hand") == len(edited)


def test_bones_and_landmarks_are_written_in_every_format(the_edit):
    meshes = the_edit / "out" / "meshes"
    for suffix in ("stl", "3mf"):
        assert (meshes / f"femur_left.{suffix}").is_file()
        assert (meshes / "landmarks" / f"shaft_axis_left.{suffix}").is_file()
    assert not (meshes / "landmarks" / "knee_centre_left.stl").exists()


def test_without_a_report_none_is_drawn(the_edit, tmp_path):
    run_geometry(GeometryJob(the_edit / "labels.nii.gz", tmp_path / "out", report=False))
    assert not (tmp_path / "out" / "report.html").exists()
    assert (tmp_path / "out" / "geometry.json").is_file()


def test_a_file_without_a_moved_landmark_or_with_a_wrong_one_is_refused(the_geometry, tmp_path):
    case, values = the_geometry
    path = tmp_path / "geometry.json"
    path.write_text(text_of(case.landmarks, values))
    with pytest.raises(InputError, match="holds no landmark that was moved"):
        edited_landmarks(path)
    path.write_text(text_of(case.landmarks, values).replace('"asis"', '"nose"'))
    with pytest.raises(InputError, match="there is no landmark 'nose'"):
        edited_landmarks(path)
    path.write_text('{"landmarks": 3}')
    with pytest.raises(InputError, match="holds no geometry of a hip"):
        edited_landmarks(path)
    with pytest.raises(InputError, match="cannot be opened"):
        edited_landmarks(tmp_path / "nowhere.json")


def test_a_mesh_format_that_there_is_not_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(InputError, match="'step' is not a mesh format"):
        run_geometry(GeometryJob(tmp_path / "nowhere.nii.gz", tmp_path / "out", mesh_formats=("step",)))


def test_values_of_another_version_are_told(the_geometry):
    case, values = the_geometry
    with pytest.raises(InputError, match="The scene holds the values of another version"):
        values_in(parsed(text_of(case.landmarks, values[1:]), "The scene"), "The scene")


def test_a_value_is_edited_if_one_of_its_landmarks_is(the_geometry):
    case, values = the_geometry
    head = case.landmarks["head_right"]
    landmarks = {**case.landmarks, "head_right": moved(head, control_points(head) + 1.0)}
    edited = {each.place for each in values if is_edited(each, landmarks)}
    assert ("head_diameter", "right") in edited
    assert ("head_diameter", "left") not in edited
