"""Cortical and trabecular bone of the femora, from a CT on disk and labels drawn before to a folder of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.inner_surface import DEFAULT, InnerSurface
from hipjoint.labels import FEMUR_COMPARTMENTS, HIP_CT, Side
from hipjoint.measure import field_of_view_warnings
from hipjoint.measure.bmd import Calibration
from hipjoint.measure.compartment_assessment import FEMORA, FemurAssessment
from hipjoint.output.compartments import write_results
from hipjoint.output.folder import check_free
from hipjoint.progress import Progress, Share
from hipjoint.tasks import femur_compartments
from hipjoint.tasks.femur_compartments import CompartmentsResult
from hipjoint.volume import Volume, read_volume
from hipjoint.volume.label_map import read_label_map

TASK = "femur-compartments"
# Shares of the run: reading, then computing, then writing.
_READ, _COMPUTED = 0.05, 0.7
_COMPARTMENTS = [label.value for label in FEMUR_COMPARTMENTS]
_FEMORA = [label.value for label in FEMORA.values()]


@dataclass(frozen=True)
class CompartmentsJob:
    """A CT and the folder for the results; ``labels`` are its femora or compartments, found by the program if None.

    ``calibration`` turns HU into BMD; ``series`` names one of several DICOM series; ``inner_surface`` parts the femora.
    """

    source: Path
    out: Path
    labels: Path | None = None
    calibration: Calibration | None = None
    device: str = "auto"
    threads: int | None = None
    overwrite: bool = False
    series: str | None = None
    inner_surface: InnerSurface = DEFAULT


def run_compartments(job: CompartmentsJob, progress: Progress) -> Mapping[Side, FemurAssessment]:
    """Read, part, measure, write; return the values of both femora.

    Raises ``InputError`` if scan or labels cannot be used, do not fit together or show no femur; nothing is written
    then.
    """
    check_free(job.out, overwrite=job.overwrite)
    progress.step("Reading the scan", 0.0)
    volume = read_volume(job.source, series=job.series)
    for note in volume.notes:
        progress.note(note)
    result = _result(job, volume, Share(progress, _READ, _COMPUTED))
    result = replace(result, warnings=result.warnings + field_of_view_warnings(result))
    for warning in result.warnings:
        progress.note(f"Warning: {warning}")
    writing = Share(progress, _COMPUTED, 1.0)
    return write_results(
        result, volume, job.out, writing, task=TASK, overwrite=job.overwrite, calibration=job.calibration
    )


def _result(job: CompartmentsJob, volume: Volume, progress: Progress) -> CompartmentsResult:
    if job.labels is None:
        return femur_compartments.run(
            volume, device=job.device, threads=job.threads, progress=progress, inner_surface=job.inner_surface
        )
    labels = read_label_map(job.labels, (*HIP_CT, *FEMUR_COMPARTMENTS))
    values = set(np.unique(sitk.GetArrayViewFromImage(labels)).tolist())
    drawn, femora = values & set(_COMPARTMENTS), values & set(_FEMORA)
    if drawn and femora:
        raise InputError(f"{job.labels} holds femora (1, 2) and compartments (11, 12, 21, 22): give one of the two.")
    if not drawn and not femora:
        raise InputError(f"{job.labels} holds no femur: mark the right one with 1 and the left one with 2.")
    if drawn and job.inner_surface != DEFAULT:
        raise InputError(f"{job.labels} holds compartments, which are measured as drawn: leave --inner-surface out.")
    placed = _on_scan(labels, volume.image, job.labels, _COMPARTMENTS if drawn else _FEMORA)
    if drawn:
        return femur_compartments.as_drawn(volume.image, placed, progress)
    return femur_compartments.divide(volume.image, placed, progress, inner_surface=job.inner_surface)


def _on_scan(labels: sitk.Image, scan: sitk.Image, path: Path, wanted: list[int]) -> sitk.Image:
    """The label map on the grid of the scan. Raises ``InputError`` if most of it lies outside the scan."""
    placed = sitk.Resample(labels, scan, sitk.Transform(), sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)
    before, after = (_ml(each, wanted) for each in (labels, placed))
    if after < before / 2:
        raise InputError(f"{path} does not lie in the scan: give the label map of this scan.")
    return placed


def _ml(labels: sitk.Image, wanted: list[int]) -> float:
    count = np.count_nonzero(np.isin(sitk.GetArrayViewFromImage(labels), wanted))
    return float(count * np.prod(labels.GetSpacing())) / 1000
