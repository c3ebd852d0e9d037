"""The panel, driven by clicks; the pictures that the tests write are there to be looked at."""

from __future__ import annotations

import numpy as np
import pytest
from engine import SPHERES, engines, left
from panels import WIDTH, cells, erase, picture, unfold, until
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTableWidget,
)
from slicerbed.palettes import COLOURS, in_palette

from hipjoint.tasks.registry import TASKS


@pytest.fixture
def a_scan(slicer):
    from scans import a_phantom, volume_of

    return volume_of(a_phantom().image, "Pelvis 1.0 Br60")


@pytest.fixture
def start(slicer, a_panel, a_scan, an_engine):
    """Press Apply for an engine that takes some seconds; gives its processes once it is at work."""

    def press(seconds):
        an_engine(SPHERES.format(seconds=seconds))
        a_panel.ui.inputSelector.setCurrentNode(a_scan)
        a_panel.ui.applyButton.click()
        until(slicer, lambda: a_panel.ui.stageLabel.text == "Finding spheres")
        assert len(engines()) == 2
        return engines()

    return press


def erase_lower_part(slicer, panel, segment_id):
    """Erase the lower part of a segment in a Segment Editor of its own; return the editor's logic."""
    logic = slicer.vtkSlicerSegmentEditorLogic()
    logic.SetMRMLScene(slicer.mrmlScene)
    logic.SetSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    logic.SetSegmentationNode(panel._parameterNode.segmentation)
    logic.SetSourceVolumeNode(panel._parameterNode.inputVolume)
    erase(logic, segment_id, slice(None, 24))
    return logic


def test_an_empty_scene_says_what_is_missing(slicer, a_panel):
    ui = a_panel.ui
    assert not ui.applyButton.enabled
    assert ui.applyButton.toolTip == "Choose a CT scan."
    assert not ui.exportButton.enabled
    assert not ui.measureButton.enabled
    picture(slicer, a_panel, "panel-empty")


def test_a_scan_that_fits_can_be_applied(a_panel, a_scan):
    a_panel.ui.inputSelector.setCurrentNode(a_scan)
    assert a_panel.ui.applyButton.enabled
    assert not a_panel.ui.inputHint.visible


def test_a_volume_that_does_not_fit_is_explained(slicer, a_panel, a_scan):
    slicer.util.updateVolumeFromArray(a_scan, slicer.util.arrayFromVolume(a_scan) + 2000)
    a_panel.ui.inputSelector.setCurrentNode(a_scan)
    assert not a_panel.ui.applyButton.enabled
    assert "show neither air nor fat" in a_panel.ui.inputHint.text
    assert a_panel.ui.inputHint.visible
    picture(slicer, a_panel, "panel-unfit")


def test_label_maps_are_not_offered(slicer, a_panel):
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "Labels")
    assert a_panel.ui.inputSelector.findText("Labels") == -1


def test_apply_runs_shows_progress_and_ends_with_segments_and_sizes(slicer, a_panel, start):
    ui = a_panel.ui
    start(1)
    assert ui.applyButton.text == "Cancel"
    assert not ui.inputSelector.enabled
    assert 5 < ui.progressBar.value < 80
    assert ui.progressBox.visible
    until(slicer, lambda: ui.applyButton.text == "Apply")
    assert not ui.progressBox.visible
    assert "Left femur" in ui.messageLabel.text
    assert "Device: auto" in ui.logText.plainText
    assert [row[1] for row in cells(ui.segmentsView)] == [
        "Right femur",
        "Left femur",
        "Right hip bone",
        "Left hip bone",
        "Sacrum",
    ]
    assert cells(ui.measurementView)[0][0] == "Right femur"


def test_cancel_ends_the_engine_and_changes_nothing(slicer, a_panel, start):
    ui, started = a_panel.ui, start(600)
    ui.applyButton.click()
    assert not ui.applyButton.enabled
    until(slicer, lambda: ui.applyButton.text == "Apply")
    assert left(started) == []
    assert ui.messageLabel.text == "Cancelled: nothing was changed."
    assert ui.segmentationSelector.currentNode() is None
    assert ui.applyButton.enabled


