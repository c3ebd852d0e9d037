"""The measures of osteonecrosis of both hips of a segmentation."""

import zlib
from pathlib import Path

import SimpleITK as sitk
from slicer.i18n import tr as _

from hipjoint.errors import InputError
from HipJointSegmentationLib.HipLabelMap import labelMapOf


class HipMeasures:
    """Measures the hips of a segmentation node, and again only the one that has changed since."""

    def __init__(self):
        self._known = {}

    def of(self, segmentationNode):
        """The engine's ``HipAssessment`` of each side; a hip that is not marked is there too and says so.

        Raises ``InputError`` if what is marked is too large for femoral heads and their lesions.
        """
        # Needs the packages that are installed at the first run.
        from hipjoint.measure.osteonecrosis import SIDES
        from hipjoint.measure.plausible import refuse_other_labels

        labels = labelMapOf(segmentationNode)
        if labels is None:
            labels = sitk.Image([2, 2, 2], sitk.sitkUInt8)
        refuse_other_labels(labels, _shown())
        return {side: self._measured(labels, side) for side in SIDES}

    def problemOf(self, segmentationNode, hips):
        """What is wrong with the sides of the hips that ``of`` gave, as a sentence, or an empty text."""
        from hipjoint.measure.plausible import refuse_other_sides

        labels = labelMapOf(segmentationNode)
        if labels is None:
            return ""
        spheres = {side: hip.sphere for side, hip in hips.items() if hip.sphere is not None}
        try:
            refuse_other_sides(labels, spheres, _shown())
        except InputError as problem:
            return str(problem)
        return ""

    def _measured(self, labels, side):
        from hipjoint.labels import ONFH
        from hipjoint.measure.osteonecrosis import assess_hip

        values = sitk.GetArrayViewFromImage(labels)
        head, lesion = (values == label.value for label in ONFH if label.side == side)
        key = (side, *_geometry(labels), zlib.crc32(head), zlib.crc32(lesion))
        if key not in self._known:
            # One state a side is enough to know which of two hips was edited, and keeps no memory.
            self._known = {known: hip for known, hip in self._known.items() if known[0] != side}
            self._known[key] = assess_hip(head, lesion, labels, side)
        return self._known[key]


def _shown():
    """How the engine's sentences name what the user knows as a node."""
    return Path(_("The segmentation"))


def _geometry(image):
    return image.GetSize(), image.GetOrigin(), image.GetSpacing(), image.GetDirection()
