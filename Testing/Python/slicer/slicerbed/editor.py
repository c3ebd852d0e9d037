"""Stand-in for the Segment Editor: its own effects are missing, those that modules register and undo are there."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class qMRMLSegmentEditorWidget(QWidget):
    """Remembers what it is shown; edits and undo go through the real vtkSlicerSegmentEditorLogic."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("Segment Editor"))
        self._nodes: dict[str, Any] = {}
        self.logic = slicer.vtkSlicerSegmentEditorLogic()
        self._segments, self.undoButton = QComboBox(), QPushButton("Undo")
        self.undoButton.clicked.connect(lambda: self.logic.Undo())
        self._segments.currentIndexChanged.connect(self._select)
        layout.addWidget(self._segments)
        self._effects = self._clones()
        row = QHBoxLayout()
        for effect in self._effects:
            button = QPushButton(effect.self().icon(), effect.title)
            button.clicked.connect(lambda *_, name=effect.name: self.setActiveEffectByName(name))
            row.addWidget(button)
            layout.addWidget(effect.frame)
            effect.frame.hide()
        row.addWidget(self.undoButton)
        layout.insertLayout(2, row)
        self._active: Any = None

    def _clones(self) -> list[Any]:
        import qSlicerSegmentationsEditorEffectsPythonQt as effects

        made = [one.clone() for one in effects.qSlicerSegmentEditorEffectFactory().instance().registeredEffects()]
        for effect in made:
            effect.editor = self
            effect.self().setupOptionsFrame()
        return made

    def effectByName(self, name: str) -> Any:
        return next((one for one in self._effects if one.name == name), None)

    def activeEffect(self) -> Any:
        return self._active

    def setActiveEffectByName(self, name: str) -> None:
        if self._active is not None:
            self._active.self().deactivate()
            self._active.frame.hide()
        self._active = self.effectByName(name)
        if self._active is not None:
            self._active.frame.show()
            self._active.self().setMRMLDefaults()
            self._active.self().updateGUIFromMRML()
            self._active.self().activate()

    def _select(self, *_: Any) -> None:
        if self.mrmlSegmentEditorNode() and self._segments.currentData:
            self.mrmlSegmentEditorNode().SetSelectedSegmentID(self._segments.currentData)

    def setCurrentSegmentID(self, segment_id: str) -> None:
        self._segments.setCurrentIndex(self._segments.findData(segment_id))

    def setMRMLScene(self, scene: Any) -> None:
        self._nodes["scene"] = scene
        self.logic.SetMRMLScene(scene)

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._nodes["editor"] = node
        self.logic.SetSegmentEditorNode(node)

    def mrmlSegmentEditorNode(self) -> Any:
        return self._nodes.get("editor")

    def setSegmentationNode(self, node: Any) -> None:
        self._nodes["segmentation"] = node
        self.mrmlSegmentEditorNode().SetAndObserveSegmentationNode(node)
        self.logic.SetSegmentationNode(node)
        self._segments.clear()
        for one in node.GetSegmentation().GetSegmentIDs() if node else []:
            self._segments.addItem(node.GetSegmentation().GetSegment(one).GetName(), one)

    def segmentationNode(self) -> Any:
        return self._nodes.get("segmentation")

    def setSourceVolumeNode(self, node: Any) -> None:
        self._nodes["source"] = node
        self.mrmlSegmentEditorNode().SetAndObserveSourceVolumeNode(node)
        self.logic.SetSourceVolumeNode(node)

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


def register() -> None:
    """Put the editor where Slicer has it, as code makes it itself."""
    slicer.qMRMLSegmentEditorWidget = qMRMLSegmentEditorWidget
