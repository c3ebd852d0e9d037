"""The hip's geometry as files: JSON with values, landmarks and frames for programs, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hipjoint.geometry_record import is_edited
from hipjoint.implants.record import section
from hipjoint.implants.sizing import Implants
from hipjoint.labels import Side
from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.boundary import Floats
from hipjoint.measure.femoral_measures import clock_face
from hipjoint.measure.frames import TABLE, Frame
from hipjoint.measure.geometry import GeometryValue
from hipjoint.measure.landmarks import ASIS, PUBIC_TUBERCLE, RIM, SIDES
from hipjoint.measure.measure import Case, Unmeasurable
from hipjoint.notice import NOTICE

COLUMNS = ("side", "name", "title", "number", "unit", "text", "quality", "reason", "edited", "landmarks", "source")
SPACE = "LPS mm: x to the patient's left, y to the back, z to the head"


def write_json(
    case: Case,
    values: Sequence[GeometryValue],
    notes: Sequence[str],
    path: Path,
    implants: Sequence[Implants] = (),
) -> None:
    """Write values, landmarks, frames, planes, the clock-face of alpha angles and ``implants`` to ``path``."""
    table = {
        "notice": NOTICE,
        "space": SPACE,
        "notes": list(notes),
        "values": [record(each, case) for each in values],
        "landmarks": {name: each.record() for name, each in case.landmarks.items()},
        "frames": {frame.name: _frame(frame) for frame in frames(case)},
        "planes": planes(case),
        "alpha_by_the_clock": {side: found for side in SIDES if (found := _clock(case, side))},
    }
    if implants:
        table["implants"] = section(implants)
    path.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_csv(case: Case, values: Sequence[GeometryValue], path: Path) -> None:
    """Write one line a value to ``path``; what could not be measured says why."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for each in values:
            row = {**record(each, case), "landmarks": " ".join(each.landmarks)}
            writer.writerow([row[column] for column in COLUMNS])


def record(each: GeometryValue, case: Case) -> dict[str, Any]:
    """A value as plain data for JSON, with its definition, its source and the landmarks it was computed from.

    It is edited if a person moved one of them.
    """
    value = each.value
    return {
        "side": value.side,
        "title": value.definition.title,
        **value.record(),
        "definition": value.definition.text,
        "source": value.definition.source,
        "edited": is_edited(each, case.landmarks),
        "landmarks": list(each.landmarks),
    }


def frames(case: Case) -> list[Frame]:
    """The frames that values refer to: the table, and the pelvis if its plane was found."""
    whole = all(case[kind, side].found for kind in (ASIS, PUBIC_TUBERCLE) for side in SIDES)
    return [TABLE, case.pelvis()] if whole else [TABLE]


def planes(case: Case) -> dict[str, dict[str, Any]]:
    """A point and the normal of each plane that was found: of the pelvis (to the front) and of the rims (outwards)."""
    found = {frame.name: (frame.origin, frame.anterior) for frame in frames(case) if frame is not TABLE}
    for side in SIDES:
        if case[RIM, side].found:
            middle, normal, _ = rim_plane(case[RIM, side])
            found[f"acetabular rim {side}"] = (middle, normal)
    return {
        name: {"point_lps_mm": _rounded(point), "normal_lps": _rounded(normal, 5)}
        for name, (point, normal) in found.items()
    }


def _frame(frame: Frame) -> dict[str, Any]:
    axes = {"left": frame.left, "anterior": frame.anterior, "superior": frame.superior}
    return {
        "origin_lps_mm": _rounded(frame.origin),
        **{f"{name}_lps": _rounded(axis, 5) for name, axis in axes.items()},
    }


def _clock(case: Case, side: Side) -> dict[str, float | None] | None:
    """Alpha in degrees by the hour, None where the outline does not leave the sphere."""
    if not all(case.landmarks[f"{name}_{side}"].found for name in ("head", "neck_centre", "shaft_axis")):
        return None
    try:
        face = clock_face(case, side)
    except Unmeasurable:
        return None
    pairs = zip(face.hours, face.alpha, strict=True)
    return {f"{hour or 12:g}": round(float(alpha), 1) if np.isfinite(alpha) else None for hour, alpha in pairs}


def _rounded(numbers: Floats, digits: int = 3) -> list[float]:
    return [round(float(number), digits) for number in numbers]