def test_a_failure_shows_the_sentence_of_the_engine_and_keeps_the_log(slicer, a_panel, a_scan):
    ui = a_panel.ui
    ui.inputSelector.setCurrentNode(a_scan)
    a_panel._parameterNode.task = "knee-ct"
    ui.applyButton.click()
    until(slicer, lambda: ui.applyButton.text == "Apply")
    assert ui.messageLabel.text == f"There is no task 'knee-ct': choose one of {', '.join(TASKS)}."
    assert ui.messageIcon.visible
    assert ui.messageLabel.text in ui.logText.plainText
    picture(slicer, a_panel, "panel-error")


def test_packages_that_are_missing_are_named_in_the_panel(slicer, a_panel, a_scan, monkeypatch):
    monkeypatch.setattr(a_panel.logic.dependencies, "missing", lambda: ["onnxruntime>=1.18"])
    a_panel.ui.inputSelector.setCurrentNode(a_scan)
    a_panel.ui.applyButton.click()
    assert "onnxruntime>=1.18" in a_panel.ui.messageLabel.text
    assert a_panel.ui.applyButton.text == "Apply"


def test_closing_the_scene_ends_the_run(slicer, a_panel, start):
    started = start(600)
    slicer.mrmlScene.Clear(0)
    assert left(started) == []
    assert a_panel.ui.applyButton.text == "Apply"
    assert a_panel.ui.applyButton.toolTip == "Choose a CT scan."


@pytest.mark.parametrize("end", ["the application quits", "the module is reloaded"])
def test_the_run_ends_when(slicer, a_panel, start, end):
    started = start(600)
    {"the application quits": slicer.app.aboutToQuit.emit, "the module is reloaded": a_panel.cleanup}[end]()
    assert left(started) == []


def test_an_edit_marks_the_sizes_stale_until_they_are_measured_again(slicer, a_panel_with_a_result):
    ui, panel = a_panel_with_a_result.ui, a_panel_with_a_result
    before = cells(ui.measurementView)
    panel.measurePanel.timer.setInterval(60_000)
    erase_lower_part(slicer, panel, "femur_left")
    assert ui.staleLabel.visible
    assert cells(ui.measurementView) == before
    picture(slicer, panel, "panel-stale")
    assert panel.measurePanel.timer.active
    panel.measurePanel.timer.start(0)
    until(slicer, lambda: not ui.staleLabel.visible)
    after = cells(ui.measurementView)
    assert float(after[1][1]) < float(before[1][1])
    assert [after[row] for row in (0, 2, 3, 4)] == [before[row] for row in (0, 2, 3, 4)]


def test_an_undone_edit_brings_the_sizes_back(slicer, a_panel_with_a_result):
    panel = a_panel_with_a_result
    before = cells(panel.ui.measurementView)
    panel.measurePanel.timer.setInterval(200)
    editor = erase_lower_part(slicer, panel, "femur_left")
    until(slicer, lambda: not panel.ui.staleLabel.visible)
    editor.Undo()
    assert panel.ui.staleLabel.visible
    until(slicer, lambda: not panel.ui.staleLabel.visible)
    assert cells(panel.ui.measurementView) == before


def test_nobody_is_asked_to_install_while_drawing(slicer, a_panel_with_a_result, monkeypatch):
    panel = a_panel_with_a_result
    monkeypatch.setattr(panel.logic.dependencies, "missing", lambda: ["trimesh>=4.2"])
    monkeypatch.setattr(panel.logic.dependencies, "ensure", lambda: pytest.fail("asked"))
    erase_lower_part(slicer, panel, "femur_left")
    panel.measurePanel._measureAgain()
    assert panel.ui.staleLabel.visible


def test_the_table_is_copied(slicer, a_panel_with_a_result):
    from PySide6.QtWidgets import QApplication

    a_panel_with_a_result.ui.copyButton.click()
    assert QApplication.clipboard().text().splitlines()[1].startswith("Right femur\t")


def test_stale_sizes_are_measured_again_before_they_are_saved(slicer, a_panel_with_a_result, tmp_path):
    panel = a_panel_with_a_result
    erase_lower_part(slicer, panel, "femur_left")
    panel.measurePanel.save(tmp_path / "sizes.csv")
    line = (tmp_path / "sizes.csv").read_text(encoding="utf-8").splitlines()[2]
    assert line.split(",") == cells(panel.ui.measurementView)[1]
    assert not panel.ui.staleLabel.visible


