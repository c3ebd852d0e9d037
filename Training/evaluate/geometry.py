"""How exactly the hip's geometry is measured: simulated hips with disease, whose true geometry is known.

``python -m Training.evaluate.geometry --library DIR --out DIR --count 40``

The label map has voxels and uneven surfaces and all disease that was drawn (cams, osteophytes, flattening, narrow
joints). The truth is that of the exact shapes, see ``geometry_truth``: disease moves no landmark, but what is looked
for on the surface itself (alpha angle, joint space) is that of the diseased bone.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from time import process_time

import numpy as np
import torch

from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.anatomy import anatomy_of
from hipjoint.measure.frames import angle_between
from hipjoint.measure.geometry import MEASURES, assess, measure_all
from hipjoint.measure.landmarks import (
    GREATER_TROCHANTER,
    LESSER_TROCHANTER,
    NECK_CENTRE,
    RIM,
    SHAFT_AXIS,
    Landmark,
)
from hipjoint.measure.measure import Case
from hipjoint.measure.shaft import up_of
from Training.evaluate.geometry_patients import patient
from Training.evaluate.geometry_truth import true_case

Row = dict[str, float | str | None]
# A value that is said to be good must not be this far off.
FAR_DEGREES, FAR_MM = 5.0, 3.0


def errors(found: Case, truth: Case) -> dict[str, Row]:
    """By measure and side: what was measured, what is true; by landmark: distance in mm or angle in degrees."""
    rows: dict[str, Row] = {}
    true_values = {each.place: each.value for each in measure_all(truth)}
    for each in measure_all(found):
        value, true = each.value, true_values[each.place]
        if true.number is not None and value.definition.name != "head_residual":
            rows[f"{value.definition.name} {value.side or ''}".strip()] = {
                "found": value.number,
                "true": true.number,
                "quality": value.quality,
                "reason": value.reason,
                "truth": true.quality,
            }
    for name, landmark in found.landmarks.items():
        true_one = truth.landmarks[name]
        if true_one.found and landmark.found:
            for text, error in off(landmark, true_one, found, truth).items():
                rows[f"{text} {landmark.side}"] = {
                    "found": error,
                    "true": 0.0,
                    "quality": landmark.quality,
                    "truth": true_one.quality,
                }
    return rows


def off(found: Landmark, true: Landmark, case: Case, truth: Case) -> dict[str, float]:
    """How far a landmark is off, in mm or degrees, by what is looked at."""
    name = found.type.name
    if found.type is RIM:
        return {"angle of rim": angle_between(rim_plane(found)[1], rim_plane(true)[1])}
    if found.type is SHAFT_AXIS:
        return {"angle of shaft_axis": angle_between(up_of(found), up_of(true))}
    if found.type.kind not in ("point", "sphere"):
        return {}
    rows = {f"distance of {name}": float(np.linalg.norm(found.point - true.point))}
    if found.type is NECK_CENTRE:
        rows["angle of neck axis"] = angle_between(case.neck_axis(found), truth.neck_axis(true))
    if found.type in (GREATER_TROCHANTER, LESSER_TROCHANTER):
        rows[f"height of {name}"] = float((found.point - true.point) @ up_of(truth[SHAFT_AXIS, found.side]))
    return rows


def evaluate(seed: int, options: argparse.Namespace) -> dict[str, object]:
    """Simulate one patient and compare what is measured with the truth."""
    one = patient(seed, options.library, options.part, options.cache, spacing=options.spacing, rough=options.rough)
    begun = process_time()
    case, _ = assess(anatomy_of(one.labels))
    seconds = process_time() - begun
    return {
        "seed": seed,
        "shapes": one.shapes,
        "seconds": round(seconds, 2),
        "rows": errors(case, true_case(one.heads, one.sound, one.diseased)),
    }


def summary(cases: list[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Mean, 95th percentile and largest absolute error of each measure, both sides together.

    ``good_...`` are those of values that are said to be good; of these, ``far`` are off by more than 5 degrees or 3 mm.
    ``certain_...`` are those that can be compared: on the exact shape, too, the rule finds no reason for doubt.
    """
    rows: dict[str, list[Row]] = defaultdict(list)
    for case in cases:
        for place, row in case["rows"].items():  # type: ignore[attr-defined]
            rows[place.removesuffix(" right").removesuffix(" left")].append(row)
    return {
        name: _summary(name, found) for name, found in rows.items() if any(each["found"] is not None for each in found)
    }


