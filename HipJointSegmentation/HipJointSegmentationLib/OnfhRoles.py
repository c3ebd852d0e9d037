"""The line of the panel that says what a segment is: right or left femoral head or lesion."""

from slicer.i18n import tr as _

from HipJointSegmentationLib.SegmentRoles import labelOf, setLabel


class OnfhRoles:
    """Two lists, the segment and what it is; a choice goes into the terminology of the segment."""

    def __init__(self, ui):
        self._ui, self._segmentation, self._filling = ui, None, False
        ui.onfhSegmentSelector.connect("currentIndexChanged(int)", self._showRole)
        ui.onfhRoleSelector.connect("currentIndexChanged(int)", self._setRole)

    def show(self, segmentation):
        """Offer the segments of a vtkSegmentation, None for none; the chosen segment stays chosen."""
        self._segmentation = segmentation
        self._filling = True
        try:
            self._fillRoles()
            self._fillSegments()
        finally:
            self._filling = False
        self._showRole()

    def _fillRoles(self):
        from hipjoint.labels import ONFH

        roles = self._ui.onfhRoleSelector
        if not roles.count:
            roles.addItem(_("neither head nor lesion"), 0)
            for label in ONFH:
                roles.addItem(_(label.title), label.value)

    def _fillSegments(self):
        segments = self._ui.onfhSegmentSelector
        chosen = segments.currentData
        segments.clear()
        for one in self._segmentation.GetSegmentIDs() if self._segmentation else []:
            segments.addItem(self._segmentation.GetSegment(one).GetName(), one)
        segments.setCurrentIndex(max(segments.findData(chosen), min(0, segments.count - 1)))
        for widget in (segments, self._ui.onfhRoleSelector):
            widget.setEnabled(bool(segments.count))

    def _segment(self):
        one = self._ui.onfhSegmentSelector.currentData
        return self._segmentation.GetSegment(one) if self._segmentation and one else None

    def _showRole(self, _index=None):
        if self._filling:
            return
        segment = self._segment()
        label = labelOf(segment) if segment is not None else None
        self._filling = True
        self._ui.onfhRoleSelector.setCurrentIndex(self._ui.onfhRoleSelector.findData(label.value if label else 0))
        self._filling = False

    def _setRole(self, _index):
        from hipjoint.labels import ONFH

        segment = self._segment()
        if self._filling or segment is None:
            return
        value = self._ui.onfhRoleSelector.currentData
        setLabel(segment, next((label for label in ONFH if label.value == value), None))
