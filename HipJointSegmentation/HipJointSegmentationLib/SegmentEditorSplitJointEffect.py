"""The effect "Split joint" of the Segment Editor; Slicer asks that the class is named as the file."""

from pathlib import Path

import qt
import slicer
import vtk
from SegmentEditorEffects import AbstractScriptedSegmentEditorEffect
from slicer.i18n import tr as _

from hipjoint.errors import HipJointError
from HipJointSegmentationLib.JointSplit import splitJoint
from HipJointSegmentationLib.StrokeCurves import StrokeCurves

_ICON = Path(__file__).resolve().parent.parent / "Resources" / "Icons" / "SplitJoint.png"
_RADIUS, _RADIUS_MM = "BrushRadiusMm", 2.0


class SegmentEditorSplitJointEffect(AbstractScriptedSegmentEditorEffect):
    """Strokes on two bones that are stuck together, and a button that parts them along the joint space."""

    def __init__(self, scriptedEffect):
        # Slicer finds effects by this name: it is not translated.
        scriptedEffect.name = "Split joint"
        scriptedEffect.title = _("Split joint")
        scriptedEffect.perSegment = True
        scriptedEffect.requireSegments = True
        AbstractScriptedSegmentEditorEffect.__init__(self, scriptedEffect)
        self._curves, self._drawing = StrokeCurves(), False

    def clone(self):
        """A new effect of this kind, for another editor."""
        import qSlicerSegmentationsEditorEffectsPythonQt as effects

        cloned = effects.qSlicerSegmentEditorScriptedEffect(None)
        cloned.setPythonSource(__file__.replace("\\", "/"))
        return cloned

    def icon(self):
        """The picture on the button."""
        return qt.QIcon(str(_ICON))

    def helpText(self):
        """What the editor says of the effect."""
        return _(
            "<html>Part two bones that are stuck together along their joint space."
            "<p>Select a bone and draw on it in the slices with the left mouse button, select the bone it touches and "
            "draw on that, then press Split. A few strokes that lie well inside the bones are enough; draw in slices "
            "at both ends of the place that is stuck. What is further from the strokes than 15 mm is left alone."
            "</html>"
        )

    def setupOptionsFrame(self):
        """Make the options, once."""
        self._radius = qt.QDoubleSpinBox()
        self._radius.setRange(0.5, 10.0)
        self._radius.setSingleStep(0.5)
        self._radius.setDecimals(1)
        self._radius.setSuffix(_(" mm"))
        self._radius.setToolTip(_("Radius of the brush; all that a stroke touches goes to its bone."))
        self.scriptedEffect.addLabeledOptionsWidget(_("Brush radius:"), self._radius)
        self._split = _button(_("Split"), _("Find the boundary of the two bones anew, near the strokes."), self._apply)
        self._clear = _button(_("Clear strokes"), _("Remove all strokes; the bones stay as they are."), self._clearAll)
        row = qt.QHBoxLayout()
        row.addWidget(self._split)
        row.addWidget(self._clear)
        self.scriptedEffect.addOptionsWidget(row)
        self._message = qt.QLabel()
        self._message.setWordWrap(True)
        self.scriptedEffect.addOptionsWidget(self._message)
        self._radius.connect("valueChanged(double)", self._keepRadius)
        self._say("")

    def setMRMLDefaults(self):
        """Give the editor's node what it does not have yet."""
        self.scriptedEffect.setParameterDefault(_RADIUS, _RADIUS_MM)

    def updateGUIFromMRML(self):
        """Show what the editor's node says."""
        self._radius.blockSignals(True)
        self._radius.setValue(self.scriptedEffect.doubleParameter(_RADIUS))
        self._radius.blockSignals(False)
        self._showButtons()

    def activate(self):
        """The user has chosen the effect."""
        self._say("")

    def deactivate(self):
        """Another effect, or none, is chosen: no stroke is left behind."""
        self._drawing = False
        self._curves.clear()

    def cleanup(self):
        """The effect goes."""
        self._curves.clear()

    def processInteractionEvents(self, callerInteractor, eventId, viewWidget):
        """Draw with the left mouse button in slice views; True if the event is used up."""
        if viewWidget.className() != "qMRMLSliceWidget":
            return False
        if eventId == vtk.vtkCommand.LeftButtonPressEvent:
            return self._begin(callerInteractor, viewWidget)
        if not self._drawing:
            return False
        if eventId == vtk.vtkCommand.MouseMoveEvent:
            self._curves.add(self._ras(callerInteractor, viewWidget))
            return True
        if eventId == vtk.vtkCommand.LeftButtonReleaseEvent:
            self._drawing = False
            return True
        return False

    def _begin(self, interactor, viewWidget):
        if interactor.GetShiftKey() or interactor.GetControlKey() or interactor.GetAltKey():
            return False
        allowed = self.scriptedEffect.confirmCurrentSegmentVisible()
        if allowed in (self.scriptedEffect.NotConfirmed, self.scriptedEffect.ConfirmedWithDialog):
            return False
        editor = self.scriptedEffect.parameterSetNode()
        self._drawing = True
        self._curves.begin(
            editor.GetSegmentationNode(),
            editor.GetSelectedSegmentID(),
            self._ras(interactor, viewWidget),
            self._radius.value,
        )
        self._say("")
        return True

    def _ras(self, interactor, viewWidget):
        return self.xyToRas(interactor.GetEventPosition(), viewWidget)

    def _apply(self):
        editor = self.scriptedEffect.parameterSetNode()
        segmentation = editor.GetSegmentationNode()
        try:
            with slicer.util.WaitCursor():
                splitJoint(
                    segmentation,
                    editor.GetSourceVolumeNode(),
                    self._curves.lines(segmentation),
                    self._radius.value,
                    self.scriptedEffect.saveStateForUndo,
                )
        except HipJointError as problem:
            self._say(str(problem))
            return
        self._curves.clear()
        self._say(_("Split. Look at the boundary; Undo takes it back."))

    def _clearAll(self):
        self._curves.clear()
        self._say("")

    def _keepRadius(self, radius):
        self.scriptedEffect.setParameter(_RADIUS, radius)

    def _say(self, text):
        self._message.setText(text)
        self._message.setVisible(bool(text))
        self._showButtons()

    def _showButtons(self):
        editor = self.scriptedEffect.parameterSetNode()
        segmentation = editor and editor.GetSegmentationNode()
        self._clear.setEnabled(bool(segmentation and self._curves.lines(segmentation)))


def _button(text, tip, onClick):
    button = qt.QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(onClick)
    return button


def registerSplitJointEffect():
    """Offer the effect in all Segment Editors; does nothing if it is offered already."""
    import qSlicerSegmentationsEditorEffectsPythonQt as effects

    import HipJointSegmentationLib

    # Slicer looks for the class under the file's name in the package of its folder, where Python keeps the file itself.
    HipJointSegmentationLib.SegmentEditorSplitJointEffect = SegmentEditorSplitJointEffect
    effect = effects.qSlicerSegmentEditorScriptedEffect(None)
    effect.setPythonSource(__file__.replace("\\", "/"))
    effect.self().register()
