"""Simulated femora of held-out anatomy with their true cortices, and how well thickness and compartments are found.

``python -m Training.evaluate.cortices --library DIR --out DIR --count 30`` prints, for the profile model and for the
plain half-maximum, bias and spread of the thickness by classes of the true one, and the agreement of the compartments
for each inner surface with its own truth. What was simulated is kept: the same femora can be measured again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from time import process_time

import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.inner_surface import INNER_SURFACES, InnerSurface
from hipjoint.labels import FEMUR_COMPARTMENTS, Side
from hipjoint.measure.bone_shape import field_at
from hipjoint.measure.compartment_assessment import femora_in
from hipjoint.measure.cortex_map import CortexMap
from hipjoint.progress import Silent
from hipjoint.tasks.femur_compartments import divide, draw_compartments
from Training.evaluate.metrics import overlap
from Training.simulate.ct import FEMORA, draw_patch
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
# Depths are kept in such steps.
COUNT_MM = 0.001
_SCANNER = ("blur", "sharpen", "slice_mm", "noise")


@dataclass(frozen=True)
class Simulated:
    """One femur: scan in HU, its outline as drawn at the half-maximum (1 or 2), and the truth on the same grid.

    ``depth`` is mm under the true outer surface at each voxel; the inner surfaces lie at the depths ``inner``:
    "deconvolved" at the true thickness of the cortex, "visible" half-way between cortex and marrow, as the outline is
    drawn. ``about`` are facts of the scanner and the name of the shape.
    """

    side: Side
    scan: sitk.Image
    femora: sitk.Image
    depth: sitk.Image
    inner: Mapping[InnerSurface, sitk.Image]
    about: Mapping[str, float | str]


def simulate(seed: int, library: Path, cache: Path, part: str = "test") -> Simulated:
    """One femur of a patient of the shapes of a ``part`` at 0.6 mm; right ones have even seeds. Thin or thick slices.

    Simulating takes a minute, so what was made is kept in ``cache``.
    """
    path = cache / f"{part}_{seed:03d}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        np.savez_compressed(unfinished, **_simulated(seed, library, part))
        unfinished.replace(path)
    with np.load(path) as kept:
        return _read(dict(kept), _side(seed))


def _side(seed: int) -> Side:
    return "right" if seed % 2 == 0 else "left"


def _simulated(seed: int, library: Path, part: str) -> dict[str, np.ndarray]:
    """What is kept of a femur: the scan in HU, its outline, depths in counts [z, y, x], and facts."""
    dice, side = Dice(700_000 + seed), _side(seed)
    patient = replace(draw_patient(dice, library, part, coarse=False), prosthesis=None)
    cup = torch.tensor(patient.scene.pelvis.acetabula[side][:3], dtype=torch.float32)
    lateral = -1.0 if side == "right" else 1.0
    centre = patient.scene.to_world(cup) + torch.tensor([lateral * 24.0, 6.0, -40.0])
    shape = tuple(round(extent / SPACING) for extent in reversed(EXTENT_MM))
    scanner = draw_scanner(dice, coarse=False)
    patch = draw_patch(dice, patient, scanner, centre, shape, SPACING)  # type: ignore[arg-type]
    index = FEMORA.index(f"femur_{side}")
    depths = {"depth": patch.true_depth, "cortex": patch.cortex, "endosteal": patch.endosteal}
    return {
        "scan": patch.image.round().to(torch.int16).numpy(),
        "outline": (patch.depth[index] > 0).numpy().astype(np.uint8) * (index + 1),
        "origin": patch.world[0, 0, 0].numpy(),
        "femur": np.array(patient.scene.femora[side].name),
        **{name: np.array(getattr(scanner, name)) for name in _SCANNER},
        **{name: _counts(values[index]) for name, values in depths.items()},
    }


def _counts(depth: torch.Tensor) -> np.ndarray:
    return (depth / COUNT_MM).round().clamp(-32000, 32000).to(torch.int16).numpy()


def _read(kept: dict[str, np.ndarray], side: Side) -> Simulated:
    def image(values: np.ndarray) -> sitk.Image:
        made = sitk.GetImageFromArray(values)
        made.SetSpacing((SPACING,) * 3)
        made.SetOrigin(kept["origin"].astype(float).tolist())
        return made

    depth, cortex, endosteal = (
        image(kept[name].astype(np.float32) * np.float32(COUNT_MM)) for name in ("depth", "cortex", "endosteal")
    )
    about = {name: kept[name].item() for name in ("femur", *_SCANNER)}
    inner: dict[InnerSurface, sitk.Image] = {"visible": endosteal, "deconvolved": cortex}
    return Simulated(side, image(kept["scan"].astype(np.float32)), image(kept["outline"]), depth, inner, about)


def true_thickness(case: Simulated, cortex: CortexMap) -> np.ndarray:
    """True thickness (n,) in mm at the points of a surface: from the true outer to the inner edge along the normal."""
    depths = np.arange(*_RAY_MM, _RAY_STEP_MM)
    surface = cortex.surface
    rays = surface.points[:, None] - surface.normals[:, None] * depths[:, None]
    outer = _first_rise(depths, field_at(case.depth, rays))
    inner = _first_rise(depths, field_at(case.depth, rays) - field_at(case.inner["deconvolved"], rays))
    return np.where(cortex.shown, inner - outer, np.nan)


def _first_rise(depths: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Where (n,) values (n, k) first rise through zero; NaN if they do not."""
    rising = (values[:, :-1] <= 0) & (values[:, 1:] > 0)
    rows, at = np.arange(len(values)), rising.argmax(axis=1)
    low, high = values[rows, at], values[rows, at + 1]
    where = depths[at] - _RAY_STEP_MM * low / np.where(high == low, 1.0, high - low)
    return np.where(rising.any(axis=1), where, np.nan)


