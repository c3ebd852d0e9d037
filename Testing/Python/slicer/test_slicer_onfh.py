"""Osteonecrosis on the panel, on two hips made of solids; the pictures are there to be looked at."""

from __future__ import annotations

import json

import hips
import numpy as np
import pytest
import SimpleITK as sitk
from panels import WIDTH, cells, choose, erase, picture, until

from hipjoint.labels import ONFH
from hipjoint.measure.osteonecrosis import assess

MIRROR = np.array([-1.0, 1.0, 1.0])
RIGHT_LESION = hips.both(hips.sector(-45, 35, "coronal"), hips.sector(-50, 70, "sagittal"))
LEFT_LESION = hips.both(hips.sector(-35, 5, "coronal"), hips.sector(-20, 40, "sagittal"))


def two_hips() -> sitk.Image:
    """Label map of a right head, 2.6 mm collapsed, and a left one, each with a lesion, in voxels of 2 mm."""
    image = sitk.Image([130, 36, 36], sitk.sitkUInt8)
    image.SetSpacing((2.0, 2.0, 2.0))
    image.SetOrigin((-129.3, hips.CENTRE[1] - 35.1, hips.CENTRE[2] - 35.2))
    head = hips.head(collapse_mm=2.6)

    def mirrored(solid):
        return lambda p: solid(p * MIRROR)

    left = mirrored(hips.head())
    return hips.label_map(
        image,
        (1, head),
        (2, left),
        (3, hips.both(head, RIGHT_LESION)),
        (4, hips.both(left, mirrored(LEFT_LESION))),
    )


@pytest.fixture(scope="module")
def the_labels() -> sitk.Image:
    return two_hips()


@pytest.fixture
def a_scan(slicer, the_labels):
    from scans import volume_of

    grey = np.choose(sitk.GetArrayViewFromImage(the_labels), [100, 700, 700, 250, 250]).astype(np.int16)
    image = sitk.GetImageFromArray(grey)
    image.CopyInformation(the_labels)
    return volume_of(image, "Hips T1 3D")


@pytest.fixture
def draw(slicer, a_scan, the_labels):
    """Make a segmentation with a segment of each of some label values, as drawn by hand; named but without terms."""

    def make(*values: int):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Drawn")
        node.CreateDefaultDisplayNodes()
        node.SetReferenceImageGeometryParameterFromVolumeNode(a_scan)
        drawn = sitk.GetArrayViewFromImage(the_labels)
        for value in values:
            colour = np.array(ONFH[value - 1].colour) / 255
            node.GetSegmentation().AddEmptySegment(f"s{value}", f"Segment {value}", colour)
            mask = (drawn == value).astype(np.uint8)
            slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, f"s{value}", a_scan)
        return node

    return make


@pytest.fixture
def mark(draw):
    """Make a segmentation with segments that say what they are."""

    def make(*values: int):
        from HipJointSegmentationLib.SegmentRoles import setLabel

        node = draw(*values)
        for value in values:
            setLabel(node.GetSegmentation().GetSegment(f"s{value}"), ONFH[value - 1])
        return node

    return make


@pytest.fixture
def open_on(slicer, a_panel):
    """Show a segmentation in the open section and wait for its rows."""

    def show(node):
        a_panel.onfhPanel.timer.setInterval(30)
        a_panel.ui.segmentationSelector.setCurrentNode(node)
        a_panel.ui.onfhSection.collapsed = False
        until(slicer, lambda: not a_panel.onfhPanel.timer.active)
        return a_panel

    return show


@pytest.fixture
def a_case(mark, open_on):
    """The panel with both hips of a segmentation measured."""
    return open_on(mark(1, 2, 3, 4))


def editor_of(slicer, node):
    """A Segment Editor on a segmentation."""
    logic = slicer.vtkSlicerSegmentEditorLogic()
    logic.SetMRMLScene(slicer.mrmlScene)
    logic.SetSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    logic.SetSegmentationNode(node)
    return logic


