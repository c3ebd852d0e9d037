"""Simulated femora of held-out anatomy with their true cortices, and how well thickness and compartments are found.

``python -m Training.evaluate.cortices --library DIR --out DIR --count 30`` prints, for the profile model and for the
plain half-maximum, bias and spread of the thickness by classes of the true one, and the agreement of compartments.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import process_time

import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.labels import FEMUR_COMPARTMENTS, Side
from hipjoint.measure.bone_shape import field_at
from hipjoint.measure.cortex_map import CortexMap
from hipjoint.progress import Silent
from hipjoint.tasks.femur_compartments import divide
from Training.evaluate.metrics import overlap
from Training.simulate.ct import FEMORA, Patch, draw_patch
from Training.simulate.noise import Dice
from Training.simulate.patches import draw_patient
from Training.simulate.scanner import draw_scanner

SPACING = 0.6
# About one proximal femur, in mm: x, y, z.
EXTENT_MM = (104.0, 88.0, 132.0)
CLASSES_MM = (0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0, 8.0)
METHODS = ("profile model", "half-maximum")
# Rays inward along which the true edges are looked for.
_RAY_MM, _RAY_STEP_MM = (-2.5, 12.0), 0.1


@dataclass(frozen=True)
class Simulated:
    """One femur: scan in HU, its outline as drawn at the half-maximum (1 or 2), and the truth on the same grid.

    ``depth`` and ``cortex`` are mm under the true outer surface and the true thickness at each voxel; the inner surface
    shows at the depth ``endosteal`` (half-way between cortex and marrow, as the outline is drawn).
    """

    side: Side
    scan: sitk.Image
    femora: sitk.Image
    depth: sitk.Image
    cortex: sitk.Image
    endosteal: sitk.Image


def simulate(seed: int, library: Path, part: str = "test") -> Simulated:
    """One femur of a patient of the held-out shapes at 0.6 mm; right ones have even seeds. Thin or thick slices."""
    dice = Dice(700_000 + seed)
    patient = draw_patient(dice, library, part, coarse=False)
    patient = type(patient)(patient.scene, patient.body, patient.tissue, None)
    side: Side = "right" if seed % 2 == 0 else "left"
    cup = torch.tensor(patient.scene.pelvis.acetabula[side][:3], dtype=torch.float32)
    lateral = -1.0 if side == "right" else 1.0
    centre = patient.scene.to_world(cup) + torch.tensor([lateral * 24.0, 6.0, -40.0])
    shape = tuple(round(extent / SPACING) for extent in reversed(EXTENT_MM))
    patch = draw_patch(dice, patient, draw_scanner(dice, coarse=False), centre, shape, SPACING)  # type: ignore[arg-type]
    return _as_images(patch, side)


def _as_images(patch: Patch, side: Side) -> Simulated:
    index = FEMORA.index(f"femur_{side}")
    origin = patch.world[0, 0, 0].tolist()

    def image(values: torch.Tensor) -> sitk.Image:
        made = sitk.GetImageFromArray(np.ascontiguousarray(values.numpy()))
        made.SetSpacing((SPACING,) * 3)
        made.SetOrigin(origin)
        return made

    outline = (patch.depth[index] > 0).to(torch.uint8) * (index + 1)
    truth = (image(each[index].float()) for each in (patch.true_depth, patch.cortex, patch.endosteal))
    return Simulated(side, image(patch.image.float()), image(outline), *truth)


def true_thickness(case: Simulated, cortex: CortexMap) -> np.ndarray:
    """True thickness (n,) in mm at the points of a surface: from the true outer to the inner edge along the normal."""
    depths = np.arange(*_RAY_MM, _RAY_STEP_MM)
    surface = cortex.surface
    rays = surface.points[:, None] - surface.normals[:, None] * depths[:, None]
    outer = _first_rise(depths, field_at(case.depth, rays))
    inner = _first_rise(depths, field_at(case.depth, rays) - field_at(case.cortex, rays))
    return np.where(cortex.shown, inner - outer, np.nan)


def _first_rise(depths: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Where (n,) values (n, k) first rise through zero; NaN if they do not."""
    rising = (values[:, :-1] <= 0) & (values[:, 1:] > 0)
    rows, at = np.arange(len(values)), rising.argmax(axis=1)
    low, high = values[rows, at], values[rows, at + 1]
    where = depths[at] - _RAY_STEP_MM * low / np.where(high == low, 1.0, high - low)
    return np.where(rising.any(axis=1), where, np.nan)


