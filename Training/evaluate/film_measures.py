"""How well the measures on simulated films of held-out shapes agree with the truth.

``python -m Training.evaluate.film_measures --simulated DIR --out DIR``

The truth is the measure on the exactly projected regions; of the head also its exact centre and radius, projected. So
it shows what wrong outlines do to the measures. That a film shows a hip in projection, and its angles therefore other
than in space, is not in these figures.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.film_case import HEAD
from hipjoint.measure.landmarks import SIDES, key
from hipjoint.measure.radiograph import measure_film
from hipjoint.tasks.film_regions import hip_labels
from Training.evaluate.films import found_labels, simulated_cases
from Training.simulate.film_view import PIXEL

MAGNIFICATION = 1.13  # of the middle of the simulated patients, on the average
PIXEL_MM = PIXEL / MAGNIFICATION


def errors_of(labels: np.ndarray, truth: np.ndarray, heads: dict[Side, np.ndarray]) -> dict[str, list[float]]:
    """Differences in mm, degrees or ratios by measure; nan where only the truth can be measured."""
    out: dict[str, list[float]] = defaultdict(list)
    cases = {}
    for name, image in (("found", labels), ("true", truth)):
        cases[name] = measure_film({side: hip_labels(image, side) for side in SIDES}, PIXEL_MM)
    numbers = {
        name: {(v.value.definition.name, v.value.side): v.value.number for v in values}
        for name, (_, values) in cases.items()
    }
    for (name, side), true in numbers["true"].items():
        if true is not None and not name.endswith("_ratio"):
            found = numbers["found"].get((name, side))
            out[name].append(np.nan if found is None else found - true)
    for side, (column, row, radius, _) in heads.items():
        head = cases["found"][0].landmarks[key(HEAD, side)]
        if head.found:
            away = np.hypot(head.points[0][0] - column, head.points[0][1] - row)
            out["head centre, against the projected sphere"].append(float(away) * PIXEL_MM)
            out["head diameter, against the projected sphere"].append(2 * (head.radius - float(radius)) * PIXEL_MM)
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulated", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="another models folder than the shipped one")
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    errors: dict[str, list[float]] = defaultdict(list)
    for case in simulated_cases(a.simulated):
        labels, _ = found_labels(case.film, a.models)
        with np.load(a.simulated / f"{case.name}.npz") as stored:
            heads: dict[Side, np.ndarray] = {side: stored[f"head_{side}"] for side in SIDES}
        for name, values in errors_of(labels, case.truth, heads).items():
            errors[name] += values
    table = {
        name: {
            "n": len(values),
            "not_found": int(np.isnan(values).sum()),
            "mean_absolute": float(np.nanmean(np.abs(values))),
            "median_absolute": float(np.nanmedian(np.abs(values))),
            "worst": float(np.nanmax(np.abs(values))),
        }
        for name, values in errors.items()
        if np.isfinite(values).any()
    }
    a.out.mkdir(parents=True, exist_ok=True)
    (a.out / "film_measures.json").write_text(json.dumps(table, indent=1))
    for name, row in table.items():
        print(f"| {name} | " + " | ".join(f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values()) + " |")


if __name__ == "__main__":
    main()
