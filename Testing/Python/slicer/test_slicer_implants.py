"""Cups and stems on the panel, in hips made of solids whose right femur is a tube; the pictures are to be looked at."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
import SimpleITK as sitk
import whole_hips as solids
from panels import WIDTH, cells, choose, erase, picture, unfold, until
from test_slicer_hip_geometry import segmentation_of
from whole_hips import Body, Leg

from hipjoint.geometry import geometry_of
from hipjoint.implants.definitions import CUP_DEFINITIONS, STEM_DEFINITIONS
from hipjoint.implants.record import canals_in, canals_text, implants_in, text_of
from hipjoint.implants.sizing import implants_for

BODY = Body(
    legs={"right": Leg(length=215.0, lesser=55.0), "left": Leg()}, bones=("femur_right", "hip_right", "hip_left")
)
LABELS = solids.label_map(BODY, 2.0)
CANAL_MM = 7.0
RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
TITLES = [each.title for each in (*CUP_DEFINITIONS, *STEM_DEFINITIONS)]


def scan_of_tube(labels):
    """A CT of dense bone and fat, with a canal round the axis of the right shaft, which opens below the neck."""
    values = sitk.GetArrayFromImage(labels)
    grid = zip(labels.GetSize(), labels.GetSpacing(), labels.GetOrigin(), strict=True)
    axes = [np.arange(n) * step + low for n, step, low in grid]
    x, y, z = (axis - at for axis, at in zip(axes, BODY.place("right", BODY.shaft_at("right", 0.0)), strict=True))
    opens = np.where(z < -61.0, 0.1 * np.maximum(z + 95.0, 0.0), 50.0)
    marrow = np.hypot(x, y[:, None]) < (CANAL_MM + opens)[:, None, None]
    marrow &= values == solids.VALUES["femur_right"]
    image = sitk.GetImageFromArray(np.where((values > 0) & ~marrow, 1300, -60).astype(np.int16))
    image.CopyInformation(labels)
    return image


@pytest.fixture(scope="module")
def the_scan():
    return scan_of_tube(LABELS)


@pytest.fixture(scope="module")
def the_geometry(the_scan):
    """Case and values of the engine, and what it proposes, as it hands it over."""
    case, values = geometry_of(LABELS, the_scan)
    implants = implants_for(case)
    return case, values, implants_in(text_of(implants), "here", canals_in(canals_text(implants), "here"))


@pytest.fixture
def a_panel_with_bones(slicer, a_panel, the_scan, the_geometry):
    """The panel after bones with their CT were measured, without the engine's process."""
    from scans import volume_of

    a_panel.ui.inputSelector.setCurrentNode(volume_of(the_scan))
    a_panel.ui.segmentationSelector.setCurrentNode(segmentation_of(slicer, LABELS))
    a_panel.ui.geometrySection.collapsed = False
    a_panel.ui.implantSection.collapsed = False
    a_panel.geometryPanel.timer.setInterval(20)
    a_panel.geometryPanel.implants.timer.setInterval(20)
    take_geometry(a_panel, the_geometry)
    return a_panel


def take_geometry(panel, geometry):
    panel.geometryPanel.geometry.take(geometry[0].landmarks, geometry[1])
    panel.geometryPanel._changed("")


@pytest.fixture
def a_case(slicer, a_panel_with_bones, the_geometry):
    """The same with implants; the bones are those of the engine, which saves a second a test."""
    geometry = a_panel_with_bones.geometryPanel.geometry
    geometry._bones._segmentation, geometry._bones._anatomy = geometry.segmentation, the_geometry[0].anatomy
    a_panel_with_bones.geometryPanel.implants.take(the_geometry[2])
    settled(slicer, a_panel_with_bones)
    return a_panel_with_bones


def settled(slicer, panel):
    until(slicer, lambda: not panel.geometryPanel.implants.timer.active)


def row(panel, title):
    """Right and left of a number, on one line each."""
    return [text.replace("\n", " ") for text in cells(panel.ui.implantTable)[TITLES.index(title)][1:]]


def number(text):
    return float(text.split()[0])


def tip(panel, title, column):
    return panel.ui.implantTable.item(TITLES.index(title), column).toolTip()


def pose_of(slicer, name):
    """The pose of a transform node in LPS."""
    return RAS @ slicer.util.arrayFromTransformMatrix(slicer.util.getNode(name))


