"""The hip's geometry on the panel, on hips made of solids; the pictures are there to be looked at."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import whole_hips as solids
from panels import WIDTH, cells, choose, erase, picture, until
from whole_hips import Body

from hipjoint.geometry import geometry_of
from hipjoint.labels import HIP_CT
from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.geometry import MEASURES, value_of
from hipjoint.measure.landmarks import RIM, absent
from hipjoint.output.markup_points import moved

BONES = ("femur_right", "hip_right", "hip_left")
LABELS = solids.label_map(Body(bones=BONES), 2.0)
RAS = np.array([-1.0, -1.0, 1.0])
TITLES = [measure.definition.title for measure in MEASURES]
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def the_geometry():
    """Case and values of the engine: a hip, and another one without a femur."""
    return geometry_of(LABELS)


@pytest.fixture
def bones(slicer):
    """A segmentation of the bones that says what they are."""
    return segmentation_of(slicer, LABELS)


def segmentation_of(slicer, labels):
    from scans import volume_of

    from HipJointSegmentationLib.SegmentRoles import setLabel

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Bones")
    node.CreateDefaultDisplayNodes()
    grid, drawn = volume_of(labels, "Grid"), sitk.GetArrayViewFromImage(labels)
    for label in HIP_CT:
        if (drawn == label.value).any():
            node.GetSegmentation().AddEmptySegment(label.name, label.title)
            mask = (drawn == label.value).astype(np.uint8)
            slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, label.name, grid)
            setLabel(node.GetSegmentation().GetSegment(label.name), label)
    slicer.mrmlScene.RemoveNode(grid)
    return node


@pytest.fixture
def a_panel_with_bones(a_panel, bones):
    a_panel.ui.segmentationSelector.setCurrentNode(bones)
    a_panel.ui.geometrySection.collapsed = False
    return a_panel


@pytest.fixture
def a_case(slicer, a_panel_with_bones, the_geometry):
    """The panel with what the engine finds, without its process."""
    case, values = the_geometry
    panel = a_panel_with_bones.geometryPanel
    panel.timer.setInterval(20)
    panel.geometry.take(case.landmarks, values)
    panel._changed("")
    return a_panel_with_bones


def node_of(slicer, name):
    return slicer.util.getNode(name)


def move(node, index, shift_lps):
    """Move a control point as Slicer's own tools do."""
    place = np.array(node.GetNthControlPointPositionWorld(index))
    node.SetNthControlPointPositionWorld(index, *(place + np.array(shift_lps) * RAS))


def drag(node, index, shift_lps, steps=5):
    """Move a control point with a mouse that is pressed, moved and released."""
    node.InvokeEvent(node.PointStartInteractionEvent)
    for _ in range(steps):
        move(node, index, np.array(shift_lps) / steps)
    node.InvokeEvent(node.PointEndInteractionEvent)


def row(panel, title):
    """Right, left and difference of a measure, on one line each."""
    at = TITLES.index(title)
    return [text.replace("\n", " ") for text in cells(panel.ui.geometryTable)[at][1:]]


def assert_shown(table, before):
    """The same words and, but for the last digit that is shown (a scene file has few), the same numbers."""
    for new, old in zip(table, before, strict=True):
        for text, wanted in zip(new, old, strict=True):
            assert NUMBER.sub("#", text) == NUMBER.sub("#", wanted), old[0]
            assert [float(n) for n in NUMBER.findall(text)] == pytest.approx(
                [float(n) for n in NUMBER.findall(wanted)], abs=0.11
            ), old[0]


def settled(slicer, panel):
    until(slicer, lambda: not panel.geometryPanel.timer.active)


def test_a_run_of_the_engine_fills_the_table_and_the_scene(slicer, a_panel_with_bones, the_geometry):
    ui = a_panel_with_bones.ui
    assert not ui.geometryTable.visible
    ui.geometryMeasureButton.click()
    assert ui.geometryMeasureButton.text == "Cancel"
    assert ui.geometryMessageLabel.text == "Measuring..."
    until(slicer, lambda: ui.geometryMeasureButton.text == "Measure")
    assert ui.geometryMessageLabel.text == ""
    assert ui.geometryTable.rowCount == len(MEASURES)
    number = value_of(the_geometry[1], "neck_shaft_angle", "right").number
    assert row(a_panel_with_bones, "Neck-shaft angle (CCD)")[0] == f"{number:.1f}"
    head = node_of(slicer, "Femoral head, right")
    place = np.array(head.GetNthControlPointPositionWorld(0)) * RAS
    assert place == pytest.approx(the_geometry[0].landmarks["head_right"].point, abs=0.01)


