"""The rows of the panel on the hip's geometry, one a measure: right, left and how much they differ."""

from slicer.i18n import tr as _

from HipJointSegmentationLib.GeometryTitles import heading, sideName
from HipJointSegmentationLib.SidedTable import SidedTable, cellOf, rounded

_SIDES = ("right", "left")


class GeometryTable(SidedTable):
    """Fills a QTableWidget; a measure of the pelvis has one number for both sides."""

    def __init__(self, view):
        super().__init__(view, [_("Measure"), sideName("right"), sideName("left"), _("Diff.")])
        self._measures = []

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
            cells = [cellOf(values[measure.definition.name, side], state) for side in sides]
            self._fill(row, measure, cells, _difference(measure, values, state))

    def _fill(self, row, measure, cells, difference):
        definition = measure.definition
        self._span(row, 1 if measure.sided else 2)
        title = (heading(definition), f"{_(definition.text)}\n{definition.source}")
        middle = cells if measure.sided else [*cells, ("", "")]
        for column, (text, explanation) in enumerate([title, *middle, (difference, "")]):
            self._put(row, column, text, explanation)

    def _span(self, row, columns):
        # Qt complains of a span that is none.
        if self._view.columnSpan(row, 1) != columns:
            self._view.setSpan(row, 1, 1, columns)


def _measures():
    # Needs the packages that are installed at the first run.
    from hipjoint.measure.geometry import MEASURES

    return list(MEASURES)


def _difference(measure, values, state):
    """Right less left, if both are known."""
    if not measure.sided:
        return ""
    both = [values[measure.definition.name, side] for side in _SIDES]
    if any(each.value.number is None or each.place in state.pending for each in both):
        return ""
    return rounded(both[0].value.number - both[1].value.number, measure.definition, sign="+")
