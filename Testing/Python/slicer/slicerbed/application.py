"""Stand-in for the application object, ``slicer.app``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QApplication


class Application(QObject):
    startupCompleted = Signal()
    aboutToQuit = Signal()
    applicationName = "Slicer bed"

    def __init__(self, application_logic: Any, folder: Path) -> None:
        super().__init__()
        self._logic = application_logic
        self._settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
        self.temporaryPath = str(folder / "temporary")
        self.defaultScenePath = str(folder)
        self.testing = True
        Path(self.temporaryPath).mkdir()

    def applicationLogic(self) -> Any:
        return self._logic

    def settings(self) -> QSettings:
        return self._settings

    userSettings = settings

    def testingEnabled(self) -> bool:
        return self.testing

    def processEvents(self) -> None:
        QApplication.processEvents()

    def setOverrideCursor(self, cursor: Any) -> None:
        QApplication.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        QApplication.restoreOverrideCursor()

    def connect(self, signature: str, function: Any) -> None:
        getattr(self, signature.split("(")[0]).connect(function)