def test_a_hip_that_is_not_there_leaves_no_hole_in_the_table(a_case):
    assert [line[0].partition(",")[0] for line in cells(a_case.ui.geometryTable)[:2]] == [
        "Diameter of the femoral head",
        "Residual of the head's sphere",
    ]
    assert row(a_case, "Diameter of the femoral head")[1:] == ["–", ""]
    item = a_case.ui.geometryTable.item(0, 2)
    assert item.toolTip() == "not measurable: The scan shows no left femur."
    assert all(all(line[:2]) for line in cells(a_case.ui.geometryTable))
    texts = [a_case.ui.geometryLandmarkSelector.itemText(n) for n in range(25)]
    assert texts[0] == "All landmarks"
    assert "Femoral head, left (not found)" in texts
    choose(a_case.ui.geometryLandmarkSelector, "Femoral head, left (not found)")
    assert a_case.ui.geometryShowLandmarkButton.text == "Place"
    for widget in (a_case.ui.geometryResetButton, a_case.ui.geometryLockBox):
        assert not widget.enabled


def test_a_landmark_that_was_not_found_is_placed_where_the_slices_cross(slicer, a_case):
    ui, before = a_case.ui, cells(a_case.ui.geometryTable)
    for orientation in ("Axial", "Sagittal", "Coronal"):
        node = slicer.mrmlScene.AddNode(slicer.vtkMRMLSliceNode())
        node.SetOrientation(orientation)
        node.JumpSliceByCentering(-80.0, 40.0, 300.0)
    for title in ("Femoral head, left", "Axis of the shaft, left", "Tip of the lesser trochanter, left"):
        choose(ui.geometryLandmarkSelector, f"{title} (not found)")
        ui.geometryShowLandmarkButton.click()
        assert ui.geometryLandmarkSelector.currentText == f"{title} (edited)"
        assert ui.geometryShowLandmarkButton.text == "Show"
    assert row(a_case, "Diameter of the femoral head")[1] == "48.0 edited"
    assert row(a_case, "Femoral offset")[1] == "0.0 edited"
    head = node_of(slicer, "Femoral head, left")
    assert head.GetNthControlPointPositionWorld(0) == pytest.approx((-80, 40, 300), abs=0.01)
    drag(head, 0, (-30.0, 0, 0))
    assert row(a_case, "Femoral offset")[1] == "30.0 edited"
    choose(ui.geometryLandmarkSelector, "All landmarks")
    ui.geometryResetButton.click()
    assert cells(ui.geometryTable) == before
    assert slicer.util.getNodes("Femoral head, left") == {}


@pytest.mark.parametrize(("side", "lateral"), [("right", -1.0), ("left", 1.0)])
def test_a_rim_that_is_placed_opens_to_lateral(slicer, side, lateral):
    from HipJointSegmentationLib.GeometryPlacing import startPoints

    rim = absent(RIM, side, "Not there.")
    placed = moved(rim, startPoints(rim, np.array([10.0, 20.0, 30.0])))
    middle, normal, _ = rim_plane(placed)
    assert middle == pytest.approx([10.0, 20.0, 30.0])
    assert normal == pytest.approx([lateral, 0.0, 0.0], abs=1e-9)


def test_what_is_doubtful_has_a_question_mark_and_its_reason(a_case, the_geometry):
    first, *others = the_geometry[1]
    doubtful = replace(first, value=replace(first.value, quality="doubtful", reason="Cut by the scan."))
    a_case.geometryPanel.geometry.take(the_geometry[0].landmarks, (doubtful, *others))
    a_case.geometryPanel._changed("")
    item = a_case.ui.geometryTable.item(0, 1)
    assert item.text() == "48.0 ?"
    assert item.toolTip() == "48.0 mm, doubtful: Cut by the scan."


