"""The rows of the panel on the hip's geometry, one a measure: right, left and how much they differ."""

import qt
from slicer.i18n import tr as _

from HipJointSegmentationLib.GeometryTitles import heading, sideName

_NOTHING, _WAITING = "–", "…"
_SIDES = ("right", "left")


class GeometryTable:
    """Fills a QTableWidget; a measure of the pelvis has one number for both sides."""

    def __init__(self, view):
        self._view, self._measures = view, []
        view.setColumnCount(4)
        view.setHorizontalHeaderLabels(_heads())
        view.verticalHeader().setVisible(False)
        view.verticalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)

    @property
    def chosen(self):
        """The engine's ``Measure`` and the side of the cell that is chosen; None if none is."""
        row = self._view.currentRow()
        if not 0 <= row < len(self._measures):
            return None
        measure = self._measures[row]
        side = "left" if self._view.currentColumn() == 2 else "right"
        return measure, side if measure.sided else None

    def show(self, state):
        """Show a ``GeometryState``, None for none. All measures have a row; what cannot be measured says why."""
        self._measures = _measures() if state else []
        self._view.setRowCount(len(self._measures))
        values = {each.place: each for each in state.values} if state else {}
        for row, measure in enumerate(self._measures):
            sides = _SIDES if measure.sided else (None,)
            cells = [_cell(values[measure.definition.name, side], state) for side in sides]
            self._fill(row, measure, cells, _difference(measure, values, state))

    def rows(self):
        """Heads and cells as lists of texts, each on one line."""
        count = range(self._view.columnCount)
        cells = [[self._view.item(row, column).text() for column in count] for row in range(self._view.rowCount)]
        return [[text.replace("\n", " ") for text in row] for row in [_heads(), *cells]]

    def _fill(self, row, measure, cells, difference):
        definition = measure.definition
        self._span(row, 1 if measure.sided else 2)
        title = (heading(definition), f"{_(definition.text)}\n{definition.source}")
        middle = cells if measure.sided else [*cells, ("", "")]
        for column, (text, explanation) in enumerate([title, *middle, (difference, "")]):
            self._put(row, column, text, explanation)

    def _put(self, row, column, text, explanation):
        item = self._view.item(row, column)
        if item is None:
            item = qt.QTableWidgetItem()
            self._view.setItem(row, column, item)
        # What is the same need not be laid out again while a point is moved.
        if item.text() != text:
            item.setText(text)
        item.setToolTip(explanation)

    def _span(self, row, columns):
        # Qt complains of a span that is none.
        if self._view.columnSpan(row, 1) != columns:
            self._view.setSpan(row, 1, 1, columns)


def _measures():
    # Needs the packages that are installed at the first run.
    from hipjoint.measure.geometry import MEASURES

    return list(MEASURES)


def explained(value, state):
    """What there is to say of an engine's ``GeometryValue``: number, quality with its reason, what was found."""
    said = [value.value.text]
    if value.place in state.pending:
        return _("measured when the point is released")
    if value.value.quality == "doubtful":
        said = [_("{text}, doubtful").format(text=value.value.text)]
    if _isMarked(value, state):
        said.append(_("edited (found: {text})").format(text=state.foundValue(value.place).value.text))
    sentence = "; ".join(said)
    return f"{sentence}: {_(value.value.reason)}" if value.value.reason else sentence


def _isMarked(value, state):
    """What was not measurable and still is not was not changed by anybody."""
    known = value.value.number is not None or state.foundValue(value.place).value.number is not None
    return known and state.isEdited(value)


def _heads():
    return [_("Measure"), sideName("right"), sideName("left"), _("Diff.")]


def _cell(value, state):
    """Text and explanation of one value."""
    if value.place in state.pending:
        text = _WAITING
    elif value.value.number is None:
        text = _NOTHING
    else:
        text = _short(value.value) + (" ?" if value.value.quality == "doubtful" else "")
    if _isMarked(value, state):
        text = _("{value}\nedited").format(value=text)
    return text, explained(value, state)


def _short(value):
    """The number without its unit; the class in its place if that is what people say."""
    number = _rounded(value.number, value.definition)
    return number if not value.words or value.words.startswith(number) else value.words


def _difference(measure, values, state):
    """Right less left, if both are known."""
    if not measure.sided:
        return ""
    both = [values[measure.definition.name, side] for side in _SIDES]
    if any(each.value.number is None or each.place in state.pending for each in both):
        return ""
    return _rounded(both[0].value.number - both[1].value.number, measure.definition, sign="+")


def _rounded(number, definition, sign=""):
    """A number with the digits that are worth showing; what is nothing then has no sign."""
    rounded = round(number, definition.digits)
    return f"{rounded:{sign}.{definition.digits}f}" if rounded else f"{0:.{definition.digits}f}"
