"""One run of the engine that writes the results of osteonecrosis for a segmentation of the scene."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import SimpleITK as sitk
import slicer
from slicer.i18n import tr as _

from hipjoint.errors import Cancelled, HipJointError, InputError
from HipJointSegmentationLib.AssessmentStore import assessmentOf
from HipJointSegmentationLib.EngineProcess import EngineProcess
from HipJointSegmentationLib.HipLabelMap import labelMapOf
from HipJointSegmentationLib.ScanWriter import writeScan

_LABELS, _SCAN, _ASSESSMENT = "labels.nrrd", "scan.nrrd", "assessment.json"


class OnfhReportRun:
    """Is polled until ``finished``; then ``error`` or ``report``, the path of the page, is set.

    Of the scene only voxels and choices go to the engine: no name of a node gets into the results.
    """

    def __init__(self, segmentationNode, volumeNode, folder):
        """Write what the engine needs and start it. Raises ``HipJointError`` if that cannot be done."""
        self.finished, self.error, self.report = False, None, None
        self._results = _newFolder(folder)
        self._temporary = Path(tempfile.mkdtemp(prefix="hipjoint-", dir=slicer.app.temporaryPath))
        try:
            self._process = EngineProcess(self._arguments(segmentationNode, volumeNode), self._temporary)
            self._process.start()
        except BaseException:
            shutil.rmtree(self._temporary, ignore_errors=True)
            raise

    def poll(self):
        """Look whether the engine has ended, and clear away then."""
        if self.finished or self._process.running:
            return
        if self._process.exitCode == 0:
            self.report = self._results / "report.html"
        else:
            self.error = HipJointError(self._sentence())
        self._clear()

    def stop(self):
        """End the engine at once, without results."""
        if self.finished:
            return
        self.error = Cancelled(_("Cancelled: nothing was written."))
        self._process.stop()
        self._clear()

    def _arguments(self, segmentationNode, volumeNode):
        labels = labelMapOf(segmentationNode)
        if labels is None:
            raise InputError(_("No segment is marked as a femoral head: say which segment is one."))
        sitk.WriteImage(labels, str(self._temporary / _LABELS))
        arguments = ["onfh", self._temporary / _LABELS, "-o", self._results]
        # The voxels of a scan that was not saved with its scene are missing.
        if volumeNode is not None and volumeNode.GetImageData() is not None:
            writeScan(volumeNode, self._temporary / _SCAN)
            arguments += ["--image", self._temporary / _SCAN]
        assessment = assessmentOf(segmentationNode)
        if assessment.changes:
            (self._temporary / _ASSESSMENT).write_text(assessment.text(), encoding="utf-8")
            arguments += ["--assessment", self._temporary / _ASSESSMENT]
        return arguments

    def _sentence(self):
        """What the engine complained of, in terms of the scene."""
        complaints = self._process.complaints().splitlines()
        if not complaints:
            return _("The engine ended early with exit code {code}.").format(code=self._process.exitCode)
        names = {_LABELS: _("The segmentation"), _SCAN: _("The scan")}
        sentence = complaints[-1]
        for file, name in names.items():
            sentence = sentence.replace(str(self._temporary / file), name)
        return sentence

    def _clear(self):
        self._process.kill()
        shutil.rmtree(self._temporary, ignore_errors=True)
        self.finished = True


def _newFolder(folder):
    """A name that is free in a folder; without anything of the patient in it."""
    if not Path(folder).is_dir():
        raise InputError(_("The folder {folder} is not there: choose another one.").format(folder=folder))
    name = f"osteonecrosis_{datetime.now().astimezone():%Y-%m-%d_%H%M%S}"
    names = [name, *(f"{name}_{number}" for number in range(2, 100))]
    return next(Path(folder, one) for one in names if not Path(folder, one).exists())