def test_a_moved_landmark_changes_its_numbers_at_once_and_marks_them_edited(slicer, a_case, the_geometry):
    before = cells(a_case.ui.geometryTable)
    move(node_of(slicer, "Anterior superior iliac spine, right"), 0, (0, -10.0, 0))
    after = row(a_case, "Pelvic rotation")[0]
    assert after.endswith("edited")
    was = float(before[TITLES.index("Pelvic rotation")][1])
    assert float(after.split()[0]) < was - 2.0
    changed = [line[0] for line, old in zip(cells(a_case.ui.geometryTable), before, strict=True) if line != old]
    assert not any("head" in title or "Neck" in title for title in changed)
    item = a_case.ui.geometryTable.item(TITLES.index("Pelvic rotation"), 1)
    assert f"edited (found: {value_of(the_geometry[1], 'pelvic_rotation').text})" in item.toolTip()
    assert a_case.ui.geometryLandmarkSelector.currentText == "Anterior superior iliac spine, right (edited)"


def test_a_number_follows_its_landmark_in_less_than_a_third_of_a_second(slicer, a_case):
    head = node_of(slicer, "Femoral head, right")
    move(head, 0, (0.5, 0, 0))
    settled(slicer, a_case)  # the bones are made now
    begun = time.process_time()
    move(head, 0, (0, 1.0, 0))
    assert time.process_time() - begun < 0.3


def test_who_drags_the_centre_of_a_head_moves_its_sphere(slicer, a_case):
    head = node_of(slicer, "Femoral head, right")
    diameter, offset = (row(a_case, title)[0] for title in ("Diameter of the femoral head", "Femoral offset"))
    drag(head, 0, (-4.0, 0, 0))
    assert row(a_case, "Diameter of the femoral head")[0] == f"{diameter} edited"
    assert float(row(a_case, "Femoral offset")[0].split()[0]) == pytest.approx(float(offset) - 4.0, abs=0.6)
    sphere = node_of(slicer, "Sphere of the head, right").GetPolyData().GetBounds()
    centre = np.array(head.GetNthControlPointPositionWorld(0))
    assert [(a + b) / 2 for a, b in zip(sphere[::2], sphere[1::2], strict=True)] == pytest.approx(centre, abs=0.1)
    drag(head, 1, (0, 0, 3.0))
    larger = float(row(a_case, "Diameter of the femoral head")[0].split()[0])
    assert larger == pytest.approx(float(diameter) + 6.0, abs=0.11)


def test_what_looks_at_the_bones_waits_for_the_release_and_says_so(slicer, a_case):
    neck = node_of(slicer, "Centre of the neck, right")
    before = row(a_case, "Diameter of the neck")[0]
    neck.InvokeEvent(neck.PointStartInteractionEvent)
    move(neck, 0, (2.0, 0, 0))
    assert row(a_case, "Diameter of the neck")[0] == "… edited"
    assert row(a_case, "Neck-shaft angle (CCD)")[0].endswith("edited")
    assert not a_case.geometryPanel.timer.active
    neck.InvokeEvent(neck.PointEndInteractionEvent)
    now, mark = row(a_case, "Diameter of the neck")[0].split()
    assert mark == "edited"
    assert float(now) == pytest.approx(float(before), abs=4.0)


def test_numbers_after_a_move_are_those_of_the_engine(slicer, a_case, the_geometry):
    from hipjoint.measure.geometry import measure_all
    from hipjoint.measure.measure import Case

    drag(node_of(slicer, "Centre of the neck, right"), 0, (2.0, 1.0, 0))
    drag(node_of(slicer, "Acetabular rim, left"), 3, (0, 0, 4.0))
    state = a_case.geometryPanel.geometry.state
    assert sorted(state.edited) == ["neck_centre_right", "rim_left"]
    expected = measure_all(Case(state.landmarks, the_geometry[0].anatomy))
    for now, right in zip(state.values, expected, strict=True):
        assert (now.value.number is None) == (right.value.number is None)
        if now.value.number is not None:
            # The bones come from the segmentation here, on a grid that is cropped.
            assert now.value.number == pytest.approx(right.value.number, abs=0.3), now.place


