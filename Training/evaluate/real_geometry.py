"""The hip's geometry on a real scan against landmarks that were placed on it by hand.

``python -m Training.evaluate.real_geometry BONES LANDMARKS [--image SCAN]``

``LANDMARKS`` is a JSON file in LPS mm with ``right_femur``, ``left_femur`` (head, neck, trochanters, axis of the shaft,
neck-shaft angle) and ``right_hip``, ``left_hip`` (spine, tubercle, ischium, plane of the rim).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Side
from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.anatomy import anatomy_of
from hipjoint.measure.frames import angle_between
from hipjoint.measure.geometry import GeometryValue, assess, value_of
from hipjoint.measure.landmarks import (
    ASIS,
    GREATER_TROCHANTER,
    HEAD,
    ISCHIUM,
    LESSER_TROCHANTER,
    NECK_CENTRE,
    PUBIC_TUBERCLE,
    RIM,
    SHAFT_AXIS,
    SIDES,
    Landmark,
    LandmarkType,
)
from hipjoint.measure.measure import Case
from hipjoint.measure.shaft import up_of

_POINTS: dict[str, tuple[tuple[LandmarkType, str], ...]] = {
    "femur": (
        (HEAD, "head_centre"),
        (NECK_CENTRE, "neck_centre"),
        (GREATER_TROCHANTER, "greater_trochanter_tip"),
        (LESSER_TROCHANTER, "lesser_trochanter_tip"),
    ),
    "hip": ((ASIS, "ASIS"), (PUBIC_TUBERCLE, "pubic_tubercle"), (ISCHIUM, "ischium_lowest")),
}

Rows = dict[str, str]


def differences(case: Case, values: tuple[GeometryValue, ...], reference: dict[str, Any], side: Side) -> Rows:
    """What is measured less the reference of one side, in words by measure."""
    rows = {}
    for part, points in _POINTS.items():
        for kind, name in points:
            found = case[kind, side]
            rows[kind.title] = _distance(found, reference[f"{side}_{part}"][name])
    femur, rim = reference[f"{side}_femur"], reference[f"{side}_hip"]["acetabular_rim"]
    return {
        **rows,
        "Diameter of the head": _less(values, "head_diameter", side, 2 * femur["head_radius_mm"]),
        "Neck-shaft angle": _less(values, "neck_shaft_angle", side, femur["neck_shaft_angle_deg"]),
        "Axis of the shaft": _angle(case, side, femur["shaft_axis"]["direction_distal"]),
        "Normal of the rim's plane": _normal(case, side, rim["normal_outward"]),
        "Radiographic inclination, table": _less(
            values, "acetabular_inclination_radiographic_table", side, rim["radiographic_inclination_deg"]
        ),
        "Radiographic version, table": _less(
            values, "acetabular_version_radiographic_table", side, rim["radiographic_anteversion_deg"]
        ),
    }


def _distance(found: Landmark, reference: list[float]) -> str:
    if not found.found:
        return "not found"
    offset = found.point - np.array(reference)
    doubt = "" if found.quality == "good" else f" ({found.quality})"
    return f"{np.linalg.norm(offset):.1f} mm, height {offset[2]:+.1f}{doubt}"


def _less(values: tuple[GeometryValue, ...], name: str, side: Side, reference: float) -> str:
    value = value_of(values, name, side)
    if value.number is None:
        return value.reason
    doubt = "" if value.quality == "good" else f" ({value.quality})"
    return f"{value.number - reference:+.1f} {value.definition.unit}{doubt}"


def _angle(case: Case, side: Side, direction: list[float]) -> str:
    axis = case[SHAFT_AXIS, side]
    return f"{angle_between(up_of(axis), -np.array(direction)):.1f} degrees" if axis.found else axis.reason


def _normal(case: Case, side: Side, direction: list[float]) -> str:
    rim = case[RIM, side]
    return f"{angle_between(rim_plane(rim)[1], np.array(direction)):.1f} degrees" if rim.found else rim.reason


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bones", type=Path)
    parser.add_argument("landmarks", type=Path)
    parser.add_argument("--image", type=Path, help="the CT in HU, which tells where the scan has been padded")
    a = parser.parse_args()
    scan = None if a.image is None else sitk.ReadImage(str(a.image))
    case, values = assess(anatomy_of(sitk.ReadImage(str(a.bones), sitk.sitkUInt8), scan))
    reference = json.loads(a.landmarks.read_text(encoding="utf-8"))
    right, left = (differences(case, values, reference, side) for side in SIDES)
    print("| | right: here, less reference | left |\n|---|---|---|")
    for name, text in right.items():
        print(f"| {name} | {text} | {left[name]} |")


if __name__ == "__main__":
    main()
