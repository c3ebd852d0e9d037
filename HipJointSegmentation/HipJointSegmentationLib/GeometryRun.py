"""One run of the engine that measures the geometry of the bones of a segmentation."""

from slicer.i18n import tr as _

from hipjoint.errors import InputError
from HipJointSegmentationLib.FolderRun import FolderRun
from HipJointSegmentationLib.HipLabelMap import labelMapOf


class GeometryRun(FolderRun):
    """After it has ended without an error, ``landmarks`` and ``values`` are those of the engine.

    ``volumeNode`` is the CT in HU, None for none. With ``results`` everything is written to that folder, models in the
    ``formats``; ``edited`` is a text of ``geometry_record`` with landmarks that were moved by hand. With ``propose``
    there are ``implants`` too; ``placed`` is a text of ``implants.record`` with implants to be written where they lie.
    """

    def __init__(
        self, segmentationNode, volumeNode, results=None, edited="", formats=("stl",), propose=False, placed=""
    ):
        """Start the engine. Raises ``HipJointError`` if that cannot be done."""
        self._propose, self._placed = propose, placed
        self._segmentation, self._volume, self._edited, self._formats = segmentationNode, volumeNode, edited, formats
        self._keeps = results is not None
        self.landmarks, self.values, self.implants = None, None, ()
        super().__init__(results)

    def arguments(self):
        """Label map of the bones, CT and landmarks."""
        return [
            "measure",
            self.labelsArgument(bonesOf(self._segmentation)),
            "-o",
            self.results,
            *self.imageArguments(self._volume),
            *self.textArguments("--landmarks", "landmarks.json", self._edited),
            *(["--implants"] if self._propose else []),
            *self.textArguments("--placed", "implants.json", self._placed),
            *(["--mesh-format", ",".join(self._formats)] if self._keeps else ["--no-report"]),
        ]

    def takeUp(self):
        """Read landmarks and values."""
        from hipjoint.geometry_record import landmarks_in, parsed, values_in

        if self._keeps:
            super().takeUp()
        shown = _("The result")
        text = (self.results / "geometry.json").read_text(encoding="utf-8")
        found = parsed(text, shown)
        self.landmarks, self.values = landmarks_in(found, shown), values_in(found, shown)
        if self._propose:
            self._takeUpImplants(text, shown)

    def _takeUpImplants(self, text, shown):
        from hipjoint.implants.record import canals_in, implants_in

        canals = (self.results / "canals.json").read_text(encoding="utf-8")
        self.implants = implants_in(text, shown, canals_in(canals, shown))


def bonesOf(segmentationNode):
    """The label map of the bones; raises ``InputError`` if no segment is one."""
    # Needs the packages that are installed at the first run.
    from hipjoint.labels import HIP_CT

    labels = labelMapOf(segmentationNode, HIP_CT)
    if labels is None:
        raise InputError(
            _("No segment is marked as a bone: double-click its colour and choose its term in the list Hip joint.")
        )
    return labels