def rows(panel) -> list[list[str]]:
    return cells(panel.ui.onfhTable)


def share(row: list[str]) -> float:
    return float(row[3])


def override(panel, field: str, value: str, reason: str) -> None:
    choose(panel.ui.onfhFieldSelector, field)
    if panel.ui.onfhValueSelector.editable:
        panel.ui.onfhValueSelector.setEditText(value)
    else:
        choose(panel.ui.onfhValueSelector, value)
    panel.ui.onfhReasonEdit.setText(reason)
    panel.ui.onfhOverrideButton.click()


def test_each_hip_has_a_row_with_the_numbers_of_the_engine(a_case, the_labels):
    for row, (side, hip) in zip(rows(a_case), assess(the_labels).items(), strict=True):
        assert row[0].lower() == side
        assert float(row[1]) == pytest.approx(hip.value("head_volume").number, abs=0.06)
        assert float(row[2]) == pytest.approx(hip.value("lesion_volume").number, abs=0.06)
        assert row[3] == f"{hip.value('lesion_share').number:.0f}"
        assert row[4].replace("\n", " ").removesuffix(" ?") == hip.value("steinberg_grade").text
        assert row[6].removesuffix(" ?") == hip.value("jic_type").words.partition(",")[0]
        assert float(row[7].removesuffix(" ?")) == pytest.approx(hip.value("necrotic_angle").number, abs=0.6)
    assert rows(a_case)[0][4].startswith("B, ")
    assert rows(a_case)[1][4].startswith("A, ")


def test_the_section_is_closed_at_first_and_measures_nothing_while_it_is(slicer, a_panel, mark, monkeypatch):
    assert a_panel.ui.onfhSection.collapsed
    monkeypatch.setattr(a_panel.logic, "measureHips", lambda *_: pytest.fail("measured"))
    a_panel.onfhPanel.timer.setInterval(1)
    a_panel.ui.segmentationSelector.setCurrentNode(mark(1, 3))
    for _ in range(5):
        slicer.app.processEvents()
    assert not a_panel.onfhPanel.timer.active


def test_a_hip_that_is_not_marked_has_a_row_that_says_so_and_can_be_staged(open_on, mark):
    panel = open_on(mark(1, 3))
    assert rows(panel)[1][:2] == ["Left", "not in this scan"]
    assert rows(panel)[0][4].startswith("B, ")
    panel.ui.onfhTable.selectRow(1)
    assert panel.ui.onfhHipLabel.text == "Left hip"
    choose(panel.ui.onfhStageSelector, "VI: Advanced degeneration")
    assert rows(panel)[1][5] == "VI"
    assert rows(panel)[0][5] == "–"


def test_a_lesion_without_its_head_is_told(open_on, mark):
    panel = open_on(mark(1, 3, 4))
    assert rows(panel)[1][1] == "not measurable"
    panel.ui.onfhTable.selectRow(1)
    assert "marked without a femoral head" in panel.ui.onfhDetailText.plainText
    assert "left lesion without a left femoral head" in panel.ui.onfhMessageLabel.text


def test_an_edit_marks_the_row_stale_and_then_changes_share_and_grade(slicer, a_case):
    panel, before = a_case, rows(a_case)
    erase(editor_of(slicer, panel._parameterNode.segmentation), "s3", slice(24, None))
    assert panel.ui.onfhStaleLabel.visible
    assert rows(panel) == before
    until(slicer, lambda: not panel.ui.onfhStaleLabel.visible)
    after = rows(panel)
    assert share(after[0]) < 15 < share(before[0])
    assert after[0][4].startswith("A, ")
    assert after[1] == before[1]
    assert "Outline edited" in panel.ui.onfhDetailText.plainText


