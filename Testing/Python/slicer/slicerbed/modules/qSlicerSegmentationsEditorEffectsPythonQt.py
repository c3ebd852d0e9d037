"""Stand-in for the C++ side of scripted effects: finds the class as Slicer does, undoes with the real logic."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QPoint
from PySide6.QtGui import QVector3D
from PySide6.QtWidgets import QFormLayout, QLabel, QLayout, QWidget


class qSlicerSegmentEditorScriptedEffect:
    NotConfirmed, ConfirmedWithoutDialog, ConfirmedWithDialog = range(3)

    def __init__(self, parent: Any) -> None:
        self.name = self.title = "Unnamed"
        self.perSegment = self.requireSegments = True
        self.confirmed = self.ConfirmedWithoutDialog
        self.frame = QWidget()
        self.form = QFormLayout(self.frame)
        # The editor that shows the effect; None for the one in the factory.
        self.editor: Any = None

    def setPythonSource(self, path: str) -> None:
        """Take the class from the package of the folder if it is there, else run the file under the folder's name."""
        package, name = Path(path).parent.name, Path(path).stem
        if not hasattr(sys.modules.get(package), name):
            spec = importlib.util.spec_from_file_location(package, path)
            sys.modules[package] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[package])
        self._self = getattr(sys.modules[package], name)(self)

    def self(self) -> Any:
        return self._self

    def clone(self) -> Any:
        return self._self.clone()

    def parameterSetNode(self) -> Any:
        return self.editor and self.editor.mrmlSegmentEditorNode()

    def _attribute(self, name: str) -> str:
        return f"{self.name}.{name}"

    def setParameterDefault(self, name: str, value: Any) -> None:
        if not self.parameterSetNode().GetAttribute(self._attribute(name)):
            self.setParameter(name, value)

    def setParameter(self, name: str, value: Any) -> None:
        self.parameterSetNode().SetAttribute(self._attribute(name), str(value))

    def doubleParameter(self, name: str) -> float:
        return float(self.parameterSetNode().GetAttribute(self._attribute(name)))

    def addOptionsWidget(self, widget: QWidget | QLayout) -> None:
        from slicerbed.qt import with_connect

        self.form.addRow(widget)
        with_connect(self.frame)

    def addLabeledOptionsWidget(self, label: str, widget: QWidget | QLayout) -> QLabel:
        from slicerbed.qt import with_connect

        made = QLabel(label)
        self.form.addRow(made, widget)
        with_connect(self.frame)
        return made

    def confirmCurrentSegmentVisible(self) -> int:
        return self.confirmed

    def saveStateForUndo(self) -> None:
        self.editor.logic.SaveStateForUndo()

    def xyToRas(self, xy: QPoint, viewWidget: Any) -> QVector3D:
        return QVector3D(*viewWidget.ras(xy.x(), xy.y()))


class qSlicerSegmentEditorEffectFactory:
    _effects: ClassVar[list[Any]] = []

    def instance(self) -> Any:
        return self

    def registerEffect(self, effect: Any) -> bool:
        if any(known.name == effect.name for known in self._effects):
            return False
        self._effects.append(effect)
        return True

    def registeredEffects(self) -> list[Any]:
        return list(self._effects)
