"""Landmarks as markups that 3D Slicer opens (.mrk.json): points, lines, closed curves and planes in LPS mm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import TABLE
from hipjoint.measure.head_neck import plane_axes
from hipjoint.measure.landmarks import ASIS, PUBIC_TUBERCLE, RIM, SIDES, Landmark
from hipjoint.measure.measure import Case

SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
# A closed curve is moved by hand: as many points as a person wants to move.
_CURVE_POINTS = 24
_HALF_PLANE_MM = 30.0


def write_markups(case: Case, folder: Path) -> list[Path]:
    """Write a file a landmark that was found, and one a plane, into ``folder``; returns their paths."""
    written = []
    for name, each in case.landmarks.items():
        if each.found:
            written.append(_write(folder / f"{name}.mrk.json", _markup(each)))
    for name, points in _planes(case).items():
        written.append(_write(folder / f"{name}.mrk.json", _nodes("Plane", _labelled(name, points))))
    return written


def _write(path: Path, markup: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"@schema": SCHEMA, "markups": [markup]}, indent=1) + "\n", encoding="utf-8")
    return path


def _markup(each: Landmark) -> dict[str, Any]:
    if each.type.kind == "curve":
        chosen = np.linspace(0, len(each.points), _CURVE_POINTS, endpoint=False).astype(int)
        return _nodes("ClosedCurve", _labelled(each.key, each.points[chosen]))
    if each.type.kind == "line":
        return _nodes("Line", _labelled(each.key, each.points))
    if each.type.kind == "sphere":
        # A sphere is its centre and a point on it, straight above: Slicer has no markup of that kind.
        return _nodes("Line", _labelled(each.key, np.array([each.point, each.point + each.radius * TABLE.superior])))
    return _nodes("Fiducial", _labelled(each.key, each.points))


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


def _planes(case: Case) -> dict[str, Floats]:
    """Three points (3, 3) of each plane: of the pelvis, and of both rims with the normal out of the socket."""
    found = {}
    if all(case[kind, side].found for kind in (ASIS, PUBIC_TUBERCLE) for side in SIDES):
        spines = [case[ASIS, side].point for side in SIDES]
        pubis = np.mean([case[PUBIC_TUBERCLE, side].point for side in SIDES], axis=0)
        found["pelvic_plane"] = np.array([*spines, pubis])
    for side in SIDES:
        if case[RIM, side].found:
            middle, normal, _ = rim_plane(case[RIM, side])
            across, _ = plane_axes(normal)
            found[f"rim_plane_{side}"] = middle + _HALF_PLANE_MM * np.array(
                [np.zeros(3), across, np.cross(normal, across)]
            )
    return found