def test_an_undone_edit_brings_the_row_back(slicer, a_case):
    panel, before = a_case, rows(a_case)
    editor = editor_of(slicer, panel._parameterNode.segmentation)
    erase(editor, "s3", slice(24, None))
    until(slicer, lambda: not panel.ui.onfhStaleLabel.visible)
    editor.Undo()
    assert panel.ui.onfhStaleLabel.visible
    until(slicer, lambda: not panel.ui.onfhStaleLabel.visible)
    assert rows(panel) == before


def test_only_the_edited_hip_is_measured_again(slicer, a_case, monkeypatch):
    from hipjoint.measure import osteonecrosis

    measured, real = [], osteonecrosis.assess_hip
    monkeypatch.setattr(osteonecrosis, "assess_hip", lambda *given: measured.append(given[3]) or real(*given))
    erase(editor_of(slicer, a_case._parameterNode.segmentation), "s4", slice(26, None))
    until(slicer, lambda: not a_case.ui.onfhStaleLabel.visible)
    assert measured == ["left"]


def test_segments_drawn_by_hand_count_once_they_say_what_they_are(slicer, open_on, draw):
    panel = open_on(draw(1, 3))
    assert rows(panel)[0][1] == "not in this scan"
    for segment, role in [("Segment 1", "Right femoral head"), ("Segment 3", "Right necrotic lesion")]:
        choose(panel.ui.onfhSegmentSelector, segment)
        assert panel.ui.onfhRoleSelector.currentText == "neither head nor lesion"
        choose(panel.ui.onfhRoleSelector, role)
        until(slicer, lambda: not panel.onfhPanel.timer.active)
    assert rows(panel)[0][4].startswith("B, ")
    segment = panel._parameterNode.segmentation.GetSegmentation().GetSegment("s1")
    assert segment.GetName() == "Segment 1"
    choose(panel.ui.onfhRoleSelector, "neither head nor lesion")
    until(slicer, lambda: not panel.onfhPanel.timer.active)
    assert rows(panel)[0][2:5] == ["0.0", "0", "no lesion"]


def test_the_terms_of_a_segment_are_those_that_slicer_reads(slicer, mark):
    segment = mark(4).GetSegmentation().GetSegment("s4")
    term = slicer.vtkSlicerTerminologyEntry()
    assert slicer.vtkSlicerTerminologiesModuleLogic().DeserializeTerminologyEntry(segment.GetTerminology(), term)
    assert term.GetTypeObject().GetCodeValue() == ONFH[3].code.value
    assert term.GetRegionModifierObject().GetCodeValue() == ONFH[3].side_code.value


def test_a_file_of_the_engine_needs_no_more_words(slicer, open_on, the_labels, a_scan, tmp_path):
    from hipjoint.output.segmentation_file import write_segmentation
    from HipJointSegmentationLib.ResultReader import loadSegmentation

    write_segmentation(the_labels, ONFH, tmp_path / "segmentation.seg.nrrd")
    panel = open_on(loadSegmentation(tmp_path, a_scan))
    assert [row[4][:2] for row in rows(panel)] == ["B,", "A,"]


def test_a_lesion_in_two_segments_over_its_head_is_one_lesion(slicer, open_on, mark, a_scan, the_labels):
    from HipJointSegmentationLib.SegmentRoles import setLabel

    node, drawn = mark(1), sitk.GetArrayViewFromImage(the_labels)
    whole = np.isin(drawn, (1, 3)).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(whole, node, "s1", a_scan)
    front = np.arange(drawn.shape[1])[None, :, None] < 18
    for name, half in (("front", front), ("back", ~front)):
        node.GetSegmentation().AddEmptySegment(name, name)
        mask = ((drawn == 3) & half).astype(np.uint8)
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, name, a_scan)
        setLabel(node.GetSegmentation().GetSegment(name), ONFH[2])
    expected = assess(the_labels)["right"]
    row = rows(open_on(node))[0]
    assert float(row[1]) == pytest.approx(expected.value("head_volume").number, abs=0.06)
    assert row[4].replace("\n", " ").removesuffix(" ?") == expected.value("steinberg_grade").text


