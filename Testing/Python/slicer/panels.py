"""The module's panel in a window, hands that use it and eyes that look at it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WIDTH = 400


@contextmanager
def empty_bed(slicer: Any) -> Iterator[Any]:
    """The bed with an empty scene and no settings; nothing may be left in Slicer's temporary folder at the end."""
    slicer.app.settings().clear()
    slicer.mrmlScene.Clear(0)
    slicer.app.testing = True
    yield slicer
    slicer.mrmlScene.Clear(0)
    assert list(Path(slicer.app.temporaryPath).iterdir()) == []


@contextmanager
def shown_panel() -> Iterator[Any]:
    """The module's widget, set up as Slicer does, in a window of 400 pixels."""
    from HipJointSegmentation import HipJointSegmentationWidget

    widget = HipJointSegmentationWidget()
    widget.setup()
    widget.parent.resize(WIDTH, 1000)
    widget.parent.show()
    yield widget
    widget.cleanup()
    widget.parent.close()
    widget.parent.deleteLater()


def until(slicer: Any, condition: Callable[[], bool], seconds: float = 240) -> None:
    """Let the window live until ``condition`` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"has not come about within {seconds:.0f} s"
        slicer.app.processEvents()
        time.sleep(0.02)


def choose(selector: Any, text: str) -> None:
    """Choose what a list offers under a text."""
    assert selector.findText(text) >= 0, f"{text} is not offered"
    selector.setCurrentIndex(selector.findText(text))


def unfold(section: Any) -> None:
    """Click on the heading of a section that is closed."""
    if section.collapsed:
        section._button.click()


def fold(section: Any) -> None:
    """Click on the heading of a section that is open."""
    if not section.collapsed:
        section._button.click()


def cells(view: Any) -> list[list[str]]:
    """What a table on the panel shows, row by row, without its heads."""
    return [[view.item(row, column).text() for column in range(view.columnCount)] for row in range(view.rowCount)]


def picture(slicer: Any, panel: Any, name: str, palette: str = "light") -> None:
    """Write a picture of the panel where HIPJOINT_SCREENSHOTS says, if it does."""
    folder = os.environ.get("HIPJOINT_SCREENSHOTS")
    if not folder:
        return
    from slicerbed.palettes import in_palette

    with in_palette(palette):
        for _ in range(3):
            slicer.app.processEvents()
            # Slicer scrolls the panel; here all of it is shown.
            panel.parent.resize(WIDTH, panel.parent.sizeHint().height())
        assert panel.parent.grab().save(str(Path(folder) / f"{name}.png"))


def erase(logic: Any, segment_id: str, slices: slice) -> None:
    """Erase slices of a segment through the logic of Slicer's Segment Editor, as its effects do; can be undone."""
    from vtk.util.numpy_support import vtk_to_numpy

    logic.SetCurrentSegmentID(segment_id)
    logic.SaveStateForUndo()
    logic.UpdateReferenceGeometryImage()
    logic.ResetModifierLabelmapToDefault()
    modifier = logic.GetModifierLabelmap()
    values = vtk_to_numpy(modifier.GetPointData().GetScalars()).reshape(modifier.GetDimensions()[::-1])
    values[slices] = 1
    modifier.GetPointData().GetScalars().Modified()
    node = logic.GetSegmentationNode()
    logic.ModifySegmentByLabelmap(node, segment_id, modifier, logic.ModificationModeRemove, True, True)
