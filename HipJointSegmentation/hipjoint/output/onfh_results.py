"""Write everything a run of task onfh-mri leaves behind: what every run does, and the measures of osteonecrosis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hipjoint.assessment import Assessment
from hipjoint.measure.lesion import default_uncertainty
from hipjoint.measure.osteonecrosis import assess
from hipjoint.output.folder import finished_folder
from hipjoint.output.manifest import manifest, write_manifest
from hipjoint.output.osteonecrosis import write_csv, write_json
from hipjoint.output.write import write_label_maps, write_meshes
from hipjoint.progress import Progress, Stages
from hipjoint.report.osteonecrosis import write_report
from hipjoint.tasks.registry import TASKS
from hipjoint.tasks.result import SegmentationResult
from hipjoint.volume import Volume


def write_results(
    result: SegmentationResult,
    volume: Volume,
    out: Path,
    progress: Progress,
    *,
    task: str,
    mesh_formats: Sequence[str] = ("stl",),
    overwrite: bool = False,
) -> None:
    """Write the results for ``volume`` to the folder ``out``, which appears, or is replaced, when all are written.

    The same files as of a run on bones, with the measures and the report that ``hipjoint onfh`` makes of a label map.
    Raises ``InputError`` if ``out`` may not be written to, ``Cancelled`` if ``progress`` says so.
    """
    stages = Stages(progress)
    with finished_folder(out, overwrite=overwrite) as folder:
        stages.begin("Making surface models", 0.0)
        write_meshes(result, folder / "meshes", mesh_formats)
        stages.begin("Writing label map and segmentation", 0.2)
        write_label_maps(result, folder)
        stages.begin("Measuring", 0.3)
        uncertainty = default_uncertainty(result.labels)
        hips = assess(result.labels, uncertainty_mm=uncertainty)
        facts = manifest(task, volume, {**result.run, "title": TASKS[task].title, "uncertainty_mm": uncertainty})
        write_json(hips, Assessment(), facts["finished"], folder / "measurements.json", result.warnings)
        write_csv(hips, Assessment(), folder / "measurements.csv")
        stages.begin("Drawing the report", 0.6)
        write_report(hips, Assessment(), result.labels, result.image, facts, folder / "report.html")
        stages.begin("Finishing", 0.95)
        write_manifest({**facts, "seconds": {**result.run.get("seconds", {}), **stages.seconds}}, folder)
    progress.step("Done", 1.0)