def test_a_moved_segmentation_is_measured_where_it_lies(slicer, mark):
    from HipJointSegmentationLib.HipLabelMap import labelMapOf

    node = mark(1, 3)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = (10, 20, 30)
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    node.SetAndObserveTransformNodeID(transform.GetID())
    moved = assess(labelMapOf(node))["right"].sphere.centre
    assert moved == pytest.approx(hips.at(-10, -20, 30), abs=0.3)


def test_exchanged_sides_are_told(open_on, mark):
    from HipJointSegmentationLib.SegmentRoles import setLabel

    node = mark(1, 2)
    for one, label in (("s1", ONFH[1]), ("s2", ONFH[0])):
        setLabel(node.GetSegmentation().GetSegment(one), label)
    panel = open_on(node)
    assert "right femoral head left of the left one" in panel.ui.onfhMessageLabel.text
    assert panel.ui.onfhMessageLabel.visible
    assert float(rows(panel)[0][1].removesuffix(" ?")) > 20


def test_the_stage_is_chosen_with_its_definition_and_hints_at_hand(a_case):
    ui = a_case.ui
    assert "speaks for stage IV or higher" in ui.onfhDetailText.plainText
    assert "Flattening of the head: 2." in ui.onfhDetailText.plainText
    assert "points to" in ui.onfhDetailText.plainText
    choose(ui.onfhStageSelector, "IV: Flattened head")
    assert ui.onfhStageText.text.startswith("The joint surface has sunk in.")
    assert "does not go by the volume" in ui.onfhStageText.text
    assert rows(a_case)[0][5] == "IV"
    choose(ui.onfhStageSelector, "not chosen")
    assert rows(a_case)[0][5] == "–"


def test_an_override_needs_a_reason_and_can_be_taken_back(a_case):
    ui, before = a_case.ui, rows(a_case)
    ui.onfhReasonEdit.setText("  ")
    assert not ui.onfhOverrideButton.enabled
    assert ui.onfhOverrideButton.toolTip == "Write the reason first."
    override(a_case, "JIC type", "B", "Edge read in the radiograph")
    assert rows(a_case)[0][6] == "B\nby hand"
    assert "Measured: C2" in ui.onfhTable.item(0, 6).toolTip()
    assert "Edge read in the radiograph" in ui.onfhDetailText.plainText
    ui.onfhTakeBackButton.click()
    assert rows(a_case) == before
    assert "taken back" in ui.onfhDetailText.plainText


def test_a_reason_that_is_being_typed_outlasts_a_measuring(slicer, a_case):
    a_case.ui.onfhReasonEdit.setText("The rim is")
    erase(editor_of(slicer, a_case._parameterNode.segmentation), "s3", slice(24, None))
    until(slicer, lambda: not a_case.ui.onfhStaleLabel.visible)
    assert a_case.ui.onfhReasonEdit.text == "The rim is"
    assert a_case.ui.onfhOverrideButton.enabled


def test_an_angle_that_is_none_is_refused_and_changes_nothing(a_case):
    before = rows(a_case)
    override(a_case, "Combined necrotic angle", "many", "Read by eye")
    assert "'many' is no angle" in a_case.ui.onfhMessageLabel.text
    assert rows(a_case) == before
    override(a_case, "Combined necrotic angle", "215", "Read by eye")
    assert rows(a_case)[0][7] == "215\nby hand"
    assert not a_case.ui.onfhMessageLabel.visible


def save_and_reload(slicer, folder, **nodes) -> None:
    """Save the scene with nodes by the suffix of their files, close it, and open it again."""
    for suffix, node in nodes.items():
        node.AddDefaultStorageNode()
        node.GetStorageNode().SetFileName(str(folder / f"data.{suffix.replace('_', '.')}"))
        assert node.GetStorageNode().WriteData(node)
    slicer.mrmlScene.SetURL(str(folder / "scene.mrml"))
    slicer.mrmlScene.Commit()
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.Import()