def points_of(slicer, name):
    """The points (n, 3) of a model as it is seen in the views, in LPS."""
    model = slicer.util.getNode(name)
    pose = RAS @ slicer.util.arrayFromTransformMatrix(model.GetParentTransformNode(), toWorld=True)
    return slicer.util.arrayFromModelPoints(model) @ pose[:3, :3].T + pose[:3, 3]


def drag(slicer, name, shift_lps, steps=3):
    """Move a transform as the handles in the views do."""
    node = slicer.util.getNode(name)
    for _ in range(steps):
        matrix = slicer.util.arrayFromTransformMatrix(node)
        matrix[:3, 3] += (RAS[:3, :3] @ np.array(shift_lps, dtype=float)) / steps
        node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))


def names_in_scene(slicer):
    names = ("Cup, right", "Cup, left", "Stem, right", "Stem, left")
    return [name for name in names if slicer.util.getNodes(name)]


def test_a_click_has_the_engine_propose_implants_while_the_window_lives(slicer, a_panel_with_bones, the_geometry):
    ui = a_panel_with_bones.ui
    assert not ui.implantBox.visible
    assert "sizing aid" in ui.implantNoticeLabel.text
    assert "not a medical device" in ui.implantNoticeLabel.text
    ui.implantProposeButton.click()
    assert ui.implantProposeButton.text == "Cancel"
    assert ui.implantMessageLabel.text == "Looking for sizes..."
    until(slicer, lambda: ui.implantProposeButton.text != "Cancel")
    assert ui.implantMessageLabel.text == ""
    settled(slicer, a_panel_with_bones)
    right, left = the_geometry[2]
    assert right.stem is not None
    assert ui.implantRightCupSelector.currentData == right.cup.cup.diameter
    assert ui.implantLeftCupSelector.currentData == left.cup.cup.diameter
    assert ui.implantRightStemSelector.currentData == right.stem.stem.size
    assert row(a_panel_with_bones, "Inclination of the cup, radiographic") == ["40.0", "40.0"]
    assert row(a_panel_with_bones, "Change of leg length")[0] == "0.0"
    assert names_in_scene(slicer) == ["Cup, right", "Cup, left", "Stem, right"]


def test_what_the_scan_does_not_give_is_not_measurable_and_says_why(slicer, a_case):
    ui = a_case.ui
    assert row(a_case, "Size of the stem")[1] == "–"
    assert tip(a_case, "Size of the stem", 2) == "not measurable: The scan shows no left femur."
    assert ui.implantLeftStemSelector.currentText == "–"
    assert ui.implantLeftStemSelector.toolTip == "The scan shows no left femur."
    ui.implantLeftStemSelector.setCurrentIndex(3)
    assert ui.implantMessageLabel.text == "The scan shows no left femur."
    assert ui.implantLeftStemSelector.currentText == "–"
    assert names_in_scene(slicer) == ["Cup, right", "Cup, left", "Stem, right"]


def test_models_are_closed_lie_under_their_transforms_and_say_that_they_are_no_plan(slicer, a_case, the_geometry):
    from hipjoint.mesh import check

    for name in names_in_scene(slicer):
        model = slicer.util.getNode(name)
        assert check(model.GetPolyData()).closed
        assert "sizing aid" in model.GetDescription()
        assert model.GetDisplayNode().GetVisibility2D()
    cup = the_geometry[2][0].cup
    reach = np.linalg.norm(points_of(slicer, "Cup, right") - cup.pose[:3, 3], axis=1)
    assert (reach.min(), reach.max()) == pytest.approx((cup.cup.radius - cup.cup.wall, cup.cup.radius), abs=0.01)
    assert pose_of(slicer, "Pose of the stem, right") == pytest.approx(the_geometry[2][0].stem.pose, abs=1e-4)


def test_handles_in_the_views_are_those_of_the_chosen_implant_and_stretch_nothing(slicer, a_case):
    ui = a_case.ui

    def shown():
        displays = {name: slicer.util.getNode(f"Pose of the {name}").GetDisplayNode() for name in names}
        assert not any(display.GetEditorScalingEnabled() for display in displays.values())
        return [name for name, display in displays.items() if display.GetEditorVisibility()]

    names = ("cup, right", "cup, left", "stem, right")
    assert shown() == list(names)
    choose(ui.implantSelector, "Stem, right")
    assert shown() == ["stem, right"]
    ui.implantHandlesBox.click()
    assert shown() == []
    ui.implantHandlesBox.click()
    ui.implantSection.collapsed = True
    assert shown() == []


