"""The sizes of the bones as files: JSON for programs, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hipjoint.measure.size import SizeRow
from hipjoint.warning import about

UNITS = {"volume_ml": "millilitre", "surface_cm2": "square centimetre", "mean_hu": "Hounsfield unit"}


def write_json(rows: Sequence[SizeRow], warnings: Sequence[str], path: Path) -> None:
    """Write units, one object a bone, and the warnings of the run to ``path``."""
    table = {"units": UNITS, "bones": [_record(row) for row in rows], "warnings": list(warnings)}
    path.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def write_csv(rows: Sequence[SizeRow], warnings: Sequence[str], path: Path) -> None:
    """Write one line a bone to ``path``; the last column has the warnings about this bone.

    Warnings that are about no bone in particular stand in the JSON file and the report only.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["value", "name", "title", *UNITS, "warnings"])
        for row in rows:
            writer.writerow([*_record(row).values(), " ".join(about(warnings, row.label))])


def _record(row: SizeRow) -> dict[str, Any]:
    return {
        "value": row.label.value,
        "name": row.label.name,
        "title": row.label.title,
        "volume_ml": round(row.volume_ml, 2),
        "surface_cm2": round(row.surface_cm2, 2),
        "mean_hu": round(row.mean_hu, 1),
    }