def test_a_landmark_is_reset_alone_or_with_all_others(slicer, a_case):
    ui, before = a_case.ui, cells(a_case.ui.geometryTable)
    spine = node_of(slicer, "Anterior superior iliac spine, right")
    ischium = node_of(slicer, "Lowest point of the ischium, right")
    place = ischium.GetNthControlPointPositionWorld(0)
    for node in (spine, ischium):
        move(node, 0, (0, -10.0, 5.0))
    choose(ui.geometryLandmarkSelector, "Anterior superior iliac spine, right (edited)")
    ui.geometryResetButton.click()
    at = TITLES.index("Pelvic rotation")
    assert cells(ui.geometryTable)[at] == before[at]
    assert not ui.geometryResetButton.enabled
    assert ui.geometryLandmarkSelector.currentText == "Anterior superior iliac spine, right"
    move(spine, 0, (0, -10.0, 0))
    choose(ui.geometryLandmarkSelector, "All landmarks")
    ui.geometryResetButton.click()
    assert cells(ui.geometryTable) == before
    assert ischium.GetNthControlPointPositionWorld(0) == pytest.approx(place)
    assert a_case.geometryPanel.geometry.state.edited == []


def test_a_point_that_is_moved_back_is_no_longer_edited(slicer, a_case):
    before, spine = cells(a_case.ui.geometryTable), node_of(slicer, "Anterior superior iliac spine, left")
    move(spine, 0, (3.0, 0, 0))
    assert cells(a_case.ui.geometryTable) != before
    move(spine, 0, (-3.0, 0, 0))
    settled(slicer, a_case)
    assert cells(a_case.ui.geometryTable) == before


def test_landmarks_are_locked_one_by_one_or_all(slicer, a_case):
    ui = a_case.ui
    choose(ui.geometryLandmarkSelector, "Acetabular rim, left")
    assert not ui.geometryLockBox.checked
    ui.geometryLockBox.click()
    assert node_of(slicer, "Acetabular rim, left").GetLocked()
    assert not node_of(slicer, "Acetabular rim, right").GetLocked()
    choose(ui.geometryLandmarkSelector, "All landmarks")
    assert not ui.geometryLockBox.checked
    ui.geometryLockBox.click()
    assert node_of(slicer, "Femoral head, right").GetLocked()
    ui.geometryLockBox.click()
    assert not node_of(slicer, "Acetabular rim, left").GetLocked()


def test_landmarks_lie_in_a_folder_a_side_with_names_colours_and_their_rule(slicer, a_case):
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)

    def folder_of(name):
        parent = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node_of(slicer, name)))
        return hierarchy.GetItemName(parent), hierarchy.GetItemName(hierarchy.GetItemParent(parent))

    assert folder_of("Femoral head, right") == ("Right hip", "Bones geometry")
    assert folder_of("Acetabular rim, left") == ("Left hip", "Bones geometry")
    assert folder_of("Anterior pelvic plane") == ("Pelvis", "Bones geometry")
    assert folder_of("Neck-shaft angle (CCD), right") == ("Right hip", "Bones geometry")
    axis = node_of(slicer, "Axis of the shaft, right")
    assert axis.GetDescription().startswith("Robust line through the centres of circles")
    assert axis.GetDisplayNode().GetSelectedColor() == pytest.approx((20 / 255, 90 / 255, 190 / 255))
    kinds = {
        "Femoral head, right": "Line",
        "Acetabular rim, left": "ClosedCurve",
        "Anterior superior iliac spine, left": "Fiducial",
        "Plane of the acetabular rim, left": "Plane",
        "Lateral centre-edge angle, pelvic plane, right": "Angle",
    }
    for name, kind in kinds.items():
        assert node_of(slicer, name).GetClassName() == f"vtkMRMLMarkups{kind}Node"


def test_an_angle_in_the_views_is_the_number_of_the_table_and_nobody_moves_it(slicer, a_case):
    angle = node_of(slicer, "Neck-shaft angle (CCD), right")
    assert f"{angle.GetAngleDegrees():.1f}" == row(a_case, "Neck-shaft angle (CCD)")[0]
    drag(node_of(slicer, "Centre of the neck, right"), 0, (0, 0, 5.0))
    assert f"{angle.GetAngleDegrees():.1f} edited" == row(a_case, "Neck-shaft angle (CCD)")[0]
    assert angle.GetLocked()
    plane, normal = node_of(slicer, "Anterior pelvic plane"), np.zeros(3)
    plane.GetNormalWorld(normal)
    assert abs(normal[1]) > 0.99


