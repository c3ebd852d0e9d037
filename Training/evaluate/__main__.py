"""The accuracy table of task hip-ct: one real scan and simulated held-out scans, apart, as JSON and Markdown.

``python -m Training.evaluate --real SCAN LABELS --simulated DIR --out DIR``
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import monotonic

import numpy as np
import SimpleITK as sitk

from hipjoint.progress import Silent
from hipjoint.tasks import hip_ct
from hipjoint.volume import read_volume
from Training.evaluate.metrics import compare

MEASURES = ("dice", "precision", "recall", "asd", "hd95", "volume_ratio", "joint_dice", "outer_dice")
BONES = {"femur": ("femur_right", "femur_left"), "hip bone": ("hip_right", "hip_left"), "sacrum": ("sacrum",)}


def evaluate_case(scan: Path, reference: Path, *, device: str, models: Path | None) -> dict[str, object]:
    """Segment one scan and compare with its reference label map on the scan's grid."""
    begun = monotonic()
    result = hip_ct.run(read_volume(scan), device=device, progress=Silent(), models_dir=models)
    seconds = monotonic() - begun
    truth = sitk.Resample(sitk.ReadImage(str(reference)), result.labels, sitk.Transform(), sitk.sitkNearestNeighbor)
    spacing = tuple(reversed(result.labels.GetSpacing()))
    found = compare(sitk.GetArrayFromImage(result.labels), sitk.GetArrayFromImage(truth), spacing)
    bones = {name: a.as_dict() for name, a in found.items()}
    return {
        "case": scan.name.split(".")[0],
        "seconds": round(seconds, 1),
        "bones": bones,
        "warnings": list(result.warnings),
    }


def summary(cases: list[dict[str, object]]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean, standard deviation, worst by bone and measure; right and left together."""
    out: dict[str, dict[str, dict[str, float]]] = {}
    for title, names in BONES.items():
        rows = [c["bones"][n] for c in cases for n in names if n in c["bones"]]  # type: ignore[operator,index]
        out[title] = {}
        for measure in MEASURES:
            values = np.array([r[measure] for r in rows if r[measure] is not None], dtype=float)
            if len(values):
                low_is_worse = measure not in ("asd", "hd95")
                worst = np.nanmin(values) if low_is_worse else np.nanmax(values)
                out[title][measure] = {
                    "mean": float(np.nanmean(values)),
                    "sd": float(np.nanstd(values)),
                    "worst": float(worst),
                    "n": len(values),
                }
    return out


def markdown(title: str, cases: list[dict[str, object]]) -> str:
    """The summary as a table: mean (SD; worst)."""
    lines = [
        f"### {title}: {len(cases)} scan(s)",
        "",
        "| bone | " + " | ".join(MEASURES) + " |",
        "|---" * (len(MEASURES) + 1) + "|",
    ]
    for bone, row in summary(cases).items():
        cells = [
            f"{row[m]['mean']:.3f} ({row[m]['sd']:.3f}; {row[m]['worst']:.3f})" if m in row else "" for m in MEASURES
        ]
        lines.append(f"| {bone} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, nargs=2, action="append", default=[], metavar=("SCAN", "LABELS"))
    parser.add_argument("--simulated", type=Path, help="folder with scan_NNN.nii.gz and labels_NNN.nii.gz")
    parser.add_argument("--models", type=Path, help="another models folder than the shipped one")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    simulated = sorted(a.simulated.glob("scan_*.nii.gz")) if a.simulated else []
    groups = {
        "Real": [tuple(p) for p in a.real],
        "Simulated, held-out anatomy": [(p, p.with_name(p.name.replace("scan", "labels"))) for p in simulated],
    }
    tables = {}
    for title, pairs in groups.items():
        cases = []
        for scan, labels in pairs:
            cases.append(evaluate_case(scan, labels, device=a.device, models=a.models))
            print(json.dumps(cases[-1]), flush=True)
        if cases:
            tables[title] = {"cases": cases, "summary": summary(cases)}
    (a.out / "accuracy.json").write_text(json.dumps(tables, indent=1))
    text = "\n".join(markdown(t, v["cases"]) for t, v in tables.items())  # type: ignore[arg-type]
    (a.out / "accuracy.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
