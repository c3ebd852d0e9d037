"""One run of the engine that writes a folder of results for a segmentation of the scene."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import SimpleITK as sitk
import slicer
from slicer.i18n import tr as _

from hipjoint.errors import Cancelled, HipJointError, InputError
from HipJointSegmentationLib.EngineProcess import EngineProcess
from HipJointSegmentationLib.ScanWriter import writeScan

_LABELS, _SCAN = "labels.nrrd", "scan.nrrd"


class FolderRun:
    """Is polled until ``finished``; then ``error`` is set, or ``report``, the path of the page.

    Of the scene only voxels and choices go to the engine: no name of a node gets into the results. Those who inherit
    give ``arguments`` and may ``takeUp`` the results.
    """

    def __init__(self, results=None):
        """Write what the engine needs and start it; without ``results`` the folder is gone when the run has ended.

        Raises ``HipJointError`` if that cannot be done.
        """
        self.finished, self.error, self.report = False, None, None
        self.temporary = Path(tempfile.mkdtemp(prefix="hipjoint-", dir=slicer.app.temporaryPath))
        self.results = results or self.temporary / "results"
        try:
            self._process = EngineProcess(self.arguments(), self.temporary)
            self._process.start()
        except BaseException:
            shutil.rmtree(self.temporary, ignore_errors=True)
            raise

    def arguments(self):
        """The command line of the engine; what it names is written here."""
        raise NotImplementedError

    def takeUp(self):
        """Read what the engine wrote. Raises ``HipJointError``."""
        self.report = self.results / "report.html"

    def poll(self):
        """Look whether the engine has ended, and clear away then."""
        if self.finished or self._process.running:
            return
        try:
            if self._process.exitCode == 0:
                self.takeUp()
            else:
                self.error = HipJointError(self._sentence())
        except HipJointError as problem:
            self.error = problem
        finally:
            self._clear()

    def stop(self):
        """End the engine at once, without results."""
        if self.finished:
            return
        self.error = Cancelled(_("Cancelled: nothing was written."))
        self._process.stop()
        self._clear()

    def labelsArgument(self, labels):
        """The path of a label map, written for the engine."""
        sitk.WriteImage(labels, str(self.temporary / _LABELS))
        return self.temporary / _LABELS

    def imageArguments(self, volumeNode):
        """The option that names the scan; none if there is no scan, or its voxels were not saved with its scene."""
        if volumeNode is None or volumeNode.GetImageData() is None:
            return []
        writeScan(volumeNode, self.temporary / _SCAN)
        return ["--image", self.temporary / _SCAN]

    def textArguments(self, option, name, text):
        """An option that names a file with a text in it; none without a text."""
        if not text:
            return []
        (self.temporary / name).write_text(text, encoding="utf-8")
        return [option, self.temporary / name]

    def _sentence(self):
        """What the engine complained of, in terms of the scene."""
        complaints = self._process.complaints().splitlines()
        if not complaints:
            return _("The engine ended early with exit code {code}.").format(code=self._process.exitCode)
        names = {_LABELS: _("The segmentation"), _SCAN: _("The scan")}
        sentence = complaints[-1]
        for file, name in names.items():
            sentence = sentence.replace(str(self.temporary / file), name)
        return sentence

    def _clear(self):
        self._process.kill()
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.finished = True


def newFolder(folder, kind):
    """A name that is free in a folder; without anything of the patient in it."""
    if not Path(folder).is_dir():
        raise InputError(_("The folder {folder} is not there: choose another one.").format(folder=folder))
    name = f"{kind}_{datetime.now().astimezone():%Y-%m-%d_%H%M%S}"
    names = [name, *(f"{name}_{number}" for number in range(2, 100))]
    return next(Path(folder, one) for one in names if not Path(folder, one).exists())
