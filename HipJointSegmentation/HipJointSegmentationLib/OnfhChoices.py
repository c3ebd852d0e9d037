"""The part of the panel where a clinician chooses the stage of a hip and puts other values in the place of measured."""

import qt
from slicer.i18n import tr as _

_ANGLE = "necrotic_angle"


class OnfhChoices:
    """Shows one hip; ``onChange(field, value, reason)`` is told what is chosen or, with None, taken back."""

    def __init__(self, ui, onChange):
        self._ui, self._onChange = ui, onChange
        self._hip, self._assessment, self._filling, self._shown = None, None, False, None
        ui.onfhStageSelector.connect("currentIndexChanged(int)", self._chooseStage)
        ui.onfhFieldSelector.connect("currentIndexChanged(int)", self._showField)
        ui.onfhReasonEdit.textChanged.connect(self._showButtons)
        ui.onfhOverrideButton.clicked.connect(self._override)
        ui.onfhTakeBackButton.clicked.connect(self._takeBack)

    def show(self, hip, assessment):
        """Show the engine's ``HipAssessment`` of one hip, None for none, and the choices about it."""
        self._hip, self._assessment = hip, assessment
        self._shown = self._shown if hip else None
        names = {"right": _("Right hip"), "left": _("Left hip")}
        self._ui.onfhHipLabel.setText(names[hip.side] if hip else "")
        self._ui.onfhChoicesBox.setEnabled(hip is not None)
        self._filling = True
        try:
            if hip is not None:
                self._fill()
            self._showStage()
        finally:
            self._filling = False
        self._showField()
        self._showButtons()
        self._ui.onfhDetailText.setPlainText("\n".join(_details(hip, assessment)) if hip else "")

    def _fill(self):
        from hipjoint.assessment import OVERRIDABLE
        from hipjoint.measure.steinberg import STAGES

        if self._ui.onfhStageSelector.count:
            return
        stages = self._ui.onfhStageSelector
        stages.addItem(_("not chosen"), "")
        for stage in STAGES:
            stages.addItem(f"{stage.number}: {_(stage.title)}", stage.number)
            stages.setItemData(stages.count - 1, _definition(stage.number), qt.Qt.ToolTipRole)
        for name in OVERRIDABLE:
            self._ui.onfhFieldSelector.addItem(self._title(name), name)

    def _title(self, name):
        return _(self._hip.value(name).definition.title).partition(" (")[0]

    def _current(self, field):
        return self._assessment.current(self._hip.side, field) if self._hip else None

    def _showStage(self):
        change, selector = self._current("steinberg_stage"), self._ui.onfhStageSelector
        selector.setCurrentIndex(max(0, selector.findData(change.value if change else "")))
        self._ui.onfhStageText.setText(_definition(change.value) if change else _("The stage is chosen by you."))

    def _chooseStage(self, _index):
        if not self._filling and self._hip is not None:
            self._onChange("steinberg_stage", self._ui.onfhStageSelector.currentData or None, "")

    def _showField(self, _index=None):
        """Offer the values of the chosen field, beginning with the one that counts; what is being typed stays."""
        if self._filling or self._hip is None:
            return
        from hipjoint.assessment import CHOICES

        field, values = self._ui.onfhFieldSelector.currentData, self._ui.onfhValueSelector
        change = self._current(field)
        shown, self._shown = self._shown, (self._hip.side, field, change)
        if shown == self._shown:
            return
        values.clear()
        values.addItems(list(CHOICES[field]))
        values.setEditable(field == _ANGLE)
        if field == _ANGLE:
            values.setEditText(change.value if change else "")
        else:
            counts = change.value if change else self._hip.value(field).words.partition(",")[0]
            values.setCurrentIndex(max(0, values.findText(counts)))
        self._ui.onfhReasonEdit.setText(change.reason if change else "")
        self._ui.onfhTakeBackButton.setEnabled(change is not None)
        self._showButtons()

    def _showButtons(self, _text=""):
        hasReason = bool(self._ui.onfhReasonEdit.text.strip())
        self._ui.onfhOverrideButton.setEnabled(hasReason and self._hip is not None)
        self._ui.onfhOverrideButton.setToolTip(
            _("Put this value in the place of the measured one.") if hasReason else _("Write the reason first.")
        )

    def _override(self):
        value = self._ui.onfhValueSelector.currentText.strip()
        self._onChange(self._ui.onfhFieldSelector.currentData, value, self._ui.onfhReasonEdit.text.strip())

    def _takeBack(self):
        self._onChange(self._ui.onfhFieldSelector.currentData, None, "")


def _definition(number):
    from hipjoint.measure.steinberg import STAGES, grading_note

    stage = next(stage for stage in STAGES if stage.number == number)
    return " ".join(filter(None, (_(stage.text), grading_note(number))))


def _details(hip, assessment):
    """What does not fit into the row: margin, flattening, hints for the stage, doubts, notes, changes by hand."""
    lines = [
        _("{title}: {value}").format(title=_(hip.value(name).definition.title), value=hip.value(name).text)
        for name in ("grade_margin", "flattening")
        if hip.value(name).number is not None
    ]
    lines += [*hip.hints, *hip.notes]
    lines += [f"{value.definition.title}: {value.reason}" for value in hip.values if value.quality == "doubtful"]
    for change in assessment.changes:
        if change.side == hip.side:
            lines.append(_changeLine(change, hip))
    return lines


def _changeLine(change, hip):
    own = {"steinberg_stage": _("Steinberg stage"), "outline": _("Outline")}
    what = own.get(change.field) or _(hip.value(change.field).definition.title)
    if change.field == "outline":
        said = _("{what} edited")
    elif change.value is None:
        said = _("{what} taken back")
    else:
        said = _("{what} {value} by hand")
    by = _(", by {name}").format(name=change.by) if change.by else ""
    reason = f": {change.reason}" if change.reason else ""
    return f"{change.at}: {said.format(what=what, value=change.shown)}{by}{reason}"
