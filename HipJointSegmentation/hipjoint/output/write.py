"""Write everything a run leaves behind: label map, segmentation, models, measures, report and run manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.measure.size import SizeRow, measure_sizes
from hipjoint.mesh import surface_from_field, write_mesh
from hipjoint.output import measurements
from hipjoint.output.folder import finished_folder
from hipjoint.output.manifest import manifest, write_manifest
from hipjoint.output.segmentation_file import write_segmentation
from hipjoint.progress import Progress, Stages
from hipjoint.report.html import write_report
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

    ``task`` is the name of a task in the registry, ``mesh_formats`` are file suffixes that ``write_mesh`` knows.
    Raises ``InputError`` if ``out`` may not be written to, ``Cancelled`` if ``progress`` says so.
    """
    stages = Stages(progress)
    with finished_folder(out, overwrite=overwrite) as folder:
        stages.begin("Making surface models", 0.0)
        surfaces = write_meshes(result, folder / "meshes", mesh_formats)
        stages.begin("Writing label map and segmentation", 0.4)
        write_label_maps(result, folder)
        stages.begin("Measuring", 0.6)
        rows = measure_sizes(result, surfaces)
        _write_measurements(rows, result.warnings, folder)
        facts = manifest(task, volume, result.run)
        stages.begin("Drawing the report", 0.7)
        write_report(result, surfaces, rows, {**facts, "title": TASKS[task].title}, folder / "report.html")
        stages.begin("Finishing", 0.95)
        write_manifest({**facts, "seconds": {**result.run.get("seconds", {}), **stages.seconds}}, folder)
    progress.step("Done", 1.0)


def write_meshes(result: SegmentationResult, folder: Path, formats: Sequence[str]) -> dict[int, vtkPolyData]:
    """Write the surface of each segment in each of the formats to a new ``folder``; return them by label value."""
    folder.mkdir()
    surfaces = {}
    for segment in result.segments:
        surface = surfaces[segment.label.value] = surface_from_field(segment.field)
        for suffix in formats:
            write_mesh(surface, folder / f"{segment.label.name}.{suffix}", title=segment.label.title)
    return surfaces


def write_label_maps(result: SegmentationResult, folder: Path) -> None:
    """Write labels.nii.gz and segmentation.seg.nrrd, with nothing of the scan's header in them."""
    # A new image: what the input's header said about the patient must not travel on in the metadata.
    labels = sitk.GetImageFromArray(sitk.GetArrayViewFromImage(result.labels).astype(np.uint8))
    labels.CopyInformation(result.labels)
    sitk.WriteImage(labels, str(folder / "labels.nii.gz"), useCompression=True)
    write_segmentation(labels, [segment.label for segment in result.segments], folder / "segmentation.seg.nrrd")


def _write_measurements(rows: Sequence[SizeRow], warnings: Sequence[str], folder: Path) -> None:
    measurements.write_json(rows, warnings, folder / "measurements.json")
    measurements.write_csv(rows, warnings, folder / "measurements.csv")
