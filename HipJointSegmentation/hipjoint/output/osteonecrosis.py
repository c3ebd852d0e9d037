"""The measures of osteonecrosis as files: JSON for programs, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hipjoint.assessment import STAGE, Assessment, Change
from hipjoint.labels import Side
from hipjoint.measure.head_neck import Neck
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.osteonecrosis import DEFINITIONS, HipAssessment
from hipjoint.measure.steinberg import SOURCE, STAGES
from hipjoint.notice import NOTICE

_MEASURED = ("side", "finding", "name", "title", "number", "unit", "text", "low", "high", "quality", "reason", "source")
COLUMNS = (*_MEASURED, "by_hand", "by_hand_reason", "by_hand_time", "by_hand_by")

Hips = Mapping[Side, HipAssessment]


def write_json(hips: Hips, assessment: Assessment, measured: str, path: Path, warnings: Sequence[str] = ()) -> None:
    """Write definitions, both hips with all their values, Steinberg's stages and what was changed by hand to ``path``.

    ``measured`` is the time of the automatic values in ISO 8601. A value has what was measured and, under "by_hand",
    what a person put in its place, or null. ``warnings`` are those of the run that outlined the heads.
    """
    table = {
        "notice": NOTICE,
        "measured": measured,
        "definitions": {definition.name: _definition(asdict(definition)) for definition in DEFINITIONS},
        "hips": {side: _hip(hip, assessment) for side, hip in hips.items()},
        "steinberg_stages": [asdict(stage) for stage in STAGES],
        "changes_by_hand": assessment.records(),
        "warnings": list(warnings),
    }
    path.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_csv(hips: Hips, assessment: Assessment, path: Path) -> None:
    """Write one line a value to ``path``, the right hip first; what could not be measured says why.

    Each hip ends with its stage, which is always chosen by hand.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for side, hip in hips.items():
            for value in hip.values:
                record = value.record()
                low, high = record["interval"] or (None, None)
                about = (value.definition.name, value.definition.title, record["number"], record["unit"])
                trust = (record["text"], low, high, value.quality, value.reason, value.definition.source)
                by_hand = _cells(assessment.current(side, value.definition.name))
                writer.writerow([side, hip.finding, *about, *trust, *by_hand])
            stage = (STAGE, "Steinberg stage", None, "", "", None, None, "", "Chosen by the clinician.", SOURCE)
            writer.writerow([side, hip.finding, *stage, *_cells(assessment.current(side, STAGE))])


def _definition(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: fields[key] for key in ("title", "unit", "text", "source")}


def _cells(change: Change | None) -> list[str]:
    """The last four of ``COLUMNS``."""
    if change is None:
        return ["", "", "", ""]
    return [change.value or "", change.reason, change.time.isoformat(), change.by]


def _by_hand(change: Change | None) -> dict[str, Any] | None:
    """What a person put in the place of a value; None if nobody did."""
    return None if change is None else change.model_dump(mode="json", include={"value", "reason", "time", "by"})


def _hip(hip: HipAssessment, assessment: Assessment) -> dict[str, Any]:
    stage = assessment.current(hip.side, STAGE)
    edited = assessment.edited(hip.side)
    return {
        "finding": hip.finding,
        "values": [
            {**value.record(), "by_hand": _by_hand(assessment.current(hip.side, value.definition.name))}
            for value in hip.values
        ],
        "steinberg_stage": {
            "chosen": None if stage is None else stage.value,
            "by_hand": _by_hand(stage),
            "hints": list(hip.hints),
        },
        "outline_edited_by_hand": None if edited is None else edited.time.isoformat(),
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