def evaluate(case: Simulated) -> dict[str, object]:
    """Errors of the thickness by point, and agreement of the compartments."""
    begun = process_time()
    result = divide(case.scan, case.femora, Silent())
    seconds = process_time() - begun
    cortex = result.cortices[case.side]
    return {
        "true": true_thickness(case, cortex),
        "profile model": cortex.thickness,
        "half-maximum": cortex.half_maximum,
        **_agreement(case, sitk.GetArrayViewFromImage(result.labels)),
        "scanner": (cortex.scanner.cortex_hu, cortex.scanner.across, cortex.scanner.along) if cortex.scanner else None,
        "cpu_seconds": seconds,
    }


def _agreement(case: Simulated, labels: np.ndarray) -> dict[str, float]:
    """Dice and ratios of volumes, with the inner surface where it shows and, ``_true_edge``, where it is."""
    outline = sitk.GetArrayViewFromImage(case.femora) > 0
    depth = sitk.GetArrayViewFromImage(case.depth)
    cortical, trabecular = (each.value for each in FEMUR_COMPARTMENTS if each.side == case.side)
    found, facts = labels == trabecular, {}
    for name, surface in (("", case.endosteal), ("_true_edge", case.cortex)):
        core = (depth > sitk.GetArrayViewFromImage(surface)) & outline
        facts[f"dice_endosteal{name}"] = overlap(found, core)
        facts[f"cortical_volume_ratio{name}"] = float((labels == cortical).sum() / max(1, (outline & ~core).sum()))
        facts[f"trabecular_volume_ratio{name}"] = float(found.sum() / max(1, core.sum()))
    return facts


def table(cases: Sequence[dict[str, object]]) -> str:
    """Bias and standard deviation in mm of each method by class of the true thickness, all points together."""
    true = np.concatenate([np.asarray(case["true"]) for case in cases])
    lines = ["| true thickness, mm | points | " + " | ".join(f"{m}: bias, SD, not found" for m in METHODS) + " |"]
    lines.append("|---" * (len(METHODS) + 2) + "|")
    for low, high in pairwise(CLASSES_MM):
        there = (true >= low) & (true < high)
        cells = [_cell(true[there], np.concatenate([np.asarray(c[m]) for c in cases])[there]) for m in METHODS]
        lines.append(f"| {low}-{high} | {int(there.sum())} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(true: np.ndarray, found: np.ndarray) -> str:
    error = (found - true)[np.isfinite(found)]
    if not len(error):
        return "none found"
    missed = 100 * (1 - len(error) / len(true))
    return f"{error.mean():+.2f}, {error.std():.2f}, {missed:.0f} %"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help="also write scan and truth of each femur")
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    cases = []
    for seed in range(a.first, a.first + a.count):
        case = simulate(seed, a.library)
        if a.keep:
            for name in ("scan", "femora", "depth", "cortex", "endosteal"):
                sitk.WriteImage(getattr(case, name), str(a.out / f"{name}_{seed:03d}.nii.gz"))
        cases.append(evaluate(case))
        facts = {k: v for k, v in cases[-1].items() if not isinstance(v, np.ndarray)}
        print(json.dumps({"seed": seed, "side": case.side, **facts}), flush=True)
    text = table(cases)
    (a.out / "thickness.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
