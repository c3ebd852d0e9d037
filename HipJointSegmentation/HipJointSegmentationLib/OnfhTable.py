"""The two rows of the panel on osteonecrosis, one a hip, and what their cells say."""

import qt
from slicer.i18n import tr as _

_NOTHING = "–"
_MEASURES = ("head_volume", "lesion_volume", "lesion_share", "steinberg_grade")
_WIDE = 4
_SMALLER = 0.92


class OnfhTable:
    """Fills a QTableWidget; both hips always have a row."""

    def __init__(self, view):
        self._view = view
        self._sides = ("right", "left")
        view.setColumnCount(8)
        view.setHorizontalHeaderLabels(_heads())
        view.setRowCount(len(self._sides))
        view.verticalHeader().setVisible(False)
        header = view.horizontalHeader()
        for widget in (view, header):
            _makeSmall(widget)
        # Bold heads would take the room of the grade.
        header.setHighlightSections(False)
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(_WIDE, qt.QHeaderView.Stretch)

    @property
    def side(self):
        """The side whose row is selected, right if none is."""
        row = self._view.currentRow()
        return self._sides[max(0, row)]

    def show(self, hips, assessment):
        """Show the engine's ``HipAssessment`` of each side with what was chosen by hand; None before measuring."""
        for row, side in enumerate(self._sides):
            cells = _cells(hips[side], assessment) if hips else [(_NOTHING, "")] * 7
            # Two words that say why there are no numbers need the room of all of them.
            self._span(row, 1 if not hips or hips[side].sphere is not None else len(_MEASURES))
            for column, (text, explanation) in enumerate([(_sideName(side), ""), *cells]):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(explanation)
                self._view.setItem(row, column, item)
        self._view.resizeRowsToContents()

    def _span(self, row, columns):
        # Qt complains of a span that is none.
        if self._view.columnSpan(row, 1) != columns:
            self._view.setSpan(row, 1, 1, columns)

    def rows(self):
        """Heads and cells as lists of texts, each on one line; a row without numbers says so once."""
        count = range(self._view.columnCount)
        cells = [[self._view.item(row, column).text() for column in count] for row in range(self._view.rowCount)]
        return [[text.replace("\n", " ") for text in row] for row in [_heads(), *cells]]


def _makeSmall(widget):
    """Eight columns have no room in a narrow panel with letters of the usual size."""
    font = widget.font
    if font.pointSizeF() > 0:
        font.setPointSizeF(_SMALLER * font.pointSizeF())
        widget.setFont(font)


def _heads():
    return [
        _("Hip"),
        _("Head\nml"),
        _("Lesion\nml"),
        _("Share\n%"),
        _("Grade"),
        _("Stage"),
        _("JIC\ntype"),
        _("Angle\n°"),
    ]


def _sideName(side):
    return {"right": _("Right"), "left": _("Left")}[side]


def _cells(hip, assessment):
    """Text and explanation of the seven cells after the side."""
    measures = [_measured(hip, name, assessment) for name in _MEASURES]
    if hip.sphere is None:
        absent = _("not in this scan") if hip.finding == "no femoral head found" else _("not measurable")
        reason = " ".join(hip.notes)
        byHand = measures[3][0] if assessment.current(hip.side, "steinberg_grade") else ""
        measures = [(" ".join(filter(None, (absent, byHand))), reason), ("", ""), ("", ""), ("", "")]
    stage = _stage(hip, assessment)
    return [*measures, stage, *(_measured(hip, name, assessment) for name in ("jic_type", "necrotic_angle"))]


def _stage(hip, assessment):
    change = assessment.current(hip.side, "steinberg_stage")
    if change is None:
        return _NOTHING, _("Not chosen: see the definitions and the hints below.")
    return change.value, _("Chosen {time}.").format(time=change.at)


def _measured(hip, name, assessment):
    value, change = hip.value(name), assessment.current(hip.side, name)
    if change is not None:
        text = _("{value}\nby hand").format(value=change.value)
        return text, _("{reason}\nMeasured: {measured}").format(reason=change.reason, measured=value.text)
    if value.number is None:
        noLesion = name == "steinberg_grade" and hip.finding == "no lesion found"
        return _("no lesion") if noLesion else _NOTHING, value.reason
    mark = " ?" if value.quality == "doubtful" else ""
    return _short(value) + mark, "\n".join(filter(None, (value.text, value.reason)))


def _short(value):
    name = value.definition.name
    if name == "steinberg_grade":
        return value.words.replace(" (", "\n(")
    if name == "jic_type":
        return value.words.partition(",")[0]
    return f"{value.number:.{0 if name in ('necrotic_angle', 'lesion_share') else 1}f}"