def _summary(name: str, rows: list[Row]) -> dict[str, float]:
    """What ``summary`` says of one measure."""
    shown = [row for row in rows if row["found"] is not None]
    sizes = np.array([abs(float(row["found"] or 0) - float(row["true"] or 0)) for row in shown])
    good = np.array([row["quality"] == "good" for row in shown])
    certain = good & np.array([row["truth"] == "good" for row in shown])
    return {
        "mean": float(sizes.mean()),
        "p95": float(np.percentile(sizes, 95)),
        "largest": float(sizes.max()),
        "n": len(sizes),
        "not_measurable": len(rows) - len(sizes),
        "good_mean": float(sizes[good].mean()) if good.any() else float("nan"),
        "good_largest": float(sizes[good].max()) if good.any() else float("nan"),
        "good_n": int(good.sum()),
        "far": int((sizes[good] > (FAR_DEGREES if _is_angle(name) else FAR_MM)).sum()),
        "certain_mean": float(sizes[certain].mean()) if certain.any() else float("nan"),
        "certain_n": int(certain.sum()),
    }


def _is_angle(name: str) -> bool:
    """Whether a row of the summary is in degrees."""
    units = {measure.definition.name: measure.definition.unit for measure in MEASURES}
    return name.startswith("angle of ") or units.get(name) == "degrees"


def markdown(table: dict[str, dict[str, float]], cases: int) -> str:
    """The summary as a table."""
    lines = [
        f"{cases} simulated patients, absolute errors in mm or degrees",
        "",
        "| measure | mean | 95 % | largest | n | not measurable | good: mean | largest | n | far off | certain: mean | "
        "n |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in table.items():
        numbers = " | ".join(f"{row[key]:.2f}" for key in ("mean", "p95", "largest"))
        good = f"{row['good_mean']:.2f} | {row['good_largest']:.2f} | {row['good_n']} | {row['far']}"
        certain = f"{row['certain_mean']:.2f} | {row['certain_n']}"
        lines.append(f"| {name} | {numbers} | {row['n']} | {row['not_measurable']} | {good} | {certain} |")
    far = sum(row["far"] for row in table.values())
    lines += ["", f"Good and more than {FAR_DEGREES:.0f} degrees or {FAR_MM:.0f} mm off: {far:.0f}"]
    return "\n".join([*lines, ""])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--spacing", type=float, default=1.0)
    parser.add_argument("--rough", type=float, default=0.4, help="unevenness of the outlines in mm")
    parser.add_argument("--part", default="test", choices=("train", "test"))
    parser.add_argument("--cache", type=Path, help="where simulated patients are kept, in OUT if not given")
    a = parser.parse_args()
    a.cache = a.cache or a.out / "patients"
    torch.set_num_threads(1)
    a.out.mkdir(parents=True, exist_ok=True)
    cases: list[dict[str, object]] = []
    for seed in range(a.first, a.first + a.count):
        cases.append(evaluate(seed, a))
        print(seed, cases[-1]["seconds"], "s", flush=True)
        table = summary(cases)
        (a.out / "geometry.json").write_text(json.dumps({"summary": table, "cases": cases}, indent=1))
        (a.out / "geometry.md").write_text(markdown(table, len(cases)))
    print(markdown(table, len(cases)))


if __name__ == "__main__":
    main()