def test_landmarks_that_make_no_sense_make_no_number_and_no_error(slicer, a_case):
    other = node_of(slicer, "Anterior superior iliac spine, left").GetNthControlPointPositionWorld(0)
    node_of(slicer, "Anterior superior iliac spine, right").SetNthControlPointPositionWorld(0, *other)
    assert row(a_case, "Pelvic tilt")[0] == "– edited"
    assert slicer.util.getNodes("Lateral centre-edge angle*") == {}
    item = a_case.ui.geometryTable.item(TITLES.index("Pelvic tilt"), 1)
    assert "The landmarks lie where this cannot be measured." in item.toolTip()


def test_one_click_brings_slices_and_3d_to_a_measure(slicer, a_case, the_geometry):
    ui = a_case.ui
    camera = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
    slices = slicer.mrmlScene.AddNode(slicer.vtkMRMLSliceNode())
    rim = the_geometry[0].landmarks["rim_left"].points.mean(axis=0) * RAS
    at = TITLES.index("Acetabular inclination, radiographic, anterior pelvic plane")
    assert not ui.geometryShowButton.enabled
    ui.geometryTable.setCurrentCell(at, 2)
    assert "Left: " in ui.geometryDetailText.plainText
    assert "Murray" in ui.geometryDetailText.plainText
    ui.geometryShowButton.click()
    matrix = slices.GetSliceToRAS()
    assert [matrix.GetElement(axis, 3) for axis in range(3)] == pytest.approx(rim, abs=0.01)
    assert camera.GetFocalPoint() == pytest.approx(rim, abs=1.5)
    ui.geometryTable.setCurrentCell(TITLES.index("Neck-shaft angle (CCD)"), 1)
    ui.geometryTable.cellDoubleClicked.emit(0, 1)
    seen = np.array(camera.GetPosition()) - camera.GetFocalPoint()
    assert seen[1] > 0.9 * np.linalg.norm(seen)  # from the front
    choose(ui.geometryLandmarkSelector, "Lowest point of the ischium, left")
    ui.geometryShowLandmarkButton.click()
    ischium = the_geometry[0].landmarks["ischium_left"].point * RAS
    assert camera.GetFocalPoint() == pytest.approx(ischium, abs=0.01)


def test_a_measure_without_landmarks_has_nothing_to_show(slicer, a_case):
    a_case.ui.geometryTable.setCurrentCell(TITLES.index("Diameter of the femoral head"), 2)
    a_case.ui.geometryShowButton.click()
    assert "there is nothing to show" in a_case.ui.geometryMessageLabel.text


def test_landmarks_numbers_edits_and_locks_come_back_with_a_saved_scene(slicer, a_case, tmp_path):
    from test_slicer_scene import save_close_and_open

    ui = a_case.ui
    drag(node_of(slicer, "Centre of the neck, right"), 0, (2.0, 0, 0))
    drag(node_of(slicer, "Acetabular rim, left"), 3, (0, 0, 4.0))
    choose(ui.geometryLandmarkSelector, "Acetabular rim, left (edited)")
    ui.geometryLockBox.click()
    before, nodes = cells(ui.geometryTable), slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLMarkupsNode")
    save_close_and_open(slicer, tmp_path)
    assert_shown(cells(ui.geometryTable), before)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLMarkupsNode") == nodes
    assert node_of(slicer, "Acetabular rim, left").GetLocked()
    assert sorted(a_case.geometryPanel.geometry.state.edited) == ["neck_centre_right", "rim_left"]
    drag(node_of(slicer, "Centre of the neck, right"), 0, (0, 0, 3.0))
    assert row(a_case, "Diameter of the neck")[0].endswith("edited")
    choose(ui.geometryLandmarkSelector, "All landmarks")
    ui.geometryResetButton.click()
    assert "edited" not in str(cells(ui.geometryTable))


def test_a_scene_that_was_closed_leaves_nothing_on_the_panel(slicer, a_case):
    slicer.mrmlScene.Clear(0)
    assert cells(a_case.ui.geometryTable) == []
    assert not a_case.ui.geometryTable.visible
    assert not a_case.ui.geometryMeasureButton.enabled
    assert not a_case.ui.geometryExportButton.enabled
    assert a_case.ui.geometryLandmarkSelector.count == 0


def test_a_landmark_that_was_deleted_is_back_when_the_segmentation_is_chosen_again(slicer, a_case, bones):
    slicer.mrmlScene.RemoveNode(node_of(slicer, "Femoral head, right"))
    move(node_of(slicer, "Centre of the neck, right"), 0, (1.0, 0, 0))
    a_case.ui.segmentationSelector.setCurrentNode(None)
    assert not a_case.ui.geometryTable.visible
    a_case.ui.segmentationSelector.setCurrentNode(bones)
    assert node_of(slicer, "Femoral head, right").GetNumberOfControlPoints() == 2
    assert a_case.geometryPanel.geometry.state.edited == ["neck_centre_right"]


