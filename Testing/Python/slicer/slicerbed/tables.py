"""Stand-ins for Slicer's views of segments and tables, and for its Segment Editor."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget


class qMRMLSegmentsTableView(QTableWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().setVisible(False)

    def setMRMLScene(self, scene: Any) -> None:
        pass

    def setSegmentationNode(self, node: Any) -> None:
        self._node = node
        ids = list(node.GetSegmentation().GetSegmentIDs()) if node else []
        self.setColumnCount(2)
        self.setHorizontalHeaderLabels(["", "Name"])
        self.setRowCount(len(ids))
        for row, segment_id in enumerate(ids):
            segment = node.GetSegmentation().GetSegment(segment_id)
            colour = QTableWidgetItem()
            colour.setBackground(QColor.fromRgbF(*segment.GetColor()))
            self.setItem(row, 0, colour)
            self.setItem(row, 1, QTableWidgetItem(segment.GetName()))
        self.setColumnWidth(0, 24)
        self.horizontalHeader().setStretchLastSection(True)

    def segmentationNode(self) -> Any:
        return self._node

    def selectedSegmentIDs(self) -> list[str]:
        ids = list(self._node.GetSegmentation().GetSegmentIDs()) if self._node else []
        return [ids[row] for row in sorted({index.row() for index in self.selectedIndexes()})]


class qMRMLTableView(QTableWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self.verticalHeader().setVisible(False)

    def setMRMLScene(self, scene: Any) -> None:
        pass

    def mrmlTableNode(self) -> Any:
        return self._node

    def setMRMLTableNode(self, node: Any) -> None:
        if node and node is not self._node:
            node.AddObserver("ModifiedEvent", lambda *_: self._fill())
        self._node = node
        self._fill()

    def _fill(self) -> None:
        table = self._node.GetTable() if self._node else None
        columns = table.GetNumberOfColumns() if table else 0
        self.setColumnCount(columns)
        self.setRowCount(table.GetNumberOfRows() if table else 0)
        for column in range(columns):
            self.setHorizontalHeaderItem(column, QTableWidgetItem(table.GetColumnName(column)))
            for row in range(table.GetNumberOfRows()):
                self.setItem(row, column, QTableWidgetItem(table.GetValue(row, column).ToString()))
        self.resizeColumnsToContents()


class qMRMLSegmentEditorWidget(QWidget):
    """Remembers what it is shown; the edits of the tests go through the real vtkSlicerSegmentEditorLogic."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("Segment Editor"))
        self._nodes: dict[str, Any] = {}

    def setMRMLScene(self, scene: Any) -> None:
        self._nodes["scene"] = scene

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._nodes["editor"] = node

    def mrmlSegmentEditorNode(self) -> Any:
        return self._nodes.get("editor")

    def setSegmentationNode(self, node: Any) -> None:
        self._nodes["segmentation"] = node
        self.mrmlSegmentEditorNode().SetAndObserveSegmentationNode(node)

    def segmentationNode(self) -> Any:
        return self._nodes.get("segmentation")

    def setSourceVolumeNode(self, node: Any) -> None:
        self._nodes["source"] = node
        self.mrmlSegmentEditorNode().SetAndObserveSourceVolumeNode(node)

    def sourceVolumeNode(self) -> Any:
        return self._nodes.get("source")

    def setSegmentationNodeSelectorVisible(self, visible: bool) -> None:
        self._nodes["segmentation selector"] = visible

    def setSourceVolumeNodeSelectorVisible(self, visible: bool) -> None:
        self._nodes["source selector"] = visible

    def setSwitchToSegmentationsButtonVisible(self, visible: bool) -> None:
        self._nodes["switch"] = visible

    def installKeyboardShortcuts(self) -> None:
        self._nodes["shortcuts"] = True

    def uninstallKeyboardShortcuts(self) -> None:
        self._nodes["shortcuts"] = False

    def setActiveEffectByName(self, name: str) -> None:
        self._nodes["effect"] = name


def register() -> None:
    """Put the widgets that code makes itself where Slicer has them."""
    slicer.qMRMLSegmentEditorWidget = qMRMLSegmentEditorWidget
