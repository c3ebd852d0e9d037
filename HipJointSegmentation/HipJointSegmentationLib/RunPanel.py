"""The upper part of the panel: scan, task, device, Apply with its progress and its log."""

import qt
from slicer.i18n import tr as _

from hipjoint.errors import Cancelled, HipJointError
from hipjoint.tasks.registry import TASKS
from HipJointSegmentationLib.Devices import devices
from HipJointSegmentationLib.InputCheck import problemOf
from HipJointSegmentationLib.Settings import remember, remembered

_MILLISECONDS_BETWEEN_LOOKS = 150


class RunPanel:
    """Starts a run, shows how far it is and cancels it; ``onSegmented(segmentationNode)`` gets the result."""

    def __init__(self, ui, logic, onSegmented):
        self._ui, self._logic, self._onSegmented = ui, logic, onSegmented
        self._parameters, self._run, self._problem = None, None, ""
        self._checked, self._logged = None, 0
        self._timer = qt.QTimer(ui.applyButton)
        self._timer.setInterval(_MILLISECONDS_BETWEEN_LOOKS)
        self._timer.timeout.connect(self._look)
        self._fill()
        self._say("")
        ui.applyButton.clicked.connect(self._applyOrCancel)
        ui.taskSelector.connect("currentIndexChanged(int)", self._keepChoices)
        ui.deviceSelector.connect("currentIndexChanged(int)", self._keepChoices)

    @property
    def running(self):
        """Whether the engine is at work for this panel."""
        return self._run is not None

    def setParameters(self, parameters):
        """Show other parameters, None for none."""
        self._parameters = None
        if parameters is not None:
            _choose(self._ui.taskSelector, parameters.task)
            _choose(self._ui.deviceSelector, parameters.device)
        self._parameters = parameters
        self.update()

    def update(self):
        """Say whether the chosen volume can be segmented."""
        volume = self._parameters and self._parameters.inputVolume
        task = self._parameters.task if self._parameters else next(iter(TASKS))
        checked = volume and (volume.GetID(), volume.GetMTime(), task)
        if checked is None or checked != self._checked:
            self._checked = checked
            self._problem = problemOf(volume, task)
        self._ui.inputHint.setText(self._problem if volume else "")
        self._ui.inputHint.setVisible(bool(volume and self._problem))
        self._showButton()

    def stop(self):
        """End a run at once, without a result."""
        self._timer.stop()
        if self._run is not None:
            self._run.stop()
            self._finish()

    def _fill(self):
        for task in TASKS.values():
            self._ui.taskSelector.addItem(_(task.title), task.name)
        for name, title in devices():
            self._ui.deviceSelector.addItem(title, name)
        _choose(self._ui.taskSelector, remembered("task", "hip-ct"))
        _choose(self._ui.deviceSelector, remembered("device", "auto"))

    def _keepChoices(self, _index):
        if self._parameters is None:
            return
        self._parameters.task = self._ui.taskSelector.currentData
        self._parameters.device = self._ui.deviceSelector.currentData
        remember("task", self._parameters.task)
        remember("device", self._parameters.device)
        self.update()  # what one task cannot use another can

    def _applyOrCancel(self):
        if self._run is not None:
            self._run.cancel()
            self._showButton()
            return
        parameters = self._parameters
        try:
            self._run = self._logic.segment(
                parameters.inputVolume, parameters.task, parameters.device, waitForCompletion=False
            )
        except HipJointError as problem:
            self._say(str(problem), bad=True)
            return
        self._ui.logText.clear()
        self._logged = 0
        self._say("")
        self._timer.start()
        self._look()

    def _look(self):
        if self._run is None:
            return
        self._run.poll()
        self._ui.progressBar.setValue(int(100 * self._run.fraction))
        self._ui.stageLabel.setText(self._run.stage)
        self._showLog()
        if self._run.finished:
            self._timer.stop()
            self._finish()
        self._showButton()

    def _showLog(self):
        for line in self._run.log[self._logged :]:
            self._ui.logText.appendPlainText(line)
        self._logged = len(self._run.log)

    def _finish(self):
        run, self._run = self._run, None
        self._showButton()
        if run.error is not None:
            self._say(str(run.error), bad=not isinstance(run.error, Cancelled))
        elif run.segmentationNode is not None:
            self._say("\n".join([_("Done."), *run.warnings]))
            self._onSegmented(run.segmentationNode)

    def _say(self, text, bad=False):
        self._ui.messageLabel.setText(text)
        self._ui.messageLabel.setVisible(bool(text))
        self._ui.messageIcon.setVisible(bad)
        if bad:
            self._ui.messageIcon.setPixmap(_warningSign(self._ui.messageIcon))

    def _showButton(self):
        button, run = self._ui.applyButton, self._run
        button.setText(_("Cancel") if run else _("Apply"))
        button.setEnabled(run.error is None if run else not self._problem)
        button.setToolTip(_("Stop; nothing is changed.") if run else self._problem or _("Find the bones in the scan."))
        self._ui.progressBox.setVisible(run is not None)
        for widget in (self._ui.inputSelector, self._ui.taskSelector, self._ui.deviceSelector):
            widget.setEnabled(run is None)


def _choose(comboBox, data):
    comboBox.setCurrentIndex(max(0, comboBox.findData(data)))


def _warningSign(widget):
    return widget.style().standardIcon(qt.QStyle.SP_MessageBoxWarning).pixmap(20, 20)
