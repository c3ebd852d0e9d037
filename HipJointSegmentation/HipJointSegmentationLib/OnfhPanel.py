"""Osteonecrosis on the panel: a row a hip that follows every edit, the choices of the clinician, and the report."""

import html
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from hipjoint.errors import Cancelled, HipJointError
from HipJointSegmentationLib.AssessmentStore import assessmentOf, keepAssessment
from HipJointSegmentationLib.HipLabelMap import scanOf
from HipJointSegmentationLib.OnfhChoices import OnfhChoices
from HipJointSegmentationLib.OnfhRoles import OnfhRoles
from HipJointSegmentationLib.OnfhTable import OnfhTable
from HipJointSegmentationLib.SegmentationPanel import SegmentationPanel
from HipJointSegmentationLib.Settings import remember, remembered

_MILLISECONDS_AFTER_AN_EDIT = 1500


class OnfhPanel(SegmentationPanel):
    """Keeps the rows in step with one segmentation node while its section is open."""

    watched = (*SegmentationPanel.watched, "SegmentModified")

    def __init__(self, ui, logic):
        super().__init__(ui.onfhMeasureButton, _MILLISECONDS_AFTER_AN_EDIT)
        self._ui, self._logic, self._hips, self._stale = ui, logic, None, False
        self._table = OnfhTable(ui.onfhTable)
        self._roles, self._choices = OnfhRoles(ui), OnfhChoices(ui, self._change)
        ui.onfhSection.connect("contentsCollapsed(bool)", self._openOrClose)
        ui.onfhTable.itemSelectionChanged.connect(self._showHip)
        ui.onfhMeasureButton.clicked.connect(self.measure)
        ui.onfhCopyButton.clicked.connect(self._copy)
        ui.onfhReportButton.clicked.connect(self._askAndReport)
        self._say("")
        self._showAll()

    def _opened(self):
        self._hips, self._stale = None, False
        self._say("")
        self._showAll()
        self._measureSoon()

    def measure(self, *_arguments):
        """Measure now."""
        self.timer.stop()
        try:
            with slicer.util.WaitCursor():
                hips = self._logic.measureHips(self._segmentation)
                problem = self._logic.problemOfHips(self._segmentation, hips)
                self._noteEdits(hips)
        except HipJointError as problem:
            self._hips, self._stale = None, False
            self._showAll()
            self._say(str(problem))
            return
        self._hips, self._stale = hips, False
        self._say(problem)
        self._showAll()

    def report(self, folder):
        """Have the results written to a new folder in ``folder``; the panel says when they are there."""
        if self._stale:
            self.measure()
        try:
            # The scan above may be another one by now.
            scan = scanOf(self._segmentation) or self._parameters.inputVolume
            run = self._logic.reportHips(self._segmentation, scan, folder, waitForCompletion=False)
        except HipJointError as problem:
            self._say(str(problem))
            return
        self._say(_("Writing the report..."))
        self._follow(run)
        self._showButtons()

    def _edited(self, *_arguments):
        self._roles.show(self._segmentation.GetSegmentation())
        self._stale = self._hips is not None
        self._showStale()
        self._measureSoon()

    def _openOrClose(self, collapsed):
        if not collapsed and (self._hips is None or self._stale):
            self._measureSoon()

    def _measureSoon(self):
        """A hidden row costs no time: it is measured when it is looked at."""
        if self._segmentation is not None and not self._ui.onfhSection.collapsed:
            self.timer.start()

    def _later(self):
        # Nobody is asked to install anything in the middle of drawing.
        missing = self._logic.dependencies.missing()
        if missing:
            self._say(_("Press Measure to install what is missing: {names}.").format(names=", ".join(missing)))
        else:
            self.measure()

    def _noteEdits(self, hips):
        """Note by hand what changed in the outlines since the last measuring; the first one notes nothing."""
        assessment = assessmentOf(self._segmentation)
        for side, hip in hips.items():
            before = self._hips and self._hips[side]
            if before and before.sphere is not None and before.values != hip.values:
                was = before.value("steinberg_grade").text
                assessment = assessment.with_change(side, "outline", measured=was, by=self._name())
                keepAssessment(self._segmentation, assessment)

    def _change(self, field, value, reason):
        """Note a choice about the hip that is shown."""
        side = self._table.side
        try:
            assessment, measured = assessmentOf(self._segmentation), ""
            if field != "steinberg_stage":
                measured = self._hips[side].value(field).text
            changed = assessment.with_change(side, field, value, measured=measured, reason=reason, by=self._name())
            keepAssessment(self._segmentation, changed)
        except HipJointError as problem:
            self._say(str(problem))
            return
        self._say("")
        self._showAll()

    def _name(self):
        return self._parameters.assessedBy.strip() if self._parameters else ""

    def _showAll(self):
        segmentation = self._segmentation
        self._roles.show(segmentation.GetSegmentation() if segmentation else None)
        self._table.show(self._hips, self._assessment())
        self._showHip()
        self._showStale()
        self._showButtons()

    def _assessment(self):
        """What was chosen so far; None before anything was measured, as reading it may need missing packages."""
        return assessmentOf(self._segmentation) if self._hips else None

    def _showHip(self):
        self._choices.show(self._hips and self._hips[self._table.side], self._assessment())

    def _showStale(self):
        self._ui.onfhStaleLabel.setText(_("Edited since: this row is out of date.") if self._stale else "")
        self._ui.onfhStaleLabel.setVisible(self._stale)
        self._ui.onfhTable.setEnabled(not self._stale)

    def _showButtons(self):
        self._ui.onfhMeasureButton.setEnabled(self._segmentation is not None)
        self._ui.onfhCopyButton.setEnabled(self._hips is not None)
        self._ui.onfhReportButton.setEnabled(self._hips is not None or self._run is not None)
        self._ui.onfhReportButton.setText(_("Cancel") if self._run else _("Report..."))

    def _say(self, text):
        self._ui.onfhMessageLabel.setText(text)
        self._ui.onfhMessageLabel.setVisible(bool(text))

    def _copy(self):
        if self._stale:
            self.measure()
        qt.QApplication.clipboard().setText("\n".join("\t".join(row) for row in self._table.rows()))

    def _askAndReport(self):
        if self._run is not None:
            self.stop()
            return
        start = remembered("reportFolder", str(Path.home()))
        title = _("Folder for the report")
        folder = qt.QFileDialog.getExistingDirectory(self._ui.onfhReportButton, title, start)
        if folder:
            remember("reportFolder", folder)
            self.report(folder)

    def _ended(self, run):
        self._showButtons()
        if run.error is not None:
            self._say(_("No report was written.") if isinstance(run.error, Cancelled) else str(run.error))
        else:
            link = qt.QUrl.fromLocalFile(str(run.report)).toString()
            text = _("Written: {path}").format(path=html.escape(str(run.report)))
            self._say(f'<a href="{html.escape(link)}">{text}</a>')
