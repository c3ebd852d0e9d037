"""The table that ``hipjoint onfh`` prints to standard output."""

from __future__ import annotations

from pathlib import Path

from hipjoint.assessment import STAGE, Assessment, shown_text
from hipjoint.cli.listings import print_table
from hipjoint.measure.osteonecrosis import DEFINITIONS
from hipjoint.notice import NOTICE
from hipjoint.output.osteonecrosis import Hips


def show_hips(hips: Hips, assessment: Assessment, out: Path) -> None:
    """Print a line a measure with a column a hip, what was found or chosen of each, and where the files are."""
    rows = [("Finding", *(hip.finding for hip in hips.values()))]
    for each in DEFINITIONS:
        shown = (shown_text(hip.value(each.name), assessment.current(hip.side, each.name)) for hip in hips.values())
        rows.append((each.title, *shown))
    stages = (assessment.current(side, STAGE) for side in hips)
    rows.append(("Steinberg stage", *("not chosen" if stage is None else f"{stage.value} by hand" for stage in stages)))
    print_table(("", *(f"{side.capitalize()} hip" for side in hips)), rows)
    print_table(("Results", ""), [(str(out / "report.html"), NOTICE)])
