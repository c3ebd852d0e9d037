"""Stand-in for Slicer's node selector, bound to the real scene."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QWidget


def flag(name: str) -> Property:
    """A Boolean property that is only remembered."""
    return Property(bool, lambda self: self._flags.get(name), lambda self, value: self._flags.update({name: value}))


class qMRMLNodeComboBox(QComboBox):
    currentNodeChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._types: list[str] = []
        self._scene: Any = None
        self._flags: dict[str, bool] = {}
        self.currentIndexChanged.connect(lambda _: self.currentNodeChanged.emit(self.currentNode()))

    def _set_types(self, types: list[str]) -> None:
        self._types = list(types)

    nodeTypes = Property("QStringList", lambda self: self._types, _set_types)
    showChildNodeTypes = flag("showChildNodeTypes")
    addEnabled = flag("addEnabled")
    removeEnabled = flag("removeEnabled")
    renameEnabled = flag("renameEnabled")
    noneEnabled = flag("noneEnabled")

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        events = (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent)
        tags = [scene.AddObserver(event, lambda *_: self._fill()) for event in events]
        self.destroyed.connect(lambda *_: [scene.RemoveObserver(tag) for tag in tags])
        self._fill()

    def _fill(self) -> None:
        chosen = self.currentNodeID
        self.blockSignals(True)
        self.clear()
        if self._flags.get("noneEnabled"):
            self.addItem("None", "")
        for node in self._nodes():
            self.addItem(node.GetName(), node.GetID())
        self.setCurrentIndex(max(self.findData(chosen), 0 if self._flags.get("noneEnabled") else -1))
        self.blockSignals(False)
        if self.currentNodeID != chosen:
            self.currentNodeChanged.emit(self.currentNode())

    def _nodes(self) -> list[Any]:
        found = [node for kind in self._types for node in slicer.util.getNodesByClass(kind, self._scene)]
        exact = not self._flags.get("showChildNodeTypes")
        return [
            node
            for node in found
            if not node.GetHideFromEditors() and (not exact or node.GetClassName() in self._types)
        ]

    @property
    def currentNodeID(self) -> str:
        return self.currentData or ""

    def currentNode(self) -> Any:
        return self._scene.GetNodeByID(self.currentNodeID) if self._scene and self.currentNodeID else None

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentIndex(self.findData(node.GetID() if node else ""))