def test_numbers_follow_a_dragged_stem_at_once_and_are_marked_edited(slicer, a_case, the_geometry):
    before = cells(a_case.ui.implantTable)
    drag(slicer, "Pose of the stem, right", (0, 0, 5.0))
    assert row(a_case, "Change of leg length")[0] == "5.0 edited"
    assert number(row(a_case, "Change of global offset")[0]) == number(
        before[TITLES.index("Change of global offset")][1]
    )
    drag(slicer, "Pose of the stem, right", (-4.0, 0, 0))  # the right side lies at negative x
    offset = number(row(a_case, "Change of global offset")[0])
    assert offset == pytest.approx(number(before[TITLES.index("Change of global offset")][1]) - 4.0, abs=0.15)
    assert number(row(a_case, "Stem farthest into the cortex")[0]) > 2.0
    assert "edited (proposed: 0.0 mm)" in tip(a_case, "Change of leg length", 1)
    assert a_case.ui.implantSelector.currentText == "Stem, right (edited)"
    changed = [line for line, old in zip(cells(a_case.ui.implantTable), before, strict=True) if line != old]
    assert not any("cup" in line[0].lower() for line in changed)


def test_numbers_follow_a_dragged_cup_and_the_leg_follows_too(slicer, a_case):
    before = number(row(a_case, "Cup covered by bone")[0])
    assert before > 85
    drag(slicer, "Pose of the cup, right", (0, 0, -6.0))
    assert number(row(a_case, "Cup covered by bone")[0]) < before - 10
    # A lower cup lets the leg down: the plane of the pelvis lies as the table here.
    assert number(row(a_case, "Change of leg length")[0]) == pytest.approx(6.0, abs=0.15)
    assert row(a_case, "Change of leg length")[0].endswith("edited")
    assert not row(a_case, "Stem outside the canal")[0].endswith("edited")
    drag(slicer, "Pose of the cup, right", (13.0, 0, 6.0))
    assert number(row(a_case, "Cup through the medial wall")[0]) > 3.0
    assert row(a_case, "Inclination of the cup, radiographic")[0] == "40.0 edited"


def test_a_cup_follows_its_handles_in_less_than_a_third_of_a_second(slicer, a_case):
    drag(slicer, "Pose of the cup, right", (0.5, 0, 0), steps=1)
    begun = time.process_time()
    drag(slicer, "Pose of the cup, right", (0, 1.0, 0), steps=1)
    assert time.process_time() - begun < 0.3


def test_numbers_after_a_drag_are_those_of_the_engine(slicer, a_case, the_geometry):
    from dataclasses import replace

    from hipjoint.implants.sizing import measured

    drag(slicer, "Pose of the cup, right", (2.0, -1.0, 1.5))
    drag(slicer, "Pose of the stem, right", (1.0, 2.0, -3.0))
    state, (right, _left) = a_case.geometryPanel.implants.state, the_geometry[2]
    cup = replace(right.cup, pose=pose_of(slicer, "Pose of the cup, right"))
    stem = replace(right.stem, pose=pose_of(slicer, "Pose of the stem, right"))
    expected = measured(the_geometry[0], replace(right, cup=cup, stem=stem))
    for now, wanted in zip(state.now["right"].values, expected.values, strict=True):
        # The bones come from the segmentation here, on a grid that is cropped.
        assert now.number == pytest.approx(wanted.number, abs=1.0), now.definition.name


def test_another_size_keeps_its_place_and_is_marked(slicer, a_case):
    ui = a_case.ui
    drag(slicer, "Pose of the cup, right", (1.0, 2.0, 0))
    before = pose_of(slicer, "Pose of the cup, right")
    choose(ui.implantRightCupSelector, "66 mm")
    assert row(a_case, "Outer diameter of the cup")[0] == "66 edited"
    assert pose_of(slicer, "Pose of the cup, right") == pytest.approx(before, abs=1e-4)
    low, high = np.array(slicer.util.getNode("Cup, right").GetPolyData().GetBounds()[:2])
    assert high - low == pytest.approx(66.0, abs=0.1)
    choose(ui.implantRightStemSelector, "9 (16 mm)")
    assert row(a_case, "Size of the stem")[0] == "9 edited"
    assert number(row(a_case, "Stem outside the canal")[0]) > 5
    # A longer neck goes up along the stem, whose head stays as high.
    assert row(a_case, "Change of leg length")[0] == "0.0 edited"


