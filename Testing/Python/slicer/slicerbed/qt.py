"""``qt`` as PythonQt gives it, on PySide6: all classes in one module, properties as attributes."""

from __future__ import annotations

import types
from typing import Any

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

# PySide calls these itself, as functions, while it draws.
VIRTUAL = {"sizeHint", "minimumSizeHint"}


def as_attribute(meta_property: QtCore.QMetaProperty) -> property:
    """A Qt property as a Python attribute, read and written through Qt's meta-object."""
    name = meta_property.name()
    return property(
        lambda self: QtCore.QObject.property(self, name),
        lambda self, value: QtCore.QObject.setProperty(self, name, value),
    )


def with_attributes(owner: Any) -> None:
    """Turn the Qt properties that ``owner`` declares itself into attributes, also those PySide has as functions."""
    meta = owner.staticMetaObject
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        found = meta.property(index)
        if found.name() not in VIRTUAL:
            setattr(owner, found.name(), as_attribute(found))


def connect(self: QtCore.QObject, signature: str, function: Any) -> None:
    """``widget.connect("clicked(bool)", function)``."""
    name, arguments = signature.rstrip(")").split("(")
    signal = getattr(self, name)
    if arguments in ("int", "bool"):
        signal = signal[{"int": int, "bool": bool}[arguments]]
    signal.connect(function)


def with_connect(widget: QtCore.QObject) -> None:
    """Give ``widget`` and all in it PythonQt's ``connect``; PySide looks its own up on the class, in C."""
    for one in (widget, *widget.findChildren(QtCore.QObject)):
        one.connect = types.MethodType(connect, one)


class UiLoader(QtUiTools.QUiLoader):
    """Loads a .ui file with the stand-ins for the widgets of CTK and Slicer."""

    custom: tuple[type, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        for widget in self.custom:
            self.registerCustomWidget(widget)

    def load(self, file: QtCore.QFile) -> QtWidgets.QWidget:
        widget = super().load(file)
        with_connect(widget)
        return widget


def module() -> types.ModuleType:
    """The module ``qt``."""
    made = types.ModuleType("qt")
    for part in (QtCore, QtGui, QtWidgets):
        # ``dir``, as PySide makes its classes when they are first looked at.
        vars(made).update({name: getattr(part, name) for name in dir(part) if name.startswith("Q")})
    for value in list(vars(made).values()):
        if isinstance(value, type) and issubclass(value, QtCore.QObject):
            with_attributes(value)
    QtCore.QObject.name = QtCore.QObject.objectName
    made.QUiLoader = UiLoader
    return made
