"""One run of the engine on a volume of the scene, from its start to the segmentation node."""

import shutil
import tempfile
import time
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from hipjoint.errors import Cancelled, HipJointError
from HipJointSegmentationLib.EngineProcess import SECONDS_TO_END, EngineProcess
from HipJointSegmentationLib.ResultReader import loadSegmentation, warningsIn
from HipJointSegmentationLib.ScanWriter import writeScan
from HipJointSegmentationLib.ThicknessModels import loadThickness

_SCAN, _RESULTS = "scan.nrrd", "results"


class SegmentationRun:
    """Is polled until ``finished``; then ``error`` or ``segmentationNode`` is set and its folder is gone."""

    def __init__(self, volumeNode, task, device):
        """Write the volume and start the engine. Raises ``HipJointError`` if that cannot be done."""
        self.stage, self.fraction, self.log = _("Writing the scan for the engine"), 0.0, []
        self.finished, self.error, self.segmentationNode, self.warnings = False, None, None, []
        self._volumeNode, self._deadline = volumeNode, None
        self._folder = Path(tempfile.mkdtemp(prefix="hipjoint-", dir=slicer.app.temporaryPath))
        try:
            writeScan(volumeNode, self._folder / _SCAN)
            self._process = EngineProcess(self._arguments(task, device), self._folder)
            self._process.start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def poll(self):
        """Take up what the engine has said; at its end load the result and clear away."""
        if self.finished:
            return
        ended = self._hasEnded()
        for message in self._process.messages():
            self._take(message)
        if ended:
            self._end()

    def cancel(self):
        """Ask the engine to stop; ``poll`` sees it end, without a result."""
        self.error = Cancelled(_("Cancelled: nothing was changed."))
        self.stage = _("Cancelling")
        self._deadline = time.monotonic() + SECONDS_TO_END
        self._process.askToEnd()

    def stop(self):
        """End the engine at once and clear away; for a scene or an application that closes."""
        if self.finished:
            return
        self.error = Cancelled(_("Cancelled: nothing was changed."))
        self._process.stop()
        self._clear()

    def _hasEnded(self):
        """A cancelled engine gets a while to end; what then still runs is killed by ``_clear``."""
        if self._deadline is None:
            return not self._process.running
        return self._process.gone or time.monotonic() > self._deadline

    def _arguments(self, task, device):
        places = [self._folder / _SCAN, "-o", self._folder / _RESULTS]
        return ["segment", *places, "--task", task, "--device", device, "--progress", "json"]

    def _take(self, message):
        if "stage" in message:
            if message["stage"] != self.stage:
                self.log.append(message["stage"])
            self.stage, self.fraction = message["stage"], message["fraction"]
        if "note" in message:
            self.log.append(message["note"])
        if "error" in message and self.error is None:
            self.error = HipJointError(self._withoutPath(message["error"]))

    def _withoutPath(self, sentence):
        """The user knows the scan as a node of the scene, not as the file that the engine was given."""
        return sentence.replace(str(self._folder / _SCAN), _("The scan {name}").format(name=self._volumeName()))

    def _volumeName(self):
        return self._volumeNode.GetName() or ""

    def _end(self):
        try:
            self._load()
        except HipJointError as problem:
            self.error = problem
        finally:
            self._clear()

    def _load(self):
        if self.error is not None:
            return
        if self._process.exitCode != 0:
            raise HipJointError(self._deathSentence())
        self.segmentationNode = loadSegmentation(self._folder / _RESULTS, self._volumeNode)
        loadThickness(self._folder / _RESULTS, self.segmentationNode)
        self.warnings = warningsIn(self._folder / _RESULTS)

    def _deathSentence(self):
        """For an engine that ended without saying why, as when the system kills it."""
        complaints = self._process.complaints()
        self.log.extend(complaints.splitlines())
        last = complaints.splitlines()[-1] if complaints else _("it said nothing")
        sentence = _("The engine ended early with exit code {code} ({last}): the log has the details.")
        return sentence.format(code=self._process.exitCode, last=last)

    def _clear(self):
        self._process.kill()
        if self.error is not None:
            self.log.append(str(self.error))
        shutil.rmtree(self._folder, ignore_errors=True)
        self.finished = True