def test_a_dash_leaves_an_implant_out_and_reset_brings_the_proposal_back(slicer, a_case):
    ui, before = a_case.ui, cells(a_case.ui.implantTable)
    choose(ui.implantLeftCupSelector, "–")
    assert names_in_scene(slicer) == ["Cup, right", "Stem, right"]
    assert "It was left out." in tip(a_case, "Cup covered by bone", 2)
    drag(slicer, "Pose of the stem, right", (1.0, 1.0, 1.0))
    choose(ui.implantSelector, "Cup, left (edited)")
    ui.implantResetButton.click()
    assert names_in_scene(slicer) == ["Cup, right", "Cup, left", "Stem, right"]
    assert not ui.implantResetButton.enabled
    assert row(a_case, "Change of leg length")[0] == "1.0 edited"
    choose(ui.implantSelector, "All implants")
    ui.implantResetButton.click()
    assert cells(ui.implantTable) == before
    assert [ui.implantSelector.itemText(n) for n in range(4)] == [
        "All implants",
        "Cup, right",
        "Stem, right",
        "Cup, left",
    ]


def test_angles_are_set_in_the_frame_that_is_named_and_turn_the_cup_about_its_centre(slicer, a_case, the_geometry):
    from hipjoint.implants.pose import cup_angles

    ui, case = a_case.ui, the_geometry[0]
    assert "anterior pelvic plane" in ui.implantFrameLabel.text
    ui.implantRightInclinationBox.setValue(48.0)
    ui.implantRightVersionBox.setValue(5.0)
    pose = pose_of(slicer, "Pose of the cup, right")
    found = cup_angles(pose, case.pelvis(), "right")
    assert (found.inclination, found.version) == pytest.approx((48.0, 5.0), abs=0.01)
    assert pose[:3, 3] == pytest.approx(the_geometry[2][0].cup.pose[:3, 3], abs=1e-4)
    assert row(a_case, "Version of the cup, radiographic")[0] == "5.0 edited"
    drag(slicer, "Pose of the cup, right", (1.0, 0, 0))
    assert ui.implantRightInclinationBox.value == pytest.approx(48.0)
    node = slicer.util.getNode("Pose of the cup, right")
    turn = np.eye(4)
    turn[:3, :3] = solids.rotation(0.0, 12.0, 0.0)
    turned = slicer.util.arrayFromTransformMatrix(node)
    turned[:3, :3] = turn[:3, :3] @ turned[:3, :3]
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(turned))
    expected = cup_angles(pose_of(slicer, "Pose of the cup, right"), case.pelvis(), "right")
    assert abs(expected.inclination - 48.0) > 5
    assert ui.implantRightInclinationBox.value == pytest.approx(expected.inclination, abs=0.051)
    assert number(row(a_case, "Inclination of the cup, radiographic")[0]) == pytest.approx(
        expected.inclination, abs=0.051
    )


def test_a_transform_that_stretches_is_taken_as_far_as_it_moves_and_turns(slicer, a_case):
    before, node = row(a_case, "Cup covered by bone"), slicer.util.getNode("Pose of the cup, right")
    stretched = slicer.util.arrayFromTransformMatrix(node)
    stretched[:3, :3] *= 1.2
    stretched[2, 3] += 2.0
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(stretched))
    turn = slicer.util.arrayFromTransformMatrix(node)[:3, :3]
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-6)
    assert row(a_case, "Cup covered by bone") != before
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.diag([0.0, 0, 0, 1])))
    assert np.linalg.det(slicer.util.arrayFromTransformMatrix(node)) == pytest.approx(1.0)


def test_one_click_brings_the_views_to_an_implant(slicer, a_case, the_geometry):
    ui = a_case.ui
    camera = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
    slices = slicer.mrmlScene.AddNode(slicer.vtkMRMLSliceNode())
    assert not ui.implantShowButton.enabled  # all of them are nowhere
    ui.implantTable.setCurrentCell(TITLES.index("Cup covered by bone"), 2)
    assert ui.implantSelector.currentText == "Cup, left"
    ui.implantShowButton.click()
    place = the_geometry[2][1].cup.pose[:3, 3] * [-1, -1, 1]
    assert [slices.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)] == pytest.approx(place, abs=0.01)
    assert camera.GetFocalPoint() == pytest.approx(place, abs=0.01)
    ui.implantTable.setCurrentCell(TITLES.index("Stem outside the canal"), 1)
    ui.implantTable.cellDoubleClicked.emit(0, 1)
    assert camera.GetFocalPoint() == pytest.approx(the_geometry[2][0].stem.pose[:3, 3] * [-1, -1, 1], abs=0.01)


