"""Write everything a run of task hip-radiograph leaves behind: labels, segmentation, measures, report, manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Side
from hipjoint.measure.film_outline import Labels
from hipjoint.measure.landmarks import SIDES
from hipjoint.measure.radiograph import measure_film, view_warnings
from hipjoint.output.folder import finished_folder
from hipjoint.output.manifest import manifest, write_manifest
from hipjoint.output.radiograph import pixel_record, write_csv, write_json
from hipjoint.output.write import write_label_maps
from hipjoint.progress import Progress, Stages
from hipjoint.report.radiograph import write_report
from hipjoint.tasks.film_regions import hip_labels
from hipjoint.tasks.registry import TASKS
from hipjoint.tasks.result import SegmentationResult
from hipjoint.volume import Volume
from hipjoint.volume.film import Film


def write_results(
    result: SegmentationResult,
    volume: Volume,
    out: Path,
    progress: Progress,
    *,
    task: str,
    mesh_formats: Sequence[str] = (),
    overwrite: bool = False,
) -> None:
    """Write the results for the ``Film`` to the folder ``out``, which appears, or is replaced, when all are written.

    A film has no surfaces: ``mesh_formats`` do not matter. Raises ``InputError`` if ``out`` may not be written to,
    ``Cancelled`` if ``progress`` says so.
    """
    del mesh_formats
    pixel = volume.pixel if isinstance(volume, Film) else None
    stages = Stages(progress)
    with finished_folder(out, overwrite=overwrite) as folder:
        stages.begin("Writing label map and segmentation", 0.0)
        write_label_maps(result, folder)
        stages.begin("Measuring", 0.2)
        case, values = measure_film(
            hips_of(result.labels), None if pixel is None else pixel.mm, "" if pixel is None else pixel.doubt
        )
        warnings = (*result.warnings, *view_warnings(values))
        write_json(case, values, pixel, warnings, folder / "measurements.json")
        write_csv(values, folder / "measurements.csv")
        facts = manifest(task, volume, {**result.run, "title": TASKS[task].title, "pixel": pixel_record(pixel)})
        stages.begin("Drawing the report", 0.5)
        write_report(case, values, result, warnings, facts, folder / "report.html")
        stages.begin("Finishing", 0.95)
        write_manifest({**facts, "seconds": {**result.run.get("seconds", {}), **stages.seconds}}, folder)
    progress.step("Done", 1.0)


def hips_of(labels: sitk.Image) -> dict[Side, Labels]:
    """The label images (rows, columns) with the values 1 to 5 of the sides that a one-slice label map shows."""
    whole = sitk.GetArrayFromImage(labels)[0].astype(np.uint8)
    return {side: own for side in SIDES if (own := hip_labels(whole, side)).any()}