def test_selected_segments_are_exported_and_listed(slicer, a_panel_with_a_result, tmp_path):
    ui = a_panel_with_a_result.ui
    folder = tmp_path / "models"
    folder.mkdir()
    ui.exportSection.collapsed = False
    ui.exportFolder.directory = str(folder)
    ui.segmentsView.selectRow(1)
    ui.formatSelector.setCurrentIndex(ui.formatSelector.findData("ply"))
    ui.exportButton.click()
    assert [path.name for path in folder.iterdir()] == ["hip_Left_femur.ply"]
    assert ui.writtenLabel.text == "Written:\nhip_Left_femur.ply"


def test_all_segments_are_exported_if_none_is_selected(a_panel_with_a_result, tmp_path):
    ui = a_panel_with_a_result.ui
    folder = tmp_path / "models"
    folder.mkdir()
    ui.exportFolder.directory = str(folder)
    ui.exportButton.click()
    assert len(list(folder.iterdir())) == 5


def test_a_no_to_replacing_files_keeps_them(slicer, a_panel_with_a_result, tmp_path, monkeypatch):
    ui = a_panel_with_a_result.ui
    ui.exportFolder.directory = str(tmp_path)
    (tmp_path / "hip_Sacrum.stl").write_text("mine")
    monkeypatch.setattr(slicer.util, "confirmYesNoDisplay", lambda text: False)
    ui.exportButton.click()
    assert (tmp_path / "hip_Sacrum.stl").read_text() == "mine"
    assert not (tmp_path / "hip_Left_femur.stl").exists()


def test_a_template_that_cannot_be_used_is_told_in_the_panel(a_panel_with_a_result, tmp_path):
    ui = a_panel_with_a_result.ui
    ui.templateEdit.setText("{bone}")
    ui.exportButton.click()
    assert "cannot be used" in ui.writtenLabel.text


def test_3d_is_made_and_removed_on_request(slicer, a_panel_with_a_result):
    node, box = a_panel_with_a_result._parameterNode.segmentation, a_panel_with_a_result.ui.show3DCheckBox
    name = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    box.click()
    assert node.GetSegmentation().ContainsRepresentation(name)
    box.click()
    assert not node.GetSegmentation().ContainsRepresentation(name)


def test_the_segment_editor_is_made_when_it_is_wanted_and_gets_scan_and_segmentation(a_panel_with_a_result):
    panel = a_panel_with_a_result
    assert panel.correctPanel._editor is None
    panel.ui.correctSection.collapsed = False
    editor = panel.correctPanel._editor
    assert editor.segmentationNode() is panel._parameterNode.segmentation
    assert editor.sourceVolumeNode() is panel._parameterNode.inputVolume
    panel.exit()
    panel.enter()
    assert panel.correctPanel._editor is editor


def test_split_joint_is_offered_in_the_panel_and_leaves_with_it(slicer, a_panel_with_a_result):
    from HipJointSegmentationLib.SegmentEditorSplitJointEffect import registerSplitJointEffect

    registerSplitJointEffect()
    panel = a_panel_with_a_result
    panel.ui.correctSection.collapsed = False
    editor = panel.correctPanel._editor
    button = next(one for one in editor.findChildren(QPushButton) if one.text == "Split joint")
    button.click()
    effect = editor.activeEffect().self()
    effect._split.click()
    assert effect._message.visible
    assert editor.minimumSizeHint().width() < WIDTH
    panel.exit()
    assert editor.activeEffect() is None


def test_the_choices_come_back_with_a_saved_scene(slicer, a_panel_with_a_result, tmp_path):
    panel = a_panel_with_a_result
    panel._parameterNode.exportFormat = "obj"
    panel.ui.templateEdit.setText("case7_{segment}")
    panel.ui.deviceSelector.setCurrentIndex(panel.ui.deviceSelector.findData("cpu"))
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrml"))
    slicer.mrmlScene.Commit()
    slicer.mrmlScene.Clear(0)
    slicer.app.settings().clear()
    assert panel.ui.templateEdit.text == "hip_{segment}"
    slicer.mrmlScene.Import()
    assert panel.ui.templateEdit.text == "case7_{segment}"
    assert panel.ui.formatSelector.currentData == "obj"
    assert panel.ui.deviceSelector.currentData == "cpu"


