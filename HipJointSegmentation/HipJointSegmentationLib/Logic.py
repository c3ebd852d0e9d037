"""What the module can do without a panel; scripts call it as the panel does."""

import time

import slicer

from hipjoint.errors import InputError
from HipJointSegmentationLib.FolderRun import newFolder
from HipJointSegmentationLib.GeometryRun import GeometryRun
from HipJointSegmentationLib.HipMeasures import HipMeasures
from HipJointSegmentationLib.InputCheck import problemOf
from HipJointSegmentationLib.Measurements import Measurements
from HipJointSegmentationLib.MeasurementTable import newTable, showIn
from HipJointSegmentationLib.OnfhReportRun import OnfhReportRun
from HipJointSegmentationLib.SegmentationRun import SegmentationRun
from HipJointSegmentationLib.SurfaceExport import exportSegments

_SECONDS_BETWEEN_LOOKS = 0.1


class Logic:
    """Segment, measure, export. ``dependencies`` is asked before anything needs the packages of the engine."""

    def __init__(self, dependencies):
        self.dependencies = dependencies
        self._measurements = Measurements()
        self._hipMeasures = HipMeasures()
        self._runs = []

    def segment(self, volumeNode, task="hip-ct", device="auto", waitForCompletion=True):
        """Segment a CT or MR volume node, as the task needs it, in a process of its own.

        Returns the new segmentation node or, without waiting, the ``SegmentationRun``, which must be polled. Raises
        ``HipJointError`` with a sentence for the user if it cannot be done.
        """
        problem = problemOf(volumeNode, task)
        if problem:
            raise InputError(problem)
        self.dependencies.ensure()
        run = self._begun(SegmentationRun(volumeNode, task, device), waitForCompletion)
        return run.segmentationNode if waitForCompletion else run

    def measure(self, segmentationNode, volumeNode=None, tableNode=None):
        """Fill a table node, a new one if none is given, with the size and density of the segments; return it."""
        self.dependencies.ensure()
        tableNode = tableNode or newTable(segmentationNode)
        showIn(tableNode, self._measurements.of(segmentationNode, volumeNode))
        return tableNode

    def export(self, segmentationNode, segmentIds, options, scan=""):
        """Write segments as surface files and return their paths; ``options`` are ``ExportOptions``."""
        self.dependencies.ensure()
        return exportSegments(segmentationNode, segmentIds, options, scan)

    def measureHips(self, segmentationNode):
        """The engine's ``HipAssessment`` (osteonecrosis) of each side of a segmentation with heads and lesions."""
        self.dependencies.ensure()
        return self._hipMeasures.of(segmentationNode)

    def problemOfHips(self, segmentationNode, hips):
        """Why the report would be refused for the ``hips`` that were measured, in a sentence, or an empty text."""
        return self._hipMeasures.problemOf(segmentationNode, hips)

    def reportHips(self, segmentationNode, volumeNode, folder, waitForCompletion=True):
        """Write the results of osteonecrosis to a new folder: report, tables, and what was changed by hand.

        Returns the path of the report or, without waiting, the ``OnfhReportRun``, which must be polled. ``volumeNode``
        is the scan for the slices, None for none. Raises ``HipJointError`` with a sentence for the user.
        """
        self.dependencies.ensure()
        run = self._begun(OnfhReportRun(segmentationNode, volumeNode, folder), waitForCompletion)
        return run.report if waitForCompletion else run

    def measureGeometry(self, segmentationNode, volumeNode=None, waitForCompletion=True):
        """Measure the geometry of the bones of a segmentation; ``volumeNode`` is the CT, for the canal of the femur.

        Returns the ``GeometryRun``, which has ``landmarks`` and ``values`` when it is finished and must be polled until
        then if it is not waited for. Raises ``HipJointError`` with a sentence for the user.
        """
        self.dependencies.ensure()
        return self._begun(GeometryRun(segmentationNode, volumeNode), waitForCompletion)

    def proposeImplants(self, segmentationNode, volumeNode=None, state=None, waitForCompletion=True):
        """Propose a cup and a stem for each hip, a sizing aid; ``volumeNode`` is the CT, which stems need.

        The landmarks that were moved by hand in a ``GeometryState`` are taken as they are. Returns the ``GeometryRun``,
        which has ``implants`` when it is finished. Raises ``HipJointError`` with a sentence for the user.
        """
        self.dependencies.ensure()
        run = GeometryRun(segmentationNode, volumeNode, edited=_movedLandmarks(state), propose=True)
        return self._begun(run, waitForCompletion)

    def exportGeometry(
        self,
        segmentationNode,
        volumeNode,
        folder,
        meshFormat="stl",
        state=None,
        waitForCompletion=True,
        implants=None,
    ):
        """Write bones, landmarks, numbers and report to a new folder in ``folder``.

        The landmarks that were moved by hand in a ``GeometryState`` are taken as they are, and so are the sizes and
        places of ``implants``, an ``ImplantState``. Returns the ``GeometryRun``, whose ``report`` is the path of the
        page. Raises ``HipJointError`` with a sentence for the user.
        """
        self.dependencies.ensure()
        results = newFolder(folder, "geometry")
        placed = implants.texts()["implants_now"] if implants is not None else ""
        run = GeometryRun(segmentationNode, volumeNode, results, _movedLandmarks(state), (meshFormat,), placed=placed)
        return self._begun(run, waitForCompletion)

    def stop(self):
        """End all runs that are still going on."""
        for run in self._runs:
            run.stop()

    def _begun(self, run, waitForCompletion):
        """Remember a run that has begun, so that it can be ended with the application."""
        self._runs = [*(one for one in self._runs if not one.finished), run]
        return _finished(run) if waitForCompletion else run


def _movedLandmarks(state):
    """The landmarks of a ``GeometryState`` as text for the engine if any was moved by hand."""
    return state.texts()["now"] if state is not None and state.edited else ""


def _finished(run):
    while not run.finished:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        slicer.app.processEvents()
        run.poll()
    if run.error is not None:
        raise run.error
    return run
