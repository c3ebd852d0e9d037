"""Stand-in for the wrapper that makes a typed object of a parameter node and binds it to widgets."""

from __future__ import annotations

import typing
from typing import Any

import slicer
import vtk


def parameterNodeWrapper(cls: type) -> type:
    """Make each annotated field of ``cls`` a property that is kept in the parameter node."""
    fields = typing.get_type_hints(cls)
    defaults = {name: getattr(cls, name) for name in fields if hasattr(cls, name)}
    made = type(cls.__name__, (Wrapper,), {"_fields": fields, "_defaults": defaults, "__doc__": cls.__doc__})
    for name, kind in fields.items():
        setattr(made, name, node_property(name) if is_node(kind) else value_property(name, kind))
    return made


def is_node(kind: type) -> bool:
    return issubclass(kind, slicer.vtkMRMLNode)


def node_property(name: str) -> property:
    return property(
        lambda self: self.parameterNode.GetNodeReference(name),
        lambda self, node: self.parameterNode.SetNodeReferenceID(name, node.GetID() if node else None),
    )


def value_property(name: str, kind: type) -> property:
    read = (lambda text: text == "True") if kind is bool else kind

    def get(self: Wrapper) -> Any:
        return read(self.parameterNode.GetParameter(name))

    def put(self: Wrapper, value: Any) -> None:
        if not isinstance(value, kind):
            raise TypeError(f"{name} is {value!r}, not {kind.__name__}")
        self.parameterNode.SetParameter(name, str(value))

    return property(get, put)


class Wrapper:
    _fields: typing.ClassVar[dict[str, type]]
    _defaults: typing.ClassVar[dict[str, Any]]

    def __init__(self, parameterNode: Any) -> None:
        self.parameterNode = parameterNode
        self._bound: dict[int, tuple[int, list[Any]]] = {}
        for name, kind in self._fields.items():
            if not is_node(kind) and not parameterNode.HasParameter(name):
                parameterNode.SetParameter(name, str(self._defaults.get(name, kind())))

    def AddObserver(self, *arguments: Any) -> int:
        return self.parameterNode.AddObserver(*arguments)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def connectGui(self, root: Any) -> int:
        """Bind each widget under ``root`` with the property SlicerParameterName, both ways; return a tag."""
        from PySide6.QtWidgets import QWidget

        named = [(child.property("SlicerParameterName"), child) for child in root.findChildren(QWidget)]
        links = [Link(self, name, child) for name, child in named if name]
        tag = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: [link.show() for link in links])
        self._bound[tag] = (tag, links)
        for link in links:
            link.show()
        return tag

    def disconnectGui(self, tag: int) -> None:
        for link in self._bound.pop(tag)[1]:
            link.active = False
        self.RemoveObserver(tag)


class Link:
    """One widget and one field."""

    def __init__(self, wrapper: Wrapper, name: str, widget: Any) -> None:
        if name not in wrapper._fields:
            raise ValueError(f"{widget.objectName}: there is no parameter {name}")
        self.wrapper, self.name, self.widget, self.active = wrapper, name, widget, True
        signal = {"qMRMLNodeComboBox": "currentNodeChanged", "QLineEdit": "textChanged", "QCheckBox": "toggled"}
        getattr(widget, signal[type(widget).__name__]).connect(self.store)

    def store(self, *_: Any) -> None:
        if self.active:
            setattr(self.wrapper, self.name, self.value())

    def value(self) -> Any:
        kind = type(self.widget).__name__
        if kind == "qMRMLNodeComboBox":
            return self.widget.currentNode()
        return self.widget.text if kind == "QLineEdit" else self.widget.checked

    def show(self) -> None:
        wanted = getattr(self.wrapper, self.name)
        if wanted == self.value():
            return
        kind = type(self.widget).__name__
        setter = {"qMRMLNodeComboBox": "setCurrentNode", "QLineEdit": "setText", "QCheckBox": "setChecked"}[kind]
        getattr(self.widget, setter)(wanted)
