"""The table that ``hipjoint onfh`` prints to standard output."""

from __future__ import annotations

from pathlib import Path

from hipjoint.cli.listings import print_table
from hipjoint.measure.osteonecrosis import DEFINITIONS
from hipjoint.output.osteonecrosis import NOTICE, Hips


def show_hips(hips: Hips, out: Path) -> None:
    """Print a line a measure with a column a hip, what was found of each, and where the files are."""
    rows = [("Finding", *(hip.finding for hip in hips.values()))]
    rows += [(each.title, *(hip.value(each.name).text for hip in hips.values())) for each in DEFINITIONS]
    print_table(("", *(f"{side.capitalize()} hip" for side in hips)), rows)
    print_table(("Results", ""), [(str(out / "report.html"), NOTICE)])
