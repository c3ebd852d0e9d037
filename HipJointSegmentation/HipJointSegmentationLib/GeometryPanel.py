"""The hip's geometry on the panel: measured by the engine, corrected by moving landmarks, exported for planning."""

import contextlib
import html
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from hipjoint.errors import Cancelled, HipJointError
from HipJointSegmentationLib.GeometryBones import ctOf
from HipJointSegmentationLib.GeometryLandmarks import GeometryLandmarks
from HipJointSegmentationLib.GeometryStore import storeOf
from HipJointSegmentationLib.GeometryTable import GeometryTable
from HipJointSegmentationLib.GeometryTitles import heading, sideName
from HipJointSegmentationLib.GeometryViews import showMeasure
from HipJointSegmentationLib.HipGeometry import HipGeometry
from HipJointSegmentationLib.ImplantPanel import ImplantPanel
from HipJointSegmentationLib.SegmentationPanel import SegmentationPanel
from HipJointSegmentationLib.Settings import remember, remembered
from HipJointSegmentationLib.SidedTable import explained
from HipJointSegmentationLib.SurfaceExport import FORMATS

_MILLISECONDS_AFTER_A_MOVE = 300


class GeometryPanel(SegmentationPanel):
    """Shows the geometry of one segmentation; numbers follow the landmarks."""

    def __init__(self, ui, logic):
        super().__init__(ui.geometryMeasureButton, _MILLISECONDS_AFTER_A_MOVE)
        self._ui, self._logic = ui, logic
        self.geometry = HipGeometry(self._ct, self._moved, self._released)
        self._table = GeometryTable(ui.geometryTable)
        self._landmarks = GeometryLandmarks(ui, self.geometry, self._changed)
        self.implants = ImplantPanel(ui, logic, self.geometry, self._ct)
        for name, title in FORMATS.items():
            ui.geometryFormatSelector.addItem(title, name)
        ui.geometryFormatSelector.setCurrentIndex(
            ui.geometryFormatSelector.findData(remembered("geometryFormat", "stl"))
        )
        ui.geometryTable.itemSelectionChanged.connect(self._showDetails)
        ui.geometryTable.cellDoubleClicked.connect(self._showInViews)
        ui.geometryShowButton.clicked.connect(self._showInViews)
        ui.geometryMeasureButton.clicked.connect(self._measureOrCancel)
        ui.geometryCopyButton.clicked.connect(self._copy)
        ui.geometryExportButton.clicked.connect(self._askAndExport)
        self._changed("")

    def show(self, parameters):
        """Show the geometry of other parameters, None for none, and watch their segmentation."""
        super().show(parameters)
        self.implants.show(parameters)

    def measure(self):
        """Have the bones measured; the panel shows the numbers when they are there."""
        logic, bones = self._logic, self._segmentation
        self._start(lambda: logic.measureGeometry(bones, self._ct(), waitForCompletion=False), _("Measuring..."))

    def export(self, folder):
        """Have bones, landmarks, numbers and report written to a new folder in ``folder``."""
        self.timer.stop()
        self._finish()
        choice = self._ui.geometryFormatSelector.currentData
        remember("geometryFormat", choice)
        logic, bones, state, placed = self._logic, self._segmentation, self.geometry.state, self.implants.state
        self._start(
            lambda: logic.exportGeometry(bones, self._ct(), folder, choice, state, False, placed), _("Writing...")
        )

    def _opened(self):
        self._changed(self._open())

    def _edited(self, *_arguments):
        self.geometry.bonesChanged()
        self._showStale()
        self._showButtons()

    def _open(self):
        """Show what the scene holds; returns why it cannot be shown, or an empty text."""
        missing = self._logic.dependencies.missing() if self._wasMeasured() else []
        if missing:
            self.geometry.close()
            return _("Press Measure to install what is missing: {names}.").format(names=", ".join(missing))
        try:
            self.geometry.open(self._segmentation)
        except HipJointError as problem:
            return str(problem)
        if self.geometry.state is not None and self.geometry.state.pending:
            self.timer.start()
        return ""

    def _ct(self):
        return ctOf(self._segmentation, self._parameters.inputVolume)

    def _wasMeasured(self):
        return self._segmentation is not None and storeOf(self._segmentation) is not None

    def _measureOrCancel(self):
        if self._run is not None:
            self.stop()
        else:
            self.measure()

    def _start(self, begin, said):
        """Begin a run and say so, or why it cannot be."""
        try:
            with slicer.util.WaitCursor():
                run = begin()
        except HipJointError as problem:
            self._changed(str(problem))
            return
        self._follow(run)
        self._showButtons()
        self._show(said)

    def _ended(self, run):
        if run.error is not None:
            self._changed(_("Cancelled.") if isinstance(run.error, Cancelled) else str(run.error))
        elif run.report is not None:
            self._changed(_linkTo(run.report))
        else:
            self._changed(self._take(run))

    def _take(self, run):
        if self.geometry.segmentation is not self._segmentation:
            # What the scene held before and cannot be read is replaced: it is measured anew.
            with contextlib.suppress(HipJointError):
                self.geometry.open(self._segmentation)
        try:
            with slicer.util.WaitCursor():
                self.geometry.take(run.landmarks, run.values)
        except HipJointError as problem:
            return str(problem)
        return ""

    def _moved(self, key):
        self._landmarks.show()
        self._landmarks.choose(key)
        self._showNumbers()
        if not self.geometry.interacting:
            self.timer.start()

    def _released(self):
        self.timer.stop()
        self._finish()

    def _later(self):
        self._finish()

    def _finish(self):
        problem = ""
        try:
            with slicer.util.WaitCursor():
                self.geometry.finish()
        except HipJointError as error:
            problem = str(error)
        self._changed(problem)

    def _changed(self, problem):
        """Show everything anew, with a sentence about what went wrong or where something is."""
        self._landmarks.show()
        self._showNumbers()
        self._showStale()
        self._showButtons()
        self._say(problem)
        self.implants.geometryChanged()

    def _showNumbers(self):
        self._table.show(self.geometry.state)
        self._showDetails()

    def _showDetails(self):
        chosen, state = self._table.chosen, self.geometry.state
        self._ui.geometryShowButton.setEnabled(chosen is not None)
        self._ui.geometryDetailText.setPlainText(_details(chosen[0], state) if chosen and state else "")

    def _showStale(self):
        stale = self.geometry.stale
        self._ui.geometryStaleLabel.setText(_("Bones edited since: measure again.") if stale else "")
        self._ui.geometryStaleLabel.setVisible(stale)

    def _showButtons(self):
        ui, hasNumbers, run = self._ui, self.geometry.state is not None, self._run
        ui.geometryMeasureButton.setText(_("Cancel") if run else _("Measure"))
        ui.geometryMeasureButton.setEnabled(self._segmentation is not None)
        ui.geometryCopyButton.setEnabled(hasNumbers)
        ui.geometryExportButton.setEnabled(hasNumbers and not self.geometry.stale and run is None)
        ui.geometryTable.setVisible(hasNumbers)
        for widget in (ui.geometryDetailText, ui.geometryShowButton, ui.geometryLandmarkBox, ui.geometryExportBox):
            widget.setVisible(hasNumbers)

    def _say(self, text):
        """Say something; what a run is doing stands until it has ended."""
        if self._run is None:
            self._show(text)

    def _show(self, text):
        self._ui.geometryMessageLabel.setText(text)
        self._ui.geometryMessageLabel.setVisible(bool(text))

    def _showInViews(self, *_cell):
        chosen = self._table.chosen
        if chosen and not showMeasure(self.geometry.state.case(), *chosen):
            self._say(_("None of its landmarks was found: there is nothing to show."))

    def _copy(self):
        qt.QApplication.clipboard().setText("\n".join("\t".join(row) for row in self._table.rows()))

    def _askAndExport(self):
        start = remembered("reportFolder", str(Path.home()))
        folder = qt.QFileDialog.getExistingDirectory(self._ui.geometryExportButton, _("Folder for the export"), start)
        if folder:
            remember("reportFolder", folder)
            self.export(folder)


def _linkTo(path):
    link = qt.QUrl.fromLocalFile(str(path)).toString()
    return f'<a href="{html.escape(link)}">{_("Written: {path}").format(path=html.escape(str(path)))}</a>'


def _details(measure, state):
    """All that there is to say of a measure."""
    name = measure.definition.name
    lines = [heading(measure.definition)]
    for each in state.values:
        if each.value.definition.name == name:
            said = explained(each, state)
            lines.append(f"{sideName(each.value.side)}: {said}" if each.value.side else said)
    lines += [_(measure.definition.text), measure.definition.source]
    return "\n".join(lines)
