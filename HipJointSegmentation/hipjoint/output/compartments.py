"""The results of task femur-compartments: label map, models, painted thickness, measures, report, manifest."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hipjoint.labels import Side
from hipjoint.measure.bmd import Calibration
from hipjoint.measure.compartment_assessment import FemurAssessment, assess
from hipjoint.measure.compartments import DEFINITIONS, REGION_RULE
from hipjoint.measure.cortex_map import CortexMap
from hipjoint.mesh.painted import painted, write_ply, write_vtp
from hipjoint.notice import NOTICE
from hipjoint.output.folder import finished_folder
from hipjoint.output.manifest import manifest, write_manifest
from hipjoint.output.write import write_label_maps, write_meshes
from hipjoint.progress import Progress, Stages
from hipjoint.report.compartments import SCALE_MM, write_report
from hipjoint.tasks.femur_compartments import CompartmentsResult
from hipjoint.tasks.registry import TASKS
from hipjoint.volume import Volume

COLUMNS = ("side", "name", "title", "number", "unit", "text", "quality", "reason", "source")
Femora = Mapping[Side, FemurAssessment]


def write_results(
    result: CompartmentsResult,
    volume: Volume,
    out: Path,
    progress: Progress,
    *,
    task: str,
    mesh_formats: Sequence[str] = ("stl",),
    overwrite: bool = False,
    calibration: Calibration | None = None,
) -> Femora:
    """Write the results for ``volume`` to the folder ``out``, which appears when all are written; return the values.

    Raises ``InputError`` if ``out`` may not be written to, ``Cancelled`` if ``progress`` says so.
    """
    stages = Stages(progress)
    with finished_folder(out, overwrite=overwrite) as folder:
        stages.begin("Making surface models", 0.0)
        surfaces = write_meshes(result, folder / "meshes", mesh_formats)
        stages.begin("Writing label map and segmentation", 0.3)
        write_label_maps(result, folder)
        stages.begin("Measuring", 0.45)
        femora = assess(result.labels, result.image, calibration=calibration, cortices=result.cortices)
        write_thickness(result.cortices, folder / "thickness")
        title = {"title": TASKS[task].title, "calibration": None if calibration is None else asdict(calibration)}
        facts = manifest(task, volume, {**result.run, **title})
        write_json(femora, result.warnings, facts, folder / "measurements.json")
        write_csv(femora, folder / "measurements.csv")
        stages.begin("Drawing the report", 0.6)
        write_report(femora, result, surfaces, facts, folder / "report.html")
        stages.begin("Finishing", 0.95)
        write_manifest({**facts, "seconds": {**facts.get("seconds", {}), **stages.seconds}}, folder)
    progress.step("Done", 1.0)
    return femora


def write_thickness(cortices: Mapping[Side, CortexMap], folder: Path) -> None:
    """Write each femur's surface with the thickness at its points to a new ``folder``, as VTP and PLY in LPS mm."""
    folder.mkdir()
    for side, cortex in cortices.items():
        numbers = {"thickness_mm": cortex.thickness, "half_maximum_mm": cortex.half_maximum}
        shape = cortex.surface.points, cortex.surface.triangles
        write_vtp(painted(*shape, numbers), folder / f"femur_{side}.vtp")
        write_ply(*shape, numbers, folder / f"femur_{side}.ply", SCALE_MM)


def write_json(femora: Femora, warnings: Sequence[str], facts: Mapping[str, Any], path: Path) -> None:
    """Write definitions, rule of the regions, and the values of both femora to ``path``."""
    table = {
        "notice": NOTICE,
        "measured": facts["finished"],
        "regions": REGION_RULE,
        "scanner": facts.get("scanner", {}),
        "inner_surface": facts["inner_surface"],
        "calibration": facts["calibration"],
        "definitions": {each.name: asdict(each) for each in DEFINITIONS},
        "femora": {side: [value.record() for value in femur.values] for side, femur in femora.items()},
        "warnings": list(warnings),
    }
    path.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_csv(femora: Femora, path: Path) -> None:
    """Write one line a value to ``path``, the right femur first; what could not be measured says why."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for side, femur in femora.items():
            for value in femur.values:
                about = {"side": side, "title": value.definition.title, "source": value.definition.source}
                row = {**about, **value.record()}
                writer.writerow([row[column] for column in COLUMNS])
