"""The rows of the panel on implants, one a number: right and left."""

from slicer.i18n import tr as _

from HipJointSegmentationLib.GeometryTitles import heading, sideName
from HipJointSegmentationLib.SidedTable import SidedTable, cellOf

_SIDES = ("right", "left")


class ImplantTable(SidedTable):
    """Fills a QTableWidget; rows of the cup come before those of the stem."""

    def __init__(self, view):
        super().__init__(view, [_("Implant"), sideName("right"), sideName("left")])
        self._definitions = []

    @property
    def chosen(self):
        """The key of the implant of the cell that is chosen, such as "cup_right"; None if none is."""
        from hipjoint.implants.definitions import CUP_DEFINITIONS

        row = self._view.currentRow()
        if not 0 <= row < len(self._definitions) or self._view.currentColumn() < 1:
            return None
        kind = "cup" if self._definitions[row] in CUP_DEFINITIONS else "stem"
        return f"{kind}_{_SIDES[self._view.currentColumn() - 1]}"

    def show(self, state):
        """Show an ``ImplantState``, None for none; what cannot be measured says why."""
        self._definitions = _definitions() if state else []
        self._view.setRowCount(len(self._definitions))
        values = {each.place: each for each in state.values} if state else {}
        for row, definition in enumerate(self._definitions):
            title = (heading(definition), f"{_(definition.text)}\n{definition.source}")
            cells = [cellOf(values[definition.name, side], state) for side in _SIDES]
            for column, (text, explanation) in enumerate([title, *cells]):
                self._put(row, column, text, explanation)


def _definitions():
    # Needs the packages that are installed at the first run.
    from hipjoint.implants.definitions import CUP_DEFINITIONS, STEM_DEFINITIONS

    return [*CUP_DEFINITIONS, *STEM_DEFINITIONS]
