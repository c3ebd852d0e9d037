"""A table with a row a measure and a column a side, and the cells of values that the user changes by moving things."""

import qt
from slicer.i18n import tr as _

_NOTHING, _WAITING = "–", "…"


class SidedTable:
    """Fills a QTableWidget; the first column is as wide as there is room."""

    def __init__(self, view, heads):
        self._view, self._heads = view, heads
        view.setColumnCount(len(heads))
        view.setHorizontalHeaderLabels(heads)
        view.verticalHeader().setVisible(False)
        view.verticalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)

    def rows(self):
        """Heads and cells as lists of texts, each on one line."""
        count = range(self._view.columnCount)
        cells = [[self._view.item(row, column).text() for column in count] for row in range(self._view.rowCount)]
        return [[text.replace("\n", " ") for text in row] for row in [self._heads, *cells]]

    def _put(self, row, column, text, explanation):
        item = self._view.item(row, column)
        if item is None:
            item = qt.QTableWidgetItem()
            self._view.setItem(row, column, item)
        # What is the same need not be laid out again while a point is moved.
        if item.text() != text:
            item.setText(text)
        item.setToolTip(explanation)


def explained(value, state):
    """What there is to say of an engine's ``GeometryValue``: number, quality with its reason, what was found."""
    said = [value.value.text]
    if value.place in state.pending:
        return state.later
    if value.value.quality == "doubtful":
        said = [_("{text}, doubtful").format(text=value.value.text)]
    if _isMarked(value, state):
        said.append(state.was(value))
    sentence = "; ".join(said)
    return f"{sentence}: {_(value.value.reason)}" if value.value.reason else sentence


def _isMarked(value, state):
    """What was not measurable and still is not was not changed by anybody."""
    known = value.value.number is not None or state.foundValue(value.place).value.number is not None
    return known and state.isEdited(value)


def cellOf(value, state):
    """Text and explanation of an engine's ``GeometryValue``, of a ``GeometryState`` or ``ImplantState``."""
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
    number = rounded(value.number, value.definition)
    return number if not value.words or value.words.startswith(number) else value.words


def rounded(number, definition, sign=""):
    """A number with the digits that are worth showing; what is nothing then has no sign."""
    short = round(number, definition.digits)
    return f"{short:{sign}.{definition.digits}f}" if short else f"{0:.{definition.digits}f}"
