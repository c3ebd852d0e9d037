"""The export of surfaces on the panel."""

from dataclasses import replace
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from hipjoint.errors import HipJointError
from HipJointSegmentationLib.Settings import remember, remembered
from HipJointSegmentationLib.SurfaceExport import FORMATS, ExportOptions, plannedFiles

_SPACES = ("LPS", "RAS")


class ExportPanel:
    """Writes the segments that are selected in the list, or all if none is."""

    def __init__(self, ui, logic):
        self._ui, self._logic, self._parameters = ui, logic, None
        for name, title in FORMATS.items():
            ui.formatSelector.addItem(title, name)
        for name in _SPACES:
            ui.spaceSelector.addItem(_("{space}, millimetres").format(space=name), name)
        ui.exportFolder.directory = remembered("exportFolder", str(Path.home()))
        ui.formatSelector.connect("currentIndexChanged(int)", self._keepChoices)
        ui.spaceSelector.connect("currentIndexChanged(int)", self._keepChoices)
        ui.exportButton.clicked.connect(self._export)

    def show(self, parameters):
        """Show other parameters, None for none."""
        self._parameters = None
        if parameters is not None:
            self._ui.formatSelector.setCurrentIndex(max(0, self._ui.formatSelector.findData(parameters.exportFormat)))
            self._ui.spaceSelector.setCurrentIndex(max(0, self._ui.spaceSelector.findData(parameters.exportSpace)))
        self._parameters = parameters
        self._ui.exportButton.setEnabled(bool(parameters and parameters.segmentation))

    def _keepChoices(self, _index):
        if self._parameters is not None:
            self._parameters.exportFormat = self._ui.formatSelector.currentData
            self._parameters.exportSpace = self._ui.spaceSelector.currentData

    def _export(self):
        try:
            with slicer.util.WaitCursor():
                files = self._write()
        except HipJointError as problem:
            self._say(str(problem))
            return
        if files:
            self._say(_("Written:") + "\n" + "\n".join(path.name for path in files))

    def _write(self):
        parameters, segmentation = self._parameters, self._parameters.segmentation
        chosen = list(self._ui.segmentsView.selectedSegmentIDs())
        ids = chosen or list(segmentation.GetSegmentation().GetSegmentIDs())
        scan = parameters.inputVolume.GetName() if parameters.inputVolume else ""
        options = self._options()
        there = [path for path in plannedFiles(segmentation, ids, options, scan).values() if path.exists()]
        if there and not slicer.util.confirmYesNoDisplay(_question(there)):
            return []
        files = self._logic.export(segmentation, ids, replace(options, overwrite=bool(there)), scan)
        remember("exportFolder", str(options.folder))
        for name in ("exportFormat", "exportSpace", "fileNameTemplate"):
            remember(name, getattr(parameters, name))
        return files

    def _options(self):
        parameters = self._parameters
        return ExportOptions(
            Path(self._ui.exportFolder.directory),
            parameters.exportFormat,
            parameters.exportSpace,
            parameters.fileNameTemplate,
        )

    def _say(self, text):
        self._ui.writtenLabel.setText(text)
        self._ui.writtenLabel.setVisible(bool(text))


def _question(there):
    return _("{count} of these files are there already, such as {name}. Replace them?").format(
        count=len(there), name=there[0].name
    )