def test_choices_survive_the_scene_and_come_out_in_the_report(slicer, a_case, a_scan, tmp_path):
    panel = a_case
    a_scan.SetName("Doe^Jane T1")
    panel.ui.onfhByEdit.setText("Reader 2")
    choose(panel.ui.onfhStageSelector, "III: Crescent sign")
    override(panel, "Steinberg grade", "C", "Sclerosis was left out")
    before = rows(panel)
    save_and_reload(slicer, tmp_path, nrrd=a_scan, seg_nrrd=panel._parameterNode.segmentation)
    until(slicer, lambda: panel.ui.onfhCopyButton.enabled)
    assert rows(panel) == before
    assert rows(panel)[0][4:6] == ["C\nby hand", "III"]
    assert panel.ui.onfhByEdit.text == "Reader 2"
    (tmp_path / "reports").mkdir()
    panel.onfhPanel.report(str(tmp_path / "reports"))
    assert panel.ui.onfhReportButton.text == "Cancel"
    until(slicer, lambda: panel.ui.onfhReportButton.text == "Report...")
    assert "Written: " in panel.ui.onfhMessageLabel.text
    (folder,) = (tmp_path / "reports").iterdir()
    page = " ".join((folder / "report.html").read_text(encoding="utf-8").split())
    assert "Not a medical device" in page
    assert "C by hand" in page
    assert "Sclerosis was left out" in page
    assert "III by hand" in page
    assert "by Reader 2" in page
    assert page.count("slice through the left hip") == 3
    assert not any(b"Jane" in path.read_bytes() for path in folder.iterdir())
    table = json.loads((folder / "measurements.json").read_text(encoding="utf-8"))
    grade = next(one for one in table["hips"]["right"]["values"] if one["name"] == "steinberg_grade")
    assert grade["text"].startswith("B, ")
    assert (grade["by_hand"]["value"], grade["by_hand"]["by"]) == ("C", "Reader 2")
    measured = next(one for one in table["hips"]["left"]["values"] if one["name"] == "head_volume")
    assert float(rows(panel)[1][1]) == pytest.approx(measured["number"], abs=0.06)


def test_the_choices_of_one_segmentation_are_not_those_of_another(slicer, a_case, mark):
    override(a_case, "Steinberg grade", "C", "x")
    first = a_case._parameterNode.segmentation
    a_case.ui.segmentationSelector.setCurrentNode(mark(1, 3))
    until(slicer, lambda: a_case.ui.onfhCopyButton.enabled)
    assert rows(a_case)[0][4].startswith("B, ")
    a_case.ui.segmentationSelector.setCurrentNode(first)
    until(slicer, lambda: a_case.ui.onfhCopyButton.enabled)
    assert rows(a_case)[0][4] == "C\nby hand"


def test_choices_that_cannot_be_read_are_told_and_kept(open_on, mark):
    node = mark(1, 3)
    node.SetAttribute("HipJointSegmentation.assessment", '{"schema": 2}')
    panel = open_on(node)
    assert "What the scene holds about osteonecrosis is no assessment" in panel.ui.onfhMessageLabel.text
    assert node.GetAttribute("HipJointSegmentation.assessment") == '{"schema": 2}'


def test_a_report_that_fails_says_why_in_terms_of_the_scene(slicer, a_case, tmp_path, an_engine):
    an_engine("import sys; sys.exit(f'{sys.argv[4]} holds no femoral head: mark one.')")
    a_case.onfhPanel.report(str(tmp_path))
    until(slicer, lambda: a_case.ui.onfhReportButton.text == "Report...")
    assert a_case.ui.onfhMessageLabel.text == "The segmentation holds no femoral head: mark one."
    a_case.onfhPanel.report(str(tmp_path / "nowhere"))
    assert "is not there: choose another one" in a_case.ui.onfhMessageLabel.text


