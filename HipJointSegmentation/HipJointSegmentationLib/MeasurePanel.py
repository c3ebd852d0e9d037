"""The measurements on the panel: made anew a moment after the last edit, with a mark in between."""

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from hipjoint.errors import HipJointError
from HipJointSegmentationLib.MeasurementTable import asText, isStale, setStale, writeCsv

_MILLISECONDS_AFTER_AN_EDIT = 1500


class MeasurePanel(VTKObservationMixin):
    """Keeps one table node in step with one segmentation node."""

    def __init__(self, ui, logic):
        super().__init__()
        self._ui, self._logic, self._parameters, self._segmentation = ui, logic, None, None
        self.timer = qt.QTimer(ui.measureButton)
        self.timer.setSingleShot(True)
        self.timer.setInterval(_MILLISECONDS_AFTER_AN_EDIT)
        self.timer.timeout.connect(self._measureAgain)
        ui.measureButton.clicked.connect(self.measure)
        ui.copyButton.clicked.connect(self._copy)
        ui.saveCsvButton.clicked.connect(self._askAndSave)

    def show(self, parameters):
        """Show the table of other parameters, None for none, and watch their segmentation."""
        self._parameters = parameters
        segmentation = parameters and parameters.segmentation
        if segmentation is not self._segmentation:
            self.timer.stop()
            self.removeObservers()
            self._segmentation = segmentation
            if segmentation is not None:
                self._watch(segmentation.GetSegmentation())
        self._showTable()

    def measure(self, *_arguments):
        """Measure now."""
        self.timer.stop()
        parameters = self._parameters
        try:
            with slicer.util.WaitCursor():
                parameters.measurements = self._logic.measure(
                    parameters.segmentation, parameters.inputVolume, parameters.measurements
                )
        except HipJointError as problem:
            self._ui.staleLabel.setText(str(problem))
            self._ui.staleLabel.setVisible(True)
            return
        self._showTable()

    def save(self, path):
        """Write the table as CSV, measured again first if the segments have changed."""
        if isStale(self._parameters.measurements):
            self.measure()
        writeCsv(self._parameters.measurements, path)

    def _watch(self, segmentation):
        kind = type(segmentation)
        for event in (kind.SourceRepresentationModified, kind.SegmentAdded, kind.SegmentRemoved, kind.SegmentModified):
            self.addObserver(segmentation, event, self._edited)

    def _edited(self, *_arguments):
        table = self._parameters and self._parameters.measurements
        if table is not None:
            setStale(table, True)
            self._showTable()
            self.timer.start()

    def _measureAgain(self):
        # Nobody is asked to install anything in the middle of drawing.
        if not self._logic.dependencies.missing():
            self.measure()

    def _showTable(self):
        table = self._parameters and self._parameters.measurements
        ui = self._ui
        ui.measurementView.setMRMLTableNode(table)
        ui.measurementView.setVisible(table is not None)
        ui.measureButton.setEnabled(self._segmentation is not None)
        ui.copyButton.setEnabled(table is not None)
        ui.saveCsvButton.setEnabled(table is not None)
        if table is not None:
            header = ui.measurementView.horizontalHeader()
            header.setSectionResizeMode(qt.QHeaderView.Stretch)
            header.setSectionResizeMode(0, qt.QHeaderView.ResizeToContents)
        stale = table is not None and isStale(table)
        ui.staleLabel.setText(_("Edited since: these numbers are out of date.") if stale else "")
        ui.staleLabel.setVisible(stale)

    def _copy(self):
        if isStale(self._parameters.measurements):
            self.measure()
        qt.QApplication.clipboard().setText(asText(self._parameters.measurements))

    def _askAndSave(self):
        title, kinds = _("Save the measurements"), _("Table (*.csv)")
        path = qt.QFileDialog.getSaveFileName(self._ui.saveCsvButton, title, "hip_sizes.csv", kinds)
        # PythonQt gives the path alone, other bindings a pair.
        path = path if isinstance(path, str) else path[0]
        if path:
            self.save(path)