def test_the_last_device_comes_back_in_the_next_session(slicer, a_panel):
    from HipJointSegmentation import HipJointSegmentationWidget

    a_panel.ui.deviceSelector.setCurrentIndex(a_panel.ui.deviceSelector.findData("cpu"))
    slicer.mrmlScene.Clear(0)
    next_one = HipJointSegmentationWidget()
    next_one.setup()
    assert next_one.ui.deviceSelector.currentData == "cpu"
    next_one.cleanup()


def test_the_last_export_comes_back_in_the_next_session(slicer, a_panel_with_a_result, tmp_path):
    ui = a_panel_with_a_result.ui
    (tmp_path / "models").mkdir()
    ui.exportFolder.directory = str(tmp_path / "models")
    ui.templateEdit.setText("{number}")
    ui.spaceSelector.setCurrentIndex(ui.spaceSelector.findData("RAS"))
    ui.exportButton.click()
    slicer.mrmlScene.Clear(0)
    assert (ui.templateEdit.text, ui.spaceSelector.currentData) == ("{number}", "RAS")


def test_a_graphics_card_is_offered_by_name_where_there_is_one(slicer, tmp_path, monkeypatch):
    from HipJointSegmentationLib.Devices import devices

    monkeypatch.setenv("PATH", str(tmp_path))
    assert [name for name, _ in devices()] == ["auto", "cpu"]
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho NVIDIA H200\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert devices()[-1] == ("cuda", "Graphics card (NVIDIA H200)")


def test_everything_that_can_be_used_has_a_tooltip(a_panel):
    kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QTableWidget)
    named = [one for kind in kinds for one in a_panel.ui.panel.findChildren(kind) if one in vars(a_panel.ui).values()]
    assert len(named) >= 15
    bare = [one.objectName for one in named if not one.toolTip]
    assert [name for name in bare if not name.startswith("qt_")] == []


def test_the_panel_fits_in_400_pixels_and_tabs_from_top_to_bottom(slicer, a_panel_with_a_result):
    panel = a_panel_with_a_result
    for name in ("exportSection", "logSection", "correctSection"):
        getattr(panel.ui, name).collapsed = False
    panel.ui.exportFolder.directory = "/a/folder/with/a/name" * 20
    slicer.app.processEvents()
    assert panel.ui.panel.minimumSizeHint().width() <= WIDTH
    order, here = [], panel.ui.inputSelector
    for _ in range(200):
        order.append(here.objectName)
        here = here.nextInFocusChain()
    wanted = ["inputSelector", "deviceSelector", "applyButton", "segmentsView", "measureButton", "exportButton"]
    assert sorted(wanted, key=order.index) == wanted


def cut_off(widget) -> bool:
    """Whether a widget has too little room for its text."""
    if isinstance(widget, QLabel) and widget.wordWrap:
        return widget.heightForWidth(widget.width) > widget.height
    text = widget.currentText if isinstance(widget, QComboBox) else widget.text
    return widget.fontMetrics().horizontalAdvance(text.replace("&", "")) > widget.width


def test_no_text_is_cut_off_in_400_pixels(slicer, a_panel_with_a_result):
    ui, window = a_panel_with_a_result.ui, a_panel_with_a_result.parent
    for name in ("exportSection", "logSection"):
        unfold(getattr(ui, name))
    for _ in range(3):
        slicer.app.processEvents()
        window.resize(WIDTH, window.sizeHint().height())
    shown = [one for kind in (QAbstractButton, QComboBox, QLabel) for one in window.findChildren(kind) if one.visible]
    assert len(shown) > 25
    assert [one.objectName for one in shown if one is not ui.exportFolder and cut_off(one)] == []
    table = ui.measurementView
    assert all(table.columnWidth(one) >= table.sizeHintForColumn(one) for one in range(table.columnCount))


@pytest.mark.parametrize("palette", COLOURS)
def test_light_and_dark_palette_are_readable(slicer, a_panel_with_a_result, palette):
    a_panel_with_a_result.parent.resize(WIDTH, 900)
    with in_palette(palette) as (back, text):
        for _ in range(3):
            slicer.app.processEvents()
        shown = a_panel_with_a_result.parent.grab().toImage()
    pixels = np.array([shown.pixelColor(x, y).lightness() for x in range(0, WIDTH, 3) for y in range(0, 700, 2)])
    assert np.abs(np.median(pixels) - back.lightness()) < 30
    assert (np.abs(pixels - text.lightness()) < 60).mean() > 0.005
