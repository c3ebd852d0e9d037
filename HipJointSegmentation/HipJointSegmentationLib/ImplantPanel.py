"""Cups and stems on the panel: a sizing aid that proposes them, and whose numbers follow when they are moved."""

import slicer
from slicer.i18n import tr as _

from hipjoint.errors import Cancelled, HipJointError
from HipJointSegmentationLib.GeometryState import sameLandmark
from HipJointSegmentationLib.GeometryViews import showPlace
from HipJointSegmentationLib.ImplantControls import ImplantControls
from HipJointSegmentationLib.ImplantNodes import ImplantNodes, titleOf
from HipJointSegmentationLib.ImplantState import KEYS, ImplantState, fromTexts
from HipJointSegmentationLib.ImplantTable import ImplantTable
from HipJointSegmentationLib.SegmentationPanel import SegmentationPanel

_MILLISECONDS_AFTER_A_CHANGE = 300
_HALF_HEIGHTS_MM = {"cup": 70.0, "stem": 130.0}


class ImplantPanel(SegmentationPanel):
    """Shows the implants in the bones of a ``HipGeometry``; ``ct()`` is the volume node of the CT, None for none."""

    def __init__(self, ui, logic, geometry, ct):
        super().__init__(ui.implantProposeButton, _MILLISECONDS_AFTER_A_CHANGE)
        self._ui, self._logic, self._geometry, self._ct = ui, logic, geometry, ct
        self.state, self._landmarks = None, None
        self._nodes, self._table = ImplantNodes(self._moved), ImplantTable(ui.implantTable)
        self._controls = ImplantControls(ui, self._resize, self._turn)
        ui.implantSection.connect("contentsCollapsed(bool)", self._openOrClose)
        ui.implantProposeButton.clicked.connect(self._proposeOrCancel)
        ui.implantTable.itemSelectionChanged.connect(self._chooseFromTable)
        ui.implantTable.cellDoubleClicked.connect(self._showInViews)
        ui.implantSelector.connect("currentIndexChanged(int)", self._showButtons)
        ui.implantShowButton.clicked.connect(self._showInViews)
        ui.implantResetButton.clicked.connect(self._reset)
        ui.implantHandlesBox.clicked.connect(self._showButtons)
        self._opened()

    def propose(self):
        """Have cups and stems proposed; the panel shows them when they are there."""
        try:
            with slicer.util.WaitCursor():
                state = self._geometry.state
                run = self._logic.proposeImplants(self._segmentation, self._ct(), state, waitForCompletion=False)
        except HipJointError as problem:
            self._showAll(str(problem))
            return
        self._follow(run)
        self._showAll(_("Looking for sizes..."))

    def geometryChanged(self):
        """Landmarks or values may be others, or be gone."""
        if self._geometry.state is None or self._geometry.segmentation is not self._segmentation:
            self._close()
        elif self.state is None:
            self._opened()
        elif not self._landmarksAreTheSame():
            self.state.stale = True
            self._lookAgainLater()
        self._showAll()

    def _opened(self):
        """Take up what the scene holds."""
        self._close()
        problem, store = "", self._geometry.store
        if store is not None and self._geometry.segmentation is self._segmentation:
            try:
                self.state = fromTexts(store.texts())
            except HipJointError as error:
                problem = str(error)
        if self.state is not None:
            self._landmarks = self._geometry.state.landmarks
            self._nodes.show(store, self.state)
            self._lookAgainLater()
        self._showAll(problem)

    def _close(self):
        self.timer.stop()
        self.state, self._landmarks = None, None
        self._nodes.show(None, None)

    def _ended(self, run):
        if run.error is not None:
            self._showAll(_("Cancelled.") if isinstance(run.error, Cancelled) else str(run.error))
        else:
            self.take(run.implants)

    def take(self, implants):
        """Take what the engine proposes, right and left; what was moved before is gone."""
        self.state, self._landmarks = ImplantState(implants), self._geometry.state.landmarks
        self._geometry.store.keep(self.state.canals())
        self._nodes.show(self._geometry.store, self.state)
        self._keep()
        # Makes the bones, so that nobody waits for them when something is dragged.
        self.timer.start()
        self._showAll()

    def _edited(self, *_arguments):
        if self.state is not None:
            self.state.stale = True
            self._keep()
            self._showAll()

    def _landmarksAreTheSame(self):
        before, self._landmarks = self._landmarks, self._geometry.state.landmarks
        return before is self._landmarks or all(
            sameLandmark(before[key], each) for key, each in self._landmarks.items()
        )

    def _lookAgainLater(self):
        """The numbers of all implants are made anew soon, if somebody looks at them."""
        self.state.wait()
        self._keep()
        if not self._ui.implantSection.collapsed:
            self.timer.start()

    def _openOrClose(self, collapsed):
        if not collapsed and self.state is not None and self.state.pending:
            self.timer.start()
        self._showHandles()

    def _later(self):
        """Make the numbers, and the bones if they are not there yet."""
        problem = ""
        try:
            with slicer.util.WaitCursor():
                self.state.measure(self._geometry.case())
        except HipJointError as error:
            problem = str(error)
        self._keep()
        self._showAll(problem)

    def _changed(self, *keys):
        """Implants were changed: their nodes and numbers follow, at once if the bones are there."""
        for key in keys:
            self._nodes.put(key, self.state.placed(key))
        if self._geometry.hasBones:
            self.state.measure(self._geometry.case())
        else:
            self.timer.start()
        self._keep()
        self._showAll()

    def _moved(self, key):
        pose = self._nodes.pose(key)
        if pose is None:
            self._nodes.put(key, self.state.placed(key))
        elif self.state.move(key, pose):
            self._choose(key)
            self._changed(key)

    def _resize(self, key, size):
        from hipjoint.measure.measure import Unmeasurable

        try:
            self.state.resize(key, size, self._geometry.state.case())
        except Unmeasurable as problem:
            self._showAll(str(problem))
            return
        self._choose(key)
        self._changed(key)

    def _turn(self, side, inclination, version):
        self.state.turn(side, inclination, version, self._geometry.state.case())
        self._choose(f"cup_{side}")
        self._changed(f"cup_{side}")

    def _reset(self):
        keys = self._keys()
        self.state.reset(keys)
        self._changed(*keys)

    def _keep(self):
        self._geometry.store.keep(self.state.texts())

    def _proposeOrCancel(self):
        if self._run is not None:
            self.stop()
        else:
            self.propose()

    def _keys(self):
        """The implants that are chosen."""
        chosen = self._ui.implantSelector.currentData
        return [] if self.state is None else [chosen] if chosen else list(KEYS)

    def _choose(self, key):
        selector = self._ui.implantSelector
        selector.setCurrentIndex(max(0, selector.findData(key)))

    def _chooseFromTable(self):
        if self._table.chosen is not None:
            self._choose(self._table.chosen)

    def _showInViews(self, *_cell):
        key = self._ui.implantSelector.currentData
        placed = self.state.placed(key) if key else None
        if placed is not None:
            showPlace(placed.pose[:3, 3], _HALF_HEIGHTS_MM[key.split("_")[0]])

    def _showAll(self, said=""):
        """Show everything anew, with a sentence about what is done or went wrong; it stands while a run goes on."""
        ui, state = self._ui, self.state
        self._table.show(state)
        self._controls.show(state, self._geometry.state.case() if state else None)
        self._showNames()
        ui.implantSection.setVisible(self._geometry.state is not None)
        ui.implantBox.setVisible(state is not None)
        stale = state is not None and state.stale
        ui.implantStaleLabel.setText(
            _("Bones or landmarks changed since the proposal: propose again.") if stale else ""
        )
        ui.implantStaleLabel.setVisible(stale)
        if said or self._run is None:
            ui.implantMessageLabel.setText(said)
            ui.implantMessageLabel.setVisible(bool(said))
        self._showButtons()

    def _showNames(self):
        selector = self._ui.implantSelector
        titles = {"": _("All implants"), **{key: self._titleOf(key) for key in KEYS}} if self.state else {}
        if selector.count != len(titles):
            selector.clear()
            for key, title in titles.items():
                selector.addItem(title, key)
        for index, title in enumerate(titles.values()):
            if selector.itemText(index) != title:
                selector.setItemText(index, title)

    def _titleOf(self, key):
        title = titleOf(key)
        if self.state.edited(key):
            return _("{title} (edited)").format(title=title)
        return title if self.state.placed(key) is not None else _("{title} (none)").format(title=title)

    def _showButtons(self, *_arguments):
        ui, keys, state = self._ui, self._keys(), self.state
        there = [key for key in keys if state.placed(key) is not None]
        ui.implantProposeButton.setText(_("Cancel") if self._run else _("Propose cup and stem"))
        ui.implantProposeButton.setEnabled(self._geometry.state is not None)
        ui.implantShowButton.setEnabled(len(keys) == 1 and bool(there))
        ui.implantResetButton.setEnabled(any(state.edited(key) for key in keys))
        ui.implantHandlesBox.setEnabled(bool(there))
        self._showHandles()

    def _showHandles(self):
        shown = self._ui.implantHandlesBox.checked and not self._ui.implantSection.collapsed
        self._nodes.handles(self._keys() if shown else [])
