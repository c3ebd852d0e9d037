"""Sizes and angles of the implants of both hips, side by side, to be chosen on the panel."""

from slicer.i18n import tr as _

_SIDES = ("right", "left")
_KINDS = ("cup", "stem")
_ROUNDED_DEGREES = 0.051


class ImplantControls:
    """``onSize(key, size)``, None for none, and ``onAngles(side, inclination, version)`` are told what is chosen."""

    def __init__(self, ui, onSize, onAngles):
        self._onSize, self._onAngles, self._showing = onSize, onAngles, False
        self._frameLabel = ui.implantFrameLabel
        name = "implant{side}{what}".format
        self._sizes = {
            f"{kind}_{side}": getattr(ui, name(side=side.capitalize(), what=f"{kind.capitalize()}Selector"))
            for side in _SIDES
            for kind in _KINDS
        }
        self._angles = {
            side: [getattr(ui, name(side=side.capitalize(), what=what)) for what in ("InclinationBox", "VersionBox")]
            for side in _SIDES
        }
        for key, selector in self._sizes.items():
            selector.connect("currentIndexChanged(int)", lambda _index, key=key: self._sizeChosen(key))
        for side, boxes in self._angles.items():
            for box in boxes:
                box.connect("valueChanged(double)", lambda _value, side=side: self._angleChosen(side))

    def show(self, state, case):
        """Show an ``ImplantState``, None for none, with the engine's ``Case`` of the landmarks."""
        self._showing = True
        try:
            for key in self._sizes:
                self._showSize(key, state)
            for side in _SIDES:
                self._showAngles(side, state, case)
            self._frameLabel.setText(_frameText(case) if state else "")
        finally:
            self._showing = False

    def _showSize(self, key, state):
        selector = self._sizes[key]
        if state and not selector.count:
            for title, size in _sizesOf(key):
                selector.addItem(title, size)
        selector.setEnabled(state is not None)
        if state:
            selector.setCurrentIndex(max(0, selector.findData(state.size(key))))
            selector.setToolTip(state.reason(key) or _tips()[key.split("_")[0]])

    def _showAngles(self, side, state, case):
        isThere = state is not None and state.placed(f"cup_{side}") is not None
        for box in self._angles[side]:
            box.setEnabled(isThere)
        if isThere:
            angles = state.angles(side, case)
            for box, angle in zip(self._angles[side], (angles.inclination, angles.version), strict=True):
                # What is shown is rounded; who reads it back must not turn the cup by that.
                if abs(box.value - angle) > _ROUNDED_DEGREES:
                    box.setValue(angle)

    def _sizeChosen(self, key):
        if not self._showing:
            self._onSize(key, self._sizes[key].currentData)

    def _angleChosen(self, side):
        if not self._showing:
            self._onAngles(side, *(box.value for box in self._angles[side]))


def _tips():
    return {
        "cup": _("Outer diameter of the cup; a dash leaves it out."),
        "stem": _("Size of the stem and its diameter at the lower end; a dash leaves it out."),
    }


def _sizesOf(key):
    """What is offered: titles and sizes, a dash first."""
    from hipjoint.implants.cup import CUPS
    from hipjoint.implants.stem import STEMS

    if key.startswith("cup"):
        sizes = [(_("{mm} mm").format(mm=f"{cup.diameter:.0f}"), cup.diameter) for cup in CUPS]
    else:
        sizes = [(_("{size} ({mm} mm)").format(size=stem.size, mm=f"{stem.distal:.0f}"), stem.size) for stem in STEMS]
    return [("–", None), *sizes]


def _frameText(case):
    """In which frame the angles are."""
    from hipjoint.implants.sizing import cup_frame
    from hipjoint.measure.frames import TABLE

    if cup_frame(case) is TABLE:
        return _("Angles: radiographic, to the axes of the table, as the plane of the pelvis was not found.")
    return _("Angles: radiographic, to the anterior pelvic plane.")
