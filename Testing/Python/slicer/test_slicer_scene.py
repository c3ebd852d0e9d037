"""A scene that is saved with all its data, closed and opened again."""

from __future__ import annotations

from panels import cells, erase, unfold, until


def save_close_and_open(slicer, folder) -> None:
    """Through a bundle, which holds the data too."""
    assert slicer.mrmlScene.WriteToMRB(str(folder / "scene.mrb"), None)
    slicer.mrmlScene.Clear(0)
    (folder / "unpacked").mkdir()
    logic = slicer.app.applicationLogic()
    assert logic.OpenSlicerDataBundle(str(folder / "scene.mrb"), str(folder / "unpacked"))


def test_scan_segments_and_sizes_come_back_with_a_saved_scene(slicer, a_panel_with_a_result, tmp_path):
    ui = a_panel_with_a_result.ui
    scan, bones, sizes = ui.inputSelector.currentText, cells(ui.segmentsView), cells(ui.measurementView)
    save_close_and_open(slicer, tmp_path)
    assert ui.inputSelector.currentText == scan
    assert ui.applyButton.enabled
    assert cells(ui.segmentsView) == bones
    assert cells(ui.measurementView) == sizes
    assert not ui.staleLabel.visible
    ui.measureButton.click()
    assert cells(ui.measurementView) == sizes


def test_a_closed_scene_leaves_nothing_on_the_panel(slicer, a_panel_with_a_result):
    ui = a_panel_with_a_result.ui
    slicer.mrmlScene.Clear(0)
    assert ui.inputSelector.currentNode() is None
    assert ui.segmentationSelector.currentNode() is None
    assert cells(ui.segmentsView) == []
    assert not ui.measurementView.visible
    assert not ui.exportButton.enabled


def test_a_segment_of_an_opened_scene_is_edited_and_measured_again(slicer, a_panel_with_a_result, tmp_path):
    panel, ui = a_panel_with_a_result, a_panel_with_a_result.ui
    before = cells(ui.measurementView)
    save_close_and_open(slicer, tmp_path)
    panel.measurePanel.timer.setInterval(200)
    unfold(ui.correctSection)
    erase(panel.correctPanel._editor.logic, "femur_left", slice(None, 24))
    assert ui.staleLabel.visible
    until(slicer, lambda: not ui.staleLabel.visible)
    changed = [row[0] for row, old in zip(cells(ui.measurementView), before, strict=True) if row != old]
    assert changed == ["Left femur"]
