"""The line of the panel on one landmark of the hip, or all: show it or place it, put it back, lock it."""

import qt
import slicer
from slicer.i18n import tr as _

from hipjoint.errors import HipJointError
from HipJointSegmentationLib.GeometryTitles import sided
from HipJointSegmentationLib.GeometryViews import showLandmark


class GeometryLandmarks:
    """Acts on a ``HipGeometry``; ``onChanged(problem)`` is told when values have changed, or why they could not."""

    def __init__(self, ui, geometry, onChanged):
        self._ui, self._geometry, self._onChanged = ui, geometry, onChanged
        ui.geometryLandmarkSelector.connect("currentIndexChanged(int)", self._showButtons)
        ui.geometryShowLandmarkButton.clicked.connect(self._showOrPlace)
        ui.geometryResetButton.clicked.connect(self._reset)
        ui.geometryLockBox.clicked.connect(self._lock)

    def show(self):
        """Offer the landmarks that there are; the chosen one stays chosen."""
        state, selector = self._geometry.state, self._ui.geometryLandmarkSelector
        titles = (
            {"": _("All landmarks"), **{key: _titleOf(each) for key, each in state.landmarks.items()}} if state else {}
        )
        if selector.count != len(titles):
            selector.clear()
            for key, title in titles.items():
                selector.addItem(title, key)
        for index, (key, title) in enumerate(titles.items()):
            if selector.itemText(index) != title:
                selector.setItemText(index, title)
            selector.setItemData(index, state.landmarks[key].reason if key else "", qt.Qt.ToolTipRole)
        self._showButtons()

    def choose(self, key):
        """Choose a landmark, as the one that the user has just moved."""
        selector = self._ui.geometryLandmarkSelector
        selector.setCurrentIndex(max(0, selector.findData(key)))

    def _keys(self):
        """The landmarks that are chosen."""
        state, key = self._geometry.state, self._ui.geometryLandmarkSelector.currentData
        return [] if state is None else [key] if key else list(state.landmarks)

    def _showButtons(self, _index=None):
        state, keys, ui = self._geometry.state, self._keys(), self._ui
        there = [key for key in keys if state.landmarks[key].found]
        ui.geometryLandmarkSelector.setEnabled(state is not None)
        ui.geometryShowLandmarkButton.setEnabled(len(keys) == 1)
        self._nameButton(isThere=bool(there) or len(keys) != 1)
        ui.geometryResetButton.setEnabled(any(state.landmarks[key].edited for key in keys))
        ui.geometryLockBox.setEnabled(bool(there))
        ui.geometryLockBox.setChecked(bool(there) and all(self._geometry.locked(key) for key in there))

    def _nameButton(self, isThere):
        button = self._ui.geometryShowLandmarkButton
        button.setText(_("Show") if isThere else _("Place"))
        tip = _("Bring slices and 3D to this landmark.")
        button.setToolTip(tip if isThere else _("Put it where the slices cross, to be moved from there."))

    def _showOrPlace(self):
        (key,) = self._keys()
        if not showLandmark(self._geometry.state.landmarks[key]):
            self._change(lambda: self._geometry.place(key))

    def _lock(self, locked):
        self._geometry.lock(self._keys(), locked)
        self._showButtons()

    def _reset(self):
        self._change(lambda: self._geometry.reset(self._keys()))

    def _change(self, change):
        problem = ""
        try:
            with slicer.util.WaitCursor():
                change()
        except HipJointError as error:
            problem = str(error)
        self._onChanged(problem)


def _titleOf(landmark):
    title = sided(_(landmark.type.title), landmark.side)
    if landmark.edited:
        return _("{title} (edited)").format(title=title)
    if not landmark.found:
        return _("{title} (not found)").format(title=title)
    return _("{title} ?").format(title=title) if landmark.quality == "doubtful" else title
