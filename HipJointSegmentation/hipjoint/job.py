"""One run from a scan on disk to a folder of results: what every door starts."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from hipjoint.errors import InputError
from hipjoint.film_scale import FilmScale
from hipjoint.output.folder import check_free
from hipjoint.progress import Progress, Share
from hipjoint.tasks.registry import TASKS

if TYPE_CHECKING:
    from hipjoint.tasks.result import SegmentationResult
    from hipjoint.volume import Volume

MESH_FORMATS = ("stl", "ply", "obj", "3mf")
# Shares of the run, about as long as they take: reading, then the task, then writing.
_READ, _COMPUTED = 0.05, 0.8


class RunTask(Protocol):
    """The ``run`` function of a task module."""

    def __call__(self, volume: Volume, *, device: str, threads: int | None, progress: Progress) -> SegmentationResult:
        """Segment ``volume``; ``threads`` None means as many as the machine has."""


@dataclass(frozen=True)
class Job:
    """What to do: ``source`` is a file, folder or zip with one scan; ``out`` is the folder that gets the results.

    ``scale`` is what is known of the size of a film's pixels.
    """

    source: Path
    out: Path
    task: str = "hip-ct"
    device: str = "auto"
    threads: int | None = None
    mesh_formats: tuple[str, ...] = ("stl",)
    overwrite: bool = False
    series: str | None = None
    scale: FilmScale = field(default_factory=FilmScale)


def load_task(name: str) -> RunTask:
    """The ``run`` function of a task of the registry."""
    return cast("RunTask", importlib.import_module(TASKS[name].module_name).run)


def run_job(job: Job, progress: Progress, load: Callable[[str], RunTask] = load_task) -> None:
    """Read, compute, write. Raises ``HipJointError``; whatever goes wrong, ``job.out`` is as it was before.

    ``load`` finds the task of a name. The libraries that reading, computing and writing need are loaded one after the
    other, so that what is wrong with the order or the scan is answered at once.
    """
    _check(job)
    result, volume = _compute(job, progress, load)
    progress.step("Writing", _COMPUTED)
    writing = Share(progress, _COMPUTED, 1.0)
    importlib.import_module(TASKS[job.task].results_module).write_results(
        result, volume, job.out, writing, task=job.task, mesh_formats=job.mesh_formats, overwrite=job.overwrite
    )


def _compute(job: Job, progress: Progress, load: Callable[[str], RunTask]) -> tuple[SegmentationResult, Volume]:
    """The result with all warnings, and the scan it is of."""
    progress.step("Reading the scan", 0.0)
    volume = _read(job)
    for note in volume.notes:
        progress.note(note)
    progress.step("Starting", _READ)
    run_task = load(job.task)
    result = run_task(volume, device=job.device, threads=job.threads, progress=Share(progress, _READ, _COMPUTED))
    from hipjoint.measure import field_of_view_warnings

    warnings = result.warnings + field_of_view_warnings(result)
    for warning in warnings:
        progress.note(f"Warning: {warning}")
    return replace(result, warnings=warnings), volume


def _read(job: Job) -> Volume:
    """The scan or the film that the task needs."""
    from hipjoint.volume import read_volume
    from hipjoint.volume.modality import FILM, MODALITIES

    modality = MODALITIES[TASKS[job.task].modality]
    if modality is not FILM:
        return read_volume(job.source, series=job.series, modality=modality)
    from hipjoint.measure.calibration_ball import scaled
    from hipjoint.volume.film import read_film

    return scaled(read_film(job.source, series=job.series), job.scale)


def check_formats(formats: Iterable[str]) -> None:
    """Raise ``InputError`` about a mesh format that there is not."""
    unknown = [suffix for suffix in formats if suffix not in MESH_FORMATS]
    if unknown:
        raise InputError(f"{unknown[0]!r} is not a mesh format: choose from {', '.join(MESH_FORMATS)}.")


def _check(job: Job) -> None:
    """Raise ``InputError`` if the order itself is wrong."""
    if job.task not in TASKS:
        raise InputError(f"There is no task {job.task!r}: choose one of {', '.join(TASKS)}.")
    check_formats(job.mesh_formats)
    if job.scale.given and TASKS[job.task].modality != "DX":
        raise InputError(f"The size of a pixel is for films only and not for the task {job.task}: leave it out.")
    check_free(job.out, overwrite=job.overwrite)
    if job.overwrite and job.source.resolve().is_relative_to(job.out.resolve()):
        raise InputError(f"The scan {job.source} lies in the output folder {job.out}: choose another output folder.")
