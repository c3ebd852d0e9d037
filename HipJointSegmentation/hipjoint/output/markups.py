"""Landmarks as markups that 3D Slicer opens (.mrk.json): points, lines, closed curves, planes and angles in LPS mm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hipjoint.measure.boundary import Floats
from hipjoint.measure.landmarks import Landmark
from hipjoint.measure.measure import Case
from hipjoint.output.markup_points import control_points, drawings

SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
_KINDS = {"point": "Fiducial", "line": "Line", "sphere": "Line", "curve": "ClosedCurve"}


def write_markups(case: Case, folder: Path) -> list[Path]:
    """Write a file a landmark that was found, and one a plane and an angle, into ``folder``; returns their paths."""
    written = []
    for name, each in case.landmarks.items():
        if each.found:
            written.append(_write(folder / f"{name}.mrk.json", _markup(each)))
    for drawing in drawings(case):
        points = _labelled(drawing.name, drawing.points)
        written.append(_write(folder / f"{drawing.name}.mrk.json", _nodes(drawing.kind.capitalize(), points)))
    return written


def _write(path: Path, markup: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"@schema": SCHEMA, "markups": [markup]}, indent=1) + "\n", encoding="utf-8")
    return path


def _markup(each: Landmark) -> dict[str, Any]:
    return _nodes(_KINDS[each.type.kind], _labelled(each.key, control_points(each)))


def _labelled(name: str, points: Floats) -> list[tuple[str, Floats]]:
    if len(points) == 1:
        return [(name, points[0])]
    return [(f"{name}-{number}", point) for number, point in enumerate(points, start=1)]


def _nodes(kind: str, points: Sequence[tuple[str, Floats]]) -> dict[str, Any]:
    plane = {"planeType": "threePoints", "sizeMode": "auto"} if kind == "Plane" else {}
    return {
        "type": kind,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": False,
        **plane,
        "controlPoints": [
            {"id": str(number), "label": label, "position": [round(float(x), 3) for x in point]}
            for number, (label, point) in enumerate(points, start=1)
        ],
    }