def evaluate(case: Simulated) -> dict[str, object]:
    """Errors of the thickness by point, and agreement of the compartments with each inner surface."""
    begun = process_time()
    result = divide(case.scan, case.femora, Silent())
    seconds = process_time() - begun
    cortex = result.cortices[case.side]
    bones = femora_in(case.femora, case.scan)
    agreement: dict[str, float] = {}
    for which in INNER_SURFACES:
        labels, _ = draw_compartments(case.scan, case.femora, bones, result.cortices, which)
        values = sitk.GetArrayViewFromImage(labels)
        agreement |= {f"{name}, {which}": value for name, value in _agreement(case, values, which).items()}
    return {
        "true": true_thickness(case, cortex),
        "profile model": cortex.thickness,
        "half-maximum": cortex.half_maximum,
        "agreement": {**_outer_agreement(case), **agreement},
        "scanner": (cortex.scanner.cortex_hu, cortex.scanner.across, cortex.scanner.along) if cortex.scanner else None,
        "about": dict(case.about),
        "cpu_seconds": seconds,
    }


def _agreement(case: Simulated, labels: np.ndarray, which: InnerSurface) -> dict[str, float]:
    """Dice inside the inner surface and errors of volumes in %, within the given outline."""
    outline = sitk.GetArrayViewFromImage(case.femora) > 0
    core = (sitk.GetArrayViewFromImage(case.depth) > sitk.GetArrayViewFromImage(case.inner[which])) & outline
    cortical, trabecular = (labels == each.value for each in FEMUR_COMPARTMENTS if each.side == case.side)
    return {
        "Dice endosteal": overlap(trabecular, core),
        "cortical volume error, %": _error(cortical, outline & ~core),
        "trabecular volume error, %": _error(trabecular, core),
    }


def _outer_agreement(case: Simulated) -> dict[str, float]:
    """The outline is given: this says how far one drawn at the half-maximum is from the true outer surface."""
    outline = sitk.GetArrayViewFromImage(case.femora) > 0
    true = sitk.GetArrayViewFromImage(case.depth) > 0
    return {"Dice periosteal (given outline, true surface)": overlap(outline, true)}


def _error(found: np.ndarray, true: np.ndarray) -> float:
    return 100 * (float(np.count_nonzero(found)) / max(1, np.count_nonzero(true)) - 1)


def agreement_table(cases: Sequence[dict[str, object]]) -> str:
    """Mean, standard deviation and worst of each figure; of volumes the mean and the largest absolute error too."""
    rows = [case["agreement"] for case in cases]
    lines = [
        f"{len(cases)} simulated femora",
        "",
        "| figure | mean | SD | mean absolute | worst |",
        "|---|---|---|---|---|",
    ]
    for name in rows[0]:  # type: ignore[attr-defined]
        values = np.array([row[name] for row in rows])  # type: ignore[index]
        is_error = name.split(",")[0].endswith("error")
        worst = values[np.abs(values).argmax()] if is_error else values.min()
        digits, size = (1, f"{np.abs(values).mean():.1f}") if is_error else (3, "")
        numbers = (f"{each:.{digits}f}" for each in (values.mean(), values.std()))
        lines.append(f"| {name} | {' | '.join(numbers)} | {size} | {worst:.{digits}f} |")
    return "\n".join(lines)


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
    parser.add_argument("--part", default="test", choices=("train", "test"))
    parser.add_argument("--cache", type=Path, help="where simulated femora are kept, in OUT if not given")
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    cases, lines = [], []
    for seed in range(a.first, a.first + a.count):
        case = simulate(seed, a.library, a.cache or a.out / "femora", a.part)
        cases.append(evaluate(case))
        facts = {k: v for k, v in cases[-1].items() if not isinstance(v, np.ndarray)}
        lines.append(json.dumps({"seed": seed, "side": case.side, **facts}))
        print(lines[-1], flush=True)
        (a.out / "cortices.jsonl").write_text("\n".join(lines) + "\n")
        text = f"{table(cases)}\n\n{agreement_table(cases)}\n"
        (a.out / "cortices.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
