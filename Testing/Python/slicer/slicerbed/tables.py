"""Stand-ins for Slicer's views of segments and tables."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QWidget


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
