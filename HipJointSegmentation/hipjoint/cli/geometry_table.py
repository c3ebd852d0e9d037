"""The table that ``hipjoint measure`` prints to standard output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hipjoint.cli.listings import print_table
from hipjoint.measure.geometry import MEASURES, GeometryValue
from hipjoint.measure.landmarks import SIDES
from hipjoint.measure.value import Value
from hipjoint.notice import NOTICE


def show_geometry(values: Sequence[GeometryValue], out: Path) -> None:
    """Print a line a measure with a column a side, and where the files are; what is doubtful has a question mark."""
    found = {each.place: each.value for each in values}
    rows = []
    for measure in MEASURES:
        name, title = measure.definition.name, measure.definition.title
        cells = [_cell(found[name, side]) for side in SIDES] if measure.sided else [_cell(found[name, None]), ""]
        rows.append((title, *cells))
    print_table(("", "Right", "Left"), rows)
    print_table(("Results", ""), [(str(out / "report.html"), NOTICE)])


def _cell(value: Value) -> str:
    return f"{value.text} ?" if value.quality == "doubtful" else value.text
