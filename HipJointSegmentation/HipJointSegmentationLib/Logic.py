"""What the module can do without a panel; scripts call it as the panel does."""

import time

import slicer

from hipjoint.errors import InputError
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
        self._runs = [run for run in self._runs if not run.finished]
        run = SegmentationRun(volumeNode, task, device)
        self._runs.append(run)
        return _finished(run).segmentationNode if waitForCompletion else run

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
        run = OnfhReportRun(segmentationNode, volumeNode, folder)
        self._runs = [*(one for one in self._runs if not one.finished), run]
        return _finished(run).report if waitForCompletion else run

    def stop(self):
        """End all runs that are still going on."""
        for run in self._runs:
            run.stop()


def _finished(run):
    while not run.finished:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        slicer.app.processEvents()
        run.poll()
    if run.error is not None:
        raise run.error
    return run
