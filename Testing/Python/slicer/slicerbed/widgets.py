"""Stand-ins for the widgets of CTK and Slicer that the panel uses, bound to the real scene."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QPushButton,
    QToolButton,
    QWidget,
)


class qMRMLWidget(QWidget):
    mrmlSceneChanged = Signal(object)

    def setMRMLScene(self, scene: Any) -> None:
        self.mrmlSceneChanged.emit(scene)
        for name in ("qMRMLNodeComboBox",):
            for child in self.findChildren(QObject):
                if type(child).__name__ == name:
                    child.setMRMLScene(scene)


class ctkCollapsibleButton(QWidget):
    """A section with a heading that opens and closes; its content is its layout."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._button = QToolButton(self)
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._button.setAutoRaise(True)
        self._button.clicked.connect(lambda: self._set_collapsed(not self._collapsed))
        font = self._button.font
        font.setBold(True)
        self._button.setFont(font)
        self._collapsed = False
        self._set_collapsed(False)

    def resizeEvent(self, event: Any) -> None:
        self._button.resize(event.size().width(), self.heading())
        self._make_room()

    def childEvent(self, event: Any) -> None:
        super().childEvent(event)
        self._make_room()

    def showEvent(self, event: Any) -> None:
        self._make_room()
        self._set_collapsed(self._collapsed)

    def heading(self) -> int:
        return self.fontMetrics().height() + 10

    def _make_room(self) -> None:
        if self.layout():
            self.layout().setContentsMargins(8, self.heading() + 6, 8, 6)

    def _set_collapsed(self, collapsed: bool) -> None:
        changed, self._collapsed = collapsed != self._collapsed, collapsed
        self._button.setArrowType(Qt.ArrowType.RightArrow if collapsed else Qt.ArrowType.DownArrow)
        self.setMaximumHeight(self.heading() if collapsed else 16777215)
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child is not self._button:
                child.setVisible(not collapsed and not child.property("wants_hidden"))
        if changed:
            self.contentsCollapsed.emit(collapsed)

    collapsed = Property(bool, lambda self: self._collapsed, _set_collapsed)
    text = Property(str, lambda self: self._button.text, lambda self, text: self._button.setText(text))
    collapsedHeight = Property(int, lambda self: 0, lambda self, height: None)


class ctkDirectoryButton(QPushButton):
    directoryChanged = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._directory, self._elides = "", False

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height()) if self._elides else super().minimumSizeHint()

    def sizeHint(self) -> QSize:
        return QSize(40, super().sizeHint().height()) if self._elides else super().sizeHint()

    def _elide(self, mode: Any) -> None:
        self._elides = mode != Qt.TextElideMode.ElideNone

    def _set(self, directory: str) -> None:
        changed, self._directory = directory != self._directory, directory
        self.setText(directory or "...")
        if changed:
            self.directoryChanged.emit(directory)

    directory = Property(str, lambda self: self._directory, _set)
    elideMode = Property(Qt.TextElideMode, lambda self: Qt.TextElideMode.ElideMiddle, _elide)