def test_edited_bones_make_the_numbers_out_of_date_until_they_are_measured_again(slicer, a_case, bones, the_geometry):
    ui, editor = a_case.ui, slicer.vtkSlicerSegmentEditorLogic()
    editor.SetMRMLScene(slicer.mrmlScene)
    editor.SetSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    editor.SetSegmentationNode(bones)
    drag(node_of(slicer, "Lowest point of the ischium, left"), 0, (0, 0, -4.0))
    erase(editor, "femur_right", slice(0, 2))
    assert ui.geometryStaleLabel.text == "Bones edited since: measure again."
    assert ui.geometryStaleLabel.visible
    assert not ui.geometryExportButton.enabled
    a_case.geometryPanel.geometry.take(*_found(the_geometry))
    a_case.geometryPanel._changed("")
    assert not ui.geometryStaleLabel.visible
    # What was moved by hand stays where it was put.
    assert a_case.geometryPanel.geometry.state.edited == ["ischium_left"]


def _found(geometry):
    case, values = geometry
    return case.landmarks, values


def test_what_cannot_be_read_is_told_and_kept_until_it_is_measured_anew(slicer, a_case, bones, the_geometry):
    from HipJointSegmentationLib.GeometryStore import storeOf

    store = storeOf(bones)
    store.keep({**store.texts(), "pending": "", "now": '{"schema": 2}'})
    a_case.ui.segmentationSelector.setCurrentNode(None)
    a_case.ui.segmentationSelector.setCurrentNode(bones)
    assert "What the scene holds about the geometry" in a_case.ui.geometryMessageLabel.text
    assert storeOf(bones).texts()["now"] == '{"schema": 2}'
    a_case.geometryPanel.geometry.take(*_found(the_geometry))
    a_case.geometryPanel._changed("")
    assert a_case.ui.geometryTable.visible


def test_a_scene_is_opened_without_the_packages_of_the_engine(slicer, a_case, bones, monkeypatch):
    monkeypatch.setattr(a_case.logic.dependencies, "missing", lambda: ["pydantic>=2.6"])
    a_case.ui.segmentationSelector.setCurrentNode(None)
    assert a_case.ui.geometryMessageLabel.text == ""
    a_case.ui.segmentationSelector.setCurrentNode(bones)
    assert "Press Measure to install what is missing: pydantic>=2.6." in a_case.ui.geometryMessageLabel.text


def test_segments_that_are_no_bones_are_told(slicer, a_panel):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Drawn")
    node.GetSegmentation().AddEmptySegment("one", "One")
    a_panel.ui.segmentationSelector.setCurrentNode(node)
    a_panel.ui.geometrySection.collapsed = False
    a_panel.ui.geometryMeasureButton.click()
    assert "No segment is marked as a bone" in a_panel.ui.geometryMessageLabel.text
    assert a_panel.ui.geometryMeasureButton.text == "Measure"


def test_a_run_that_is_cancelled_changes_nothing(slicer, a_case, an_engine):
    an_engine("import time; time.sleep(600)")
    before = cells(a_case.ui.geometryTable)
    a_case.ui.geometryMeasureButton.click()
    a_case.ui.geometryMeasureButton.click()
    assert a_case.ui.geometryMessageLabel.text == "Cancelled."
    assert cells(a_case.ui.geometryTable) == before


def test_a_run_that_fails_says_why_in_terms_of_the_scene(slicer, a_case, an_engine):
    an_engine("import sys; sys.exit(f'{sys.argv[4]} shows no femur and no hip bone: mark at least one of them.')")
    a_case.ui.geometryMeasureButton.click()
    until(slicer, lambda: a_case.ui.geometryMeasureButton.text == "Measure")
    assert a_case.ui.geometryMessageLabel.text.startswith("The segmentation shows no femur and no hip bone")


