"""One run of the engine that writes the results of osteonecrosis for a segmentation of the scene."""

from slicer.i18n import tr as _

from hipjoint.errors import InputError
from HipJointSegmentationLib.AssessmentStore import assessmentOf
from HipJointSegmentationLib.FolderRun import FolderRun, newFolder
from HipJointSegmentationLib.HipLabelMap import labelMapOf


class OnfhReportRun(FolderRun):
    """Writes to a new folder in ``folder``; ``volumeNode`` is the scan for the slices, None for none."""

    def __init__(self, segmentationNode, volumeNode, folder):
        """Start the engine. Raises ``HipJointError`` if that cannot be done."""
        self._segmentation, self._volume = segmentationNode, volumeNode
        super().__init__(newFolder(folder, "osteonecrosis"))

    def arguments(self):
        """Label map, scan, and what was changed by hand."""
        labels = labelMapOf(self._segmentation)
        if labels is None:
            raise InputError(_("No segment is marked as a femoral head: say which segment is one."))
        assessment = assessmentOf(self._segmentation)
        return [
            "onfh",
            self.labelsArgument(labels),
            "-o",
            self.results,
            *self.imageArguments(self._volume),
            *self.textArguments("--assessment", "assessment.json", assessment.text() if assessment.changes else ""),
        ]
