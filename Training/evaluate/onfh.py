"""Accuracy of task onfh-mri: segment test scans, then compare with their labels as ``hipjoint evaluate`` does.

``python -m Training.evaluate.onfh SCANS --out DIR`` reads ``scan_*.nii.gz`` and ``labels_*.nii.gz`` and writes
predictions, references and the tables. Keep simulated and real scans in folders of their own: no figure may mix them.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from time import monotonic

import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.evaluation.run import EvaluationJob, run_evaluation
from hipjoint.progress import Silent
from hipjoint.tasks import onfh_mri
from hipjoint.volume import read_volume
from hipjoint.volume.modality import MR


def segment_all(scans: Path, out: Path, *, device: str, models: Path | None) -> list[dict[str, object]]:
    """Write ``out/predictions`` and ``out/references``; seconds and warnings of every scan.

    A scan in which the task finds no hip gives an empty prediction: it counts as missed.
    """
    notes = []
    for folder in ("predictions", "references"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for path in sorted(scans.glob("scan_*.nii.gz")):
        name, begun = path.name.removeprefix("scan_"), monotonic()
        volume = read_volume(path, modality=MR)
        try:
            result = onfh_mri.run(volume, device=device, progress=Silent(), models_dir=models)
            labels, warnings = result.labels, list(result.warnings)
        except InputError as problem:
            labels, warnings = sitk.Image(volume.image.GetSize(), sitk.sitkUInt8), [str(problem)]
            labels.CopyInformation(volume.image)
        notes.append({"case": name, "seconds": round(monotonic() - begun, 1), "warnings": warnings})
        print(json.dumps(notes[-1]), flush=True)
        sitk.WriteImage(labels, str(out / "predictions" / name))
        shutil.copy(path.with_name(f"labels_{name}"), out / "references" / name)
    return notes


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="another models folder than the shipped one")
    parser.add_argument("--device", default="auto")
    a = parser.parse_args()
    notes = segment_all(a.scans, a.out, device=a.device, models=a.models)
    (a.out / "runs.json").write_text(json.dumps(notes, indent=1))
    job = EvaluationJob(a.out / "predictions", a.out / "references", a.out / "tables", "onfh", True, True)
    grading = run_evaluation(job).grading
    if grading:
        print("grades right", grading.right, "of", grading.graded, "kappa", grading.kappa)
        print("false alarms", grading.false_alarms, "of", grading.normal, "normal heads")


if __name__ == "__main__":
    main()
