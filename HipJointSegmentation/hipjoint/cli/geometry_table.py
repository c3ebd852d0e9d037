"""The table that ``hipjoint measure`` prints to standard output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hipjoint.cli.listings import print_table
from hipjoint.measure.geometry import GeometryValue
from hipjoint.measure.landmarks import SIDES
from hipjoint.measure.value import Value
from hipjoint.notice import NOTICE


def show_geometry(values: Sequence[GeometryValue], written: Path) -> None:
    """Print a line a measure with a column a side, and what was ``written``; what is doubtful has a question mark."""
    found = {each.place: each.value for each in values}
    definitions = {each.value.definition.name: each.value.definition.title for each in values}
    rows = []
    for name, title in definitions.items():
        sides = [found[name, side] for side in (*SIDES, None) if (name, side) in found]
        rows.append((title, *(_cell(value) for value in sides), *[""] * (len(SIDES) - len(sides))))
    print_table(("", "Right", "Left"), rows)
    print_table(("Results", ""), [(str(written), NOTICE)])


def _cell(value: Value) -> str:
    return f"{value.text} ?" if value.quality == "doubtful" else value.text
