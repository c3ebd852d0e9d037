"""The measures of osteonecrosis as files: JSON for programs, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hipjoint.labels import Side
from hipjoint.measure.head_neck import Neck
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.osteonecrosis import DEFINITIONS, HipAssessment
from hipjoint.measure.steinberg import STAGES

NOTICE = "For research only. Not a medical device."
COLUMNS = ("side", "finding", "name", "title", "number", "unit", "text", "low", "high", "quality", "reason", "source")

Hips = Mapping[Side, HipAssessment]


def write_json(hips: Hips, path: Path) -> None:
    """Write the definitions, both hips with all their values, and Steinberg's stages to choose from, to ``path``."""
    table = {
        "notice": NOTICE,
        "definitions": {definition.name: _definition(asdict(definition)) for definition in DEFINITIONS},
        "hips": {side: _hip(hip) for side, hip in hips.items()},
        "steinberg_stages": [asdict(stage) for stage in STAGES],
    }
    path.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_csv(hips: Hips, path: Path) -> None:
    """Write one line a value to ``path``, the right hip first; what could not be measured says why."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for side, hip in hips.items():
            for value in hip.values:
                record = value.record()
                low, high = record["interval"] or (None, None)
                about = (value.definition.name, value.definition.title, record["number"], record["unit"])
                trust = (record["text"], low, high, value.quality, value.reason, value.definition.source)
                writer.writerow([side, hip.finding, *about, *trust])


def _definition(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: fields[key] for key in ("title", "unit", "text", "source")}


def _hip(hip: HipAssessment) -> dict[str, Any]:
    return {
        "finding": hip.finding,
        "values": [value.record() for value in hip.values],
        "steinberg_stage": {"chosen": None, "hints": list(hip.hints)},
        "notes": list(hip.notes),
        "geometry": _geometry(hip.sphere, hip.neck),
    }


def _geometry(sphere: Sphere | None, neck: Neck | None) -> dict[str, Any] | None:
    """Where the head lies, in LPS mm, so that others can draw it."""
    if sphere is None or neck is None:
        return None
    return {
        "sphere_centre_lps_mm": [round(float(x), 3) for x in sphere.centre],
        "sphere_radius_mm": round(sphere.radius, 3),
        "neck_axis_lps": [round(float(x), 5) for x in neck.axis],
    }