def test_the_export_has_bones_landmarks_frames_and_a_report_with_what_was_moved(slicer, a_case, tmp_path):
    ui = a_case.ui
    drag(node_of(slicer, "Anterior superior iliac spine, right"), 0, (0, -6.0, 0))
    rotation = row(a_case, "Pelvic rotation")[0].split()[0]
    choose(ui.geometryFormatSelector, "PLY")
    a_case.geometryPanel.export(str(tmp_path))
    assert ui.geometryMessageLabel.text == "Writing..."
    until(slicer, lambda: ui.geometryMeasureButton.text == "Measure")
    assert "Written: " in ui.geometryMessageLabel.text
    (folder,) = tmp_path.iterdir()
    models = ("meshes/femur_right.ply", "meshes/landmarks/asis_right.ply")
    for name in (*models, "landmarks/rim_left.mrk.json", "report.html"):
        assert (folder / name).is_file()
    found = json.loads((folder / "geometry.json").read_text(encoding="utf-8"))
    assert set(found["frames"]) == {"table", "pelvic plane"}
    assert [key for key, each in found["landmarks"].items() if each["edited"]] == ["asis_right"]
    value = next(each for each in found["values"] if each["name"] == "pelvic_rotation")
    assert (f"{value['number']:.1f}", value["edited"]) == (rotation, True)
    assert "Landmarks moved by hand" in (folder / "report.html").read_text(encoding="utf-8")


def test_the_rows_are_copied(a_case):
    from PySide6.QtWidgets import QApplication

    a_case.ui.geometryCopyButton.click()
    lines = [line.split("\t") for line in QApplication.clipboard().text().splitlines()]
    assert lines[0] == ["Measure", "Right", "Left", "Diff."]
    assert len(lines) == len(MEASURES) + 1


@pytest.fixture(scope="module")
def both_hips():
    labels = solids.label_map(Body(), 2.0)
    return labels, *geometry_of(labels)


@pytest.mark.parametrize("palette", ["light", "dark"])
def test_the_section_fits_in_400_pixels_and_its_rows_are_readable(slicer, a_panel, both_hips, palette):
    labels, case, values = both_hips
    a_panel.ui.segmentationSelector.setCurrentNode(segmentation_of(slicer, labels))
    ui = a_panel.ui
    ui.geometrySection.collapsed = False
    a_panel.geometryPanel.geometry.take(case.landmarks, values)
    a_panel.geometryPanel._changed("")
    assert [float(n) for n in row(a_panel, "Diameter of the femoral head")] == pytest.approx([48, 48, 0], abs=0.11)
    drag(node_of(slicer, "Centre of the neck, right"), 0, (2.0, 0, 0))
    assert row(a_panel, "Neck-shaft angle (CCD)")[2].startswith("+")
    ui.geometryTable.setCurrentCell(TITLES.index("Neck-shaft angle (CCD)"), 1)
    picture(slicer, a_panel, {"light": "panel-geometry", "dark": "panel-geometry-dark"}[palette], palette)
    slicer.app.processEvents()
    assert ui.panel.minimumSizeHint().width() <= WIDTH
    view = ui.geometryTable
    header = view.horizontalHeader()
    assert sum(header.sectionSize(column) for column in range(view.columnCount)) <= view.viewport().width + 1
    assert header.sectionSize(0) > 120
    for line in cells(view):
        for column, text in enumerate(line[1:], start=1):
            room = header.sectionSize(column) + (header.sectionSize(2) if not line[2] else 0)
            assert max(view.fontMetrics().horizontalAdvance(part) for part in text.split("\n")) + 6 <= room, text


def test_the_section_tabs_from_top_to_bottom(slicer, a_case):
    order, here = [], a_case.ui.geometryMeasureButton
    for _ in range(300):
        order.append(here.objectName)
        here = here.nextInFocusChain()
    wanted = ["geometryMeasureButton", "geometryTable", "geometryShowButton", "geometryLandmarkSelector"]
    wanted += ["geometryResetButton", "geometryLockBox", "geometryExportButton", "onfhSegmentSelector"]
    assert sorted(wanted, key=order.index) == wanted


def test_scripts_get_landmarks_and_values_without_the_panel(slicer, bones, the_geometry):
    from HipJointSegmentation import HipJointSegmentationLogic

    run = HipJointSegmentationLogic().measureGeometry(bones)
    number = value_of(run.values, "femoral_offset", "right").number
    assert number == pytest.approx(value_of(the_geometry[1], "femoral_offset", "right").number, abs=0.05)
    assert run.landmarks["rim_left"].found