def test_sizes_poses_and_numbers_come_back_with_a_saved_scene(slicer, a_case, tmp_path):
    from test_slicer_scene import save_close_and_open

    ui = a_case.ui
    drag(slicer, "Pose of the stem, right", (0, 2.0, 4.0))
    choose(ui.implantRightCupSelector, "62 mm")
    choose(ui.implantLeftCupSelector, "–")
    before, pose = cells(ui.implantTable), pose_of(slicer, "Pose of the stem, right")
    save_close_and_open(slicer, tmp_path)
    assert ui.implantRightCupSelector.currentText == "62 mm"
    settled(slicer, a_case)
    assert cells(ui.implantTable) == before
    assert pose_of(slicer, "Pose of the stem, right") == pytest.approx(pose, abs=1e-4)
    assert names_in_scene(slicer) == ["Cup, right", "Stem, right"]
    drag(slicer, "Pose of the stem, right", (0, 0, 1.0))
    assert row(a_case, "Change of leg length")[0] == "5.0 edited"
    choose(ui.implantSelector, "All implants")
    ui.implantResetButton.click()
    assert "edited" not in str(cells(ui.implantTable))


def test_a_closed_scene_and_a_removed_segmentation_leave_nothing_on_the_panel(slicer, a_case):
    ui = a_case.ui
    slicer.mrmlScene.RemoveNode(ui.segmentationSelector.currentNode())
    assert not ui.implantBox.visible
    assert cells(ui.implantTable) == []
    drag(slicer, "Pose of the cup, right", (3.0, 0, 0))  # nobody watches it any more
    slicer.mrmlScene.Clear(0)
    assert not ui.implantSection.visible
    assert not ui.implantBox.visible
    assert a_case.geometryPanel.implants.state is None


def test_hidden_bones_change_nothing_and_edited_ones_make_the_proposal_out_of_date(slicer, a_case):
    ui, before = a_case.ui, cells(a_case.ui.implantTable)
    bones = ui.segmentationSelector.currentNode()
    bones.GetDisplayNode().SetVisibility(False)
    assert cells(ui.implantTable) == before
    assert not ui.implantStaleLabel.visible
    editor = slicer.vtkSlicerSegmentEditorLogic()
    editor.SetMRMLScene(slicer.mrmlScene)
    editor.SetSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    editor.SetSegmentationNode(bones)
    erase(editor, "hip_right", slice(None))
    assert "propose again" in ui.implantStaleLabel.text
    assert ui.implantStaleLabel.visible
    drag(slicer, "Pose of the cup, right", (1.0, 0, 0))
    settled(slicer, a_case)
    assert "The scan shows no right hip bone." in tip(a_case, "Cup covered by bone", 1)
    assert row(a_case, "Outer diameter of the cup")[0].endswith("edited")


def test_a_moved_landmark_moves_the_numbers_that_hang_on_it(slicer, a_case):
    from test_slicer_hip_geometry import drag as drag_point

    drag_point(slicer.util.getNode("Femoral head, right"), 0, (0, 0, 3.0))
    settled(slicer, a_case)
    assert number(row(a_case, "Change of leg length")[0]) == pytest.approx(0.0, abs=0.15)
    assert number(row(a_case, "Change of global offset")[0]) != 0
    assert a_case.ui.implantStaleLabel.visible


def test_a_run_that_is_cancelled_or_fails_keeps_what_was_there(slicer, a_case, an_engine):
    ui, before = a_case.ui, cells(a_case.ui.implantTable)
    an_engine("import sys, time; time.sleep(600 if '--implants' in sys.argv else 0)")
    ui.implantProposeButton.click()
    ui.implantProposeButton.click()
    assert ui.implantMessageLabel.text == "Cancelled."
    assert cells(ui.implantTable) == before


def test_what_the_scene_holds_and_cannot_be_read_is_told(slicer, a_case):
    store, bones = a_case.geometryPanel.geometry.store, a_case.ui.segmentationSelector.currentNode()
    store.keep({"implants_now": '{"implants": {}}'})
    a_case.ui.segmentationSelector.setCurrentNode(None)
    a_case.ui.segmentationSelector.setCurrentNode(bones)
    assert "What the scene holds about the implants" in a_case.ui.implantMessageLabel.text
    assert not a_case.ui.implantBox.visible
    assert a_case.ui.implantProposeButton.enabled


