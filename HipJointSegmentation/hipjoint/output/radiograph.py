"""The measures of a radiograph as files: JSON with values and landmarks for programs, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hipjoint.measure.film_case import FilmCase
from hipjoint.measure.geometry import GeometryValue
from hipjoint.measure.landmarks import Landmark
from hipjoint.notice import NOTICE
from hipjoint.volume.film import PixelSize

COLUMNS = ("side", "name", "title", "number", "unit", "text", "quality", "reason", "landmarks", "source")
SPACE = "pixels of the film: x is the column, y the row, from the centre of the first pixel"


def write_json(
    case: FilmCase,
    values: Sequence[GeometryValue],
    pixel: PixelSize | None,
    warnings: Sequence[str],
    path: Path,
) -> None:
    """Write values with their definitions, landmarks, the size of a pixel and the warnings to ``path``."""
    table = {
        "notice": NOTICE,
        "space": SPACE,
        "pixel": pixel_record(pixel),
        "values": [record(each) for each in values],
        "landmarks": {name: _landmark(each) for name, each in case.landmarks.items()},
        "warnings": list(warnings),
    }
    path.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_csv(values: Sequence[GeometryValue], path: Path) -> None:
    """Write one line a value to ``path``; what could not be measured says why."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for each in values:
            row = {**record(each), "landmarks": " ".join(each.landmarks)}
            writer.writerow([row[column] for column in COLUMNS])


def record(each: GeometryValue) -> dict[str, Any]:
    """A value as plain data for JSON, with its definition, its source and the landmarks it was computed from."""
    value = each.value
    return {
        "side": value.side,
        "title": value.definition.title,
        **value.record(),
        "definition": value.definition.text,
        "source": value.definition.source,
        "landmarks": list(each.landmarks),
    }


def pixel_record(pixel: PixelSize | None) -> dict[str, Any] | None:
    """The size of a pixel as plain data, None if it is not known."""
    return None if pixel is None else {"mm": round(pixel.mm, 5), "source": pixel.source, "doubt": pixel.doubt}


def _landmark(landmark: Landmark) -> dict[str, Any]:
    circle = {"radius_px": round(landmark.radius, 2)} if landmark.type.kind == "sphere" else {}
    return {
        "name": landmark.type.name,
        "side": landmark.side,
        "title": landmark.type.title,
        "text": landmark.type.text,
        "points_px": [[round(float(x), 2) for x in point] for point in landmark.points],
        **circle,
        "quality": landmark.quality,
        "reason": landmark.reason,
    }
