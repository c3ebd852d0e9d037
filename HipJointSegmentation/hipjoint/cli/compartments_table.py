"""The table that ``hipjoint compartments`` prints to standard output, and how it reads a calibration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hipjoint.cli.listings import print_table
from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.measure.bmd import Calibration, from_phantom
from hipjoint.measure.compartment_assessment import FemurAssessment
from hipjoint.measure.compartments import DEFINITIONS
from hipjoint.measure.value import Value
from hipjoint.notice import NOTICE


def show_compartments(femora: Mapping[Side, FemurAssessment], out: Path) -> None:
    """Print a line a measure with a column a side, and where the files are; what is doubtful has a question mark."""
    rows = [(each.title, *(_cell(femur.value(each.name)) for femur in femora.values())) for each in DEFINITIONS]
    print_table(("", *(f"{side.capitalize()} femur" for side in femora)), rows)
    print_table(("Results", ""), [(str(out / "report.html"), NOTICE)])


def calibration_of(slope: float | None, intercept: float | None, phantom: str | None) -> Calibration | None:
    """The calibration that the options ask for, None for none. Raises ``InputError`` if they do not fit together."""
    if phantom is not None and (slope is not None or intercept is not None):
        raise InputError("Give --bmd-slope and --bmd-intercept, or --phantom, not both.")
    if phantom is not None:
        return from_phantom([_rod(each) for each in phantom.split(",")])
    if slope is None and intercept is None:
        return None
    if slope is None or intercept is None:
        raise InputError("A BMD calibration needs both --bmd-slope and --bmd-intercept.")
    return Calibration(slope, intercept)


def _rod(text: str) -> tuple[float, float]:
    try:
        hu, bmd = (float(part) for part in text.split(":"))
    except ValueError as error:
        raise InputError(f"--phantom: {text!r} is not HU:MG, such as 130.5:100 (HU, then mg/cm3).") from error
    return hu, bmd


def _cell(value: Value) -> str:
    return f"{value.text} ?" if value.quality == "doubtful" else value.text