def test_the_export_has_the_implants_where_they_lie_and_marks_them_edited(slicer, a_case, the_geometry, tmp_path):
    import trimesh

    ui = a_case.ui
    drag(slicer, "Pose of the cup, right", (2.0, 0, 1.0))
    choose(ui.implantRightStemSelector, "2 (9 mm)")
    choose(ui.implantLeftCupSelector, "–")
    a_case.geometryPanel.export(str(tmp_path))
    until(slicer, lambda: ui.geometryMeasureButton.text == "Measure")
    assert "Written: " in ui.geometryMessageLabel.text
    (folder,) = tmp_path.iterdir()
    cup, seen = trimesh.load(folder / "meshes" / "cup_right.stl"), points_of(slicer, "Cup, right")
    assert cup.bounds == pytest.approx(np.array([seen.min(axis=0), seen.max(axis=0)]), abs=0.01)
    assert (folder / "meshes" / "stem_right.stl").is_file()
    assert not (folder / "meshes" / "cup_left.stl").exists()
    found = json.loads((folder / "geometry.json").read_text(encoding="utf-8"))
    right, left = (found["implants"][side] for side in ("right", "left"))
    assert np.array(right["cup"]["pose_lps_mm"]) == pytest.approx(pose_of(slicer, "Pose of the cup, right"), abs=1e-4)
    assert (right["cup"]["edited"], right["stem"]["size"], right["stem"]["edited"]) == (True, 2, True)
    assert left["cup"] is None
    values = {each["name"]: each for each in right["values"]}
    assert values["cup_coverage"]["edited"]
    shown = number(row(a_case, "Cup covered by bone")[0])
    assert values["cup_coverage"]["number"] == pytest.approx(shown, abs=1.5)
    assert "Implants sized or placed by hand: cup (right), stem (right)." in found["notes"]


@pytest.mark.parametrize("palette", ["light", "dark"])
def test_the_section_fits_in_400_pixels_and_its_rows_are_readable(slicer, a_case, palette):
    ui = a_case.ui
    drag(slicer, "Pose of the cup, right", (0, 0, -2.0))
    ui.implantTable.setCurrentCell(TITLES.index("Cup covered by bone"), 1)
    picture(slicer, a_case, {"light": "panel-implants", "dark": "panel-implants-dark"}[palette], palette)
    slicer.app.processEvents()
    assert ui.panel.minimumSizeHint().width() <= WIDTH
    view = ui.implantTable
    header = view.horizontalHeader()
    assert sum(header.sectionSize(column) for column in range(view.columnCount)) <= view.viewport().width + 1
    assert header.sectionSize(0) > 120
    for line in cells(view):
        for column, text in enumerate(line[1:], start=1):
            widest = max(view.fontMetrics().horizontalAdvance(part) for part in text.split("\n"))
            assert widest + 6 <= header.sectionSize(column), text


def test_the_section_tabs_from_top_to_bottom(slicer, a_case):
    order, here = [], a_case.ui.geometryMeasureButton
    for _ in range(300):
        order.append(here.objectName)
        here = here.nextInFocusChain()
    wanted = ["geometryLockBox", "implantProposeButton", "implantRightCupSelector", "implantLeftVersionBox"]
    wanted += ["implantTable", "implantSelector", "implantHandlesBox", "geometryExportButton", "onfhSegmentSelector"]
    assert sorted(wanted, key=order.index) == wanted


def test_a_scan_is_needed_for_stems_and_the_panel_says_so(slicer, a_panel_with_bones, the_geometry):
    from dataclasses import replace

    case, ui = the_geometry[0], a_panel_with_bones.ui
    anatomy = replace(case.anatomy, scan=None)
    a_panel_with_bones.geometryPanel.implants.take(implants_for(type(case)(case.landmarks, anatomy)))
    assert "give the CT too" in ui.implantRightStemSelector.toolTip
    choose(ui.implantRightStemSelector, "4 (11 mm)")
    settled(slicer, a_panel_with_bones)
    assert row(a_panel_with_bones, "Change of leg length")[0] == "0.0 edited"
    assert row(a_panel_with_bones, "Stem outside the canal")[0] == "–"
    assert "give the CT too" in tip(a_panel_with_bones, "Stem outside the canal", 1)
    unfold(ui.implantSection)
