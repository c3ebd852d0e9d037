"""Implants that a person placed: read back from text, resized, turned, and given to the command."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import whole_hips as solids
from test_implant_stem import HEAD_AT, case_of, scan_of
from whole_hips import Body

from hipjoint.errors import InputError
from hipjoint.geometry import GeometryJob, run_geometry
from hipjoint.implants.cup import cup_of
from hipjoint.implants.placing import head_of, new_cup, new_stem, other_stem, same_place, turned_cup
from hipjoint.implants.pose import cup_angles, rigid
from hipjoint.implants.record import canals_in, canals_text, implants_in, placed_implants, text_of
from hipjoint.implants.sizing import PlacedCup, implants_for, in_their_canals, measured, size_stem
from hipjoint.implants.stem import STEMS, stem_of
from hipjoint.measure.frames import TABLE
from hipjoint.measure.landmarks import ACETABULUM, placed
from hipjoint.measure.measure import Case, Unmeasurable


@pytest.fixture(scope="module")
def a_case() -> Case:
    """A right femur that is a tube, with an acetabulum but without a hip bone."""
    case = case_of(scan_of(6.8))
    sphere = placed(ACETABULUM, "right", HEAD_AT, radius=26.3)
    return Case({**case.landmarks, sphere.key: sphere}, case.anatomy)


@pytest.fixture(scope="module")
def the_proposal(a_case):
    return implants_for(a_case)


def numbers(implants):
    return {each.definition.name: each.number for each in implants.values}


def test_implants_and_canals_are_read_back_as_they_were_written(a_case, the_proposal):
    canals = canals_in(canals_text(the_proposal), "scene")
    assert set(canals) == {"right"}
    right, left = implants_in(text_of(the_proposal), "scene", canals)
    before = the_proposal[0]
    assert right.cup.cup == before.cup.cup
    assert right.stem.stem == before.stem.stem
    assert same_place(right.stem.pose, before.stem.pose)
    assert right.stem.canal.radii == pytest.approx(before.canal.radii, abs=1e-3)
    assert right.edited == ()
    assert left.cup is None
    assert left.absent == the_proposal[1].absent
    again = numbers(measured(a_case, right))
    assert again == pytest.approx(numbers(before), abs=1e-2)
    assert numbers(right) == pytest.approx(numbers(before), abs=0.1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda cup: cup.update(outer_diameter_mm=45.0), "45 mm is no size"),
        (lambda cup: cup["pose_lps_mm"][0].__setitem__(0, 2.0), "moves and turns only"),
        (lambda cup: cup.pop("pose_lps_mm"), "pose_lps_mm: Field required"),
    ],
)
def test_what_cannot_be_an_implant_is_told(the_proposal, change, told):
    table = json.loads(text_of(the_proposal))
    change(table["implants"]["right"]["cup"])
    with pytest.raises(InputError, match=told):
        implants_in(json.dumps(table), "scene")


def test_another_stem_keeps_its_head_as_high_and_the_leg_as_long(a_case):
    found = size_stem(a_case, "right")
    larger = other_stem(found, stem_of(found.stem.size + 2))
    assert head_of(larger)[2] == pytest.approx(head_of(found)[2])
    assert larger.pose[:2, 3] == pytest.approx(found.pose[:2, 3])


def test_a_turned_cup_has_the_angles_and_keeps_its_centre(a_case):
    cup = new_cup(a_case, "right", cup_of(50.0))
    turned = turned_cup(a_case, "right", cup, 51.0, 7.0)
    angles = cup_angles(turned.pose, TABLE, "right")
    assert (angles.inclination, angles.version) == pytest.approx((51.0, 7.0))
    assert turned.pose[:3, 3] == pytest.approx(HEAD_AT)
    with pytest.raises(Unmeasurable, match="no left bone"):
        new_cup(a_case, "left", cup_of(50.0))


def test_without_a_canal_a_stem_can_be_placed_and_says_what_is_not_known(a_case):
    stem = new_stem(a_case, "right", STEMS[3], None, "The scan ends too high.")
    right = measured(a_case, replace(implants_for(a_case)[0], stem=stem))
    found = {each.definition.name: each for each in right.values}
    assert found["implant_leg_length_change"].number == pytest.approx(0.0, abs=1e-6)
    assert found["stem_outside"].reason == "The scan ends too high."
    assert found["stem_size"].reason == "The scan ends too high."
    with pytest.raises(Unmeasurable, match="no left bone"):
        new_stem(a_case, "left", STEMS[3], None)
    # Where the scan shows the canal, it is looked for when the stem is measured in its bones.
    (again,) = in_their_canals(a_case, [replace(right, edited=("stem",))])
    assert again.stem.canal is not None
    assert numbers(again)["stem_outside"] == pytest.approx(0.0, abs=2.0)


def test_values_are_edited_if_they_follow_from_what_was_placed(the_proposal):
    moved = replace(the_proposal[0], edited=("cup",))
    edited = {each.definition.name for each in moved.values if moved.is_edited(each)}
    assert {"cup_coverage", "implant_leg_length_change", "implant_offset_change"} <= edited
    assert not {"stem_outside", "stem_size"} & edited
    assert [row["edited"] for row in moved.record()["values"]] == [moved.is_edited(each) for each in moved.values]


def test_a_matrix_is_a_pose_as_far_as_it_moves_and_turns():
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = solids.rotation(10.0, 20.0, 30.0), (1.0, 2.0, 3.0)
    stretched = pose @ np.diag([1.5, 1.5, 1.5, 1.0])
    assert rigid(stretched) == pytest.approx(pose)
    assert rigid(np.diag([1.0, 1.0, -1.0, 1.0])) is None
    assert rigid(np.diag([1.0, 1.0, 0.0, 1.0])) is None
    assert rigid(np.full((4, 4), np.nan)) is None


def test_the_command_measures_implants_where_a_file_places_them(tmp_path: Path):
    sitk.WriteImage(solids.label_map(Body(), 2.5), str(tmp_path / "bones.nrrd"))
    job = GeometryJob(tmp_path / "bones.nrrd", tmp_path / "first", implants=True, report=False)
    run_geometry(job)
    table = json.loads((job.out / "geometry.json").read_text(encoding="utf-8"))
    cup = table["implants"]["right"]["cup"]
    cup.update(edited=True, outer_diameter_mm=60.0)
    cup["pose_lps_mm"][2][3] += 7.0
    table["implants"]["left"]["cup"] = None
    (tmp_path / "moved.json").write_text(json.dumps(table), encoding="utf-8")
    values = run_geometry(replace(job, out=tmp_path / "second", implants=False, placed=tmp_path / "moved.json"))
    right, left = placed_implants(tmp_path / "second" / "geometry.json")
    assert isinstance(right.cup, PlacedCup)
    assert right.cup.cup.diameter == 60.0
    assert right.cup.pose[2, 3] == pytest.approx(cup["pose_lps_mm"][2][3])
    assert right.edited == ("cup",)
    assert left.cup is None
    edited = {each.place for each in values if each.by_hand}
    assert ("cup_coverage", "right") in edited
    assert ("cup_coverage", "left") not in edited
    assert not (tmp_path / "second" / "meshes" / "cup_left.stl").exists()
    notes = json.loads((tmp_path / "second" / "geometry.json").read_text(encoding="utf-8"))["notes"]
    assert "Implants sized or placed by hand: cup (right)." in notes
    with pytest.raises(InputError, match="no implants"):
        run_geometry(replace(job, out=tmp_path / "third", placed=tmp_path / "first" / "run.json"))
    assert not (tmp_path / "third").exists()