def test_a_scan_whose_voxels_were_not_saved_is_left_out_of_the_report(slicer, a_case, a_scan, tmp_path, an_engine):
    an_engine(f"import sys; open(r'{tmp_path / 'asked'}', 'w').write(' '.join(sys.argv))")
    a_scan.SetAndObserveImageData(None)
    a_case.onfhPanel.report(str(tmp_path))
    until(slicer, lambda: a_case.ui.onfhReportButton.text == "Report...")
    asked = (tmp_path / "asked").read_text()
    assert " onfh " in asked
    assert "--image" not in asked


def test_a_report_that_is_cancelled_leaves_nothing(slicer, a_case, tmp_path, an_engine):
    an_engine("import time; time.sleep(600)")
    (tmp_path / "reports").mkdir()
    a_case.onfhPanel.report(str(tmp_path / "reports"))
    a_case.ui.onfhReportButton.click()
    assert a_case.ui.onfhMessageLabel.text == "No report was written."
    assert list((tmp_path / "reports").iterdir()) == []


def test_nobody_is_asked_to_install_while_drawing(slicer, a_case, monkeypatch):
    monkeypatch.setattr(a_case.logic.dependencies, "missing", lambda: ["pydantic>=2.6"])
    monkeypatch.setattr(a_case.logic.dependencies, "ensure", lambda: pytest.fail("asked"))
    erase(editor_of(slicer, a_case._parameterNode.segmentation), "s3", slice(24, None))
    until(slicer, lambda: not a_case.onfhPanel.timer.active)
    assert a_case.ui.onfhStaleLabel.visible
    assert "pydantic>=2.6" in a_case.ui.onfhMessageLabel.text


def test_the_rows_are_copied(a_case):
    from PySide6.QtWidgets import QApplication

    a_case.ui.onfhCopyButton.click()
    lines = [line.split("\t") for line in QApplication.clipboard().text().splitlines()]
    assert lines[0][:3] == ["Hip", "Head ml", "Lesion ml"]
    assert [line[0] for line in lines[1:]] == ["Right", "Left"]
    assert lines[1][4].startswith("B, ")


def test_scripts_get_the_numbers_and_the_report_without_the_panel(slicer, mark, tmp_path):
    from HipJointSegmentation import HipJointSegmentationLogic

    assert HipJointSegmentationLogic().measureHips(mark(1, 3))["left"].finding == "no femoral head found"


@pytest.mark.parametrize("palette", ["light", "dark"])
def test_the_section_fits_in_400_pixels_and_its_rows_are_readable(slicer, a_case, palette):
    ui = a_case.ui
    ui.onfhTable.selectRow(0)
    choose(ui.onfhStageSelector, "III: Crescent sign")
    ui.onfhTable.selectRow(1)
    override(a_case, "Steinberg grade", "B", "Rim counted as healthy")
    ui.onfhTable.selectRow(0)
    picture(slicer, a_case, {"light": "panel-osteonecrosis", "dark": "panel-osteonecrosis-dark"}[palette], palette)
    slicer.app.processEvents()
    assert ui.panel.minimumSizeHint().width() <= WIDTH
    view = ui.onfhTable
    header = view.horizontalHeader()
    assert sum(header.sectionSize(column) for column in range(view.columnCount)) <= view.viewport().width + 1
    assert sum(view.rowHeight(row) for row in range(2)) + header.height <= view.height
    for row in rows(a_case):
        for column, text in enumerate(row):
            widest = max(view.fontMetrics().horizontalAdvance(line) for line in text.split("\n"))
            assert widest + 6 <= header.sectionSize(column), text


def test_the_section_tabs_from_top_to_bottom(slicer, a_case):
    order, here = [], a_case.ui.onfhSegmentSelector
    for _ in range(300):
        order.append(here.objectName)
        here = here.nextInFocusChain()
    wanted = ["onfhSegmentSelector", "onfhTable", "onfhMeasureButton", "onfhReportButton", "onfhStageSelector"]
    wanted += ["onfhReasonEdit", "onfhOverrideButton", "onfhDetailText", "formatSelector"]
    assert sorted(wanted, key=order.index) == wanted
