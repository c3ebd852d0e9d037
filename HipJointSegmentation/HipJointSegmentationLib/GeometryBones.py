"""The bones of a segmentation as the engine's measures look at them, made when they are first needed."""

from HipJointSegmentationLib.GeometryRun import bonesOf
from HipJointSegmentationLib.HipLabelMap import scanOf
from HipJointSegmentationLib.InputCheck import problemOf
from HipJointSegmentationLib.ScanWriter import scanImage


class GeometryBones:
    """Keeps the engine's ``Anatomy`` of one segmentation; a scene that was opened has none until somebody asks."""

    def __init__(self):
        self._segmentation, self._anatomy = None, None

    def of(self, segmentationNode, volumeNode):
        """The ``Anatomy``; takes some seconds the first time. Raises ``InputError`` if no segment is a bone."""
        from hipjoint.measure.anatomy import anatomy_of

        if self._anatomy is None or self._segmentation is not segmentationNode:
            scan = scanImage(volumeNode) if volumeNode is not None else None
            self._segmentation, self._anatomy = segmentationNode, anatomy_of(bonesOf(segmentationNode), scan)
        return self._anatomy

    @property
    def made(self):
        """Whether they are there, so that nobody waits for them."""
        return self._anatomy is not None

    def forget(self):
        """The bones have changed."""
        self._segmentation, self._anatomy = None, None


def ctOf(segmentationNode, volumeNode):
    """The CT that the bones of a segmentation were found in, else the chosen volume; None if neither is a CT."""
    volume = scanOf(segmentationNode) or volumeNode
    return volume if volume is not None and not problemOf(volume, "hip-ct") else None
