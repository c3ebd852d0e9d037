from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import phantom
import pytest
import SimpleITK as sitk

from hipjoint.errors import Cancelled, InputError
from hipjoint.job import Job, RunTask, load_task, run_job
from hipjoint.progress import Progress
from hipjoint.tasks.registry import TASKS
from hipjoint.tasks.result import SegmentationResult
from hipjoint.volume import Volume


class Listener:
    """Remembers what a run said."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.notes: list[str] = []

    def step(self, stage: str, fraction: float) -> None:
        self.fractions.append(fraction)

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture
def a_listener() -> Listener:
    return Listener()


def find_spheres(volume: Volume, *, device: str, threads: int | None, progress: Progress) -> SegmentationResult:
    progress.step("Finding spheres", 0.5)
    return phantom.segmented(volume.image)


def sphere_task(name: str) -> RunTask:
    return find_spheres


def never(name: str) -> RunTask:
    raise AssertionError


@dataclass
class Run:
    """A finished run: the scan with its bytes from before, the results, and what was said."""

    scan: Path
    before: bytes
    out: Path
    listener: Listener


@pytest.fixture(scope="module")
def a_run(a_result, tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("run")
    scan = phantom.write_scan(a_result.image, folder)
    run = Run(scan, scan.read_bytes(), folder / "out", Listener())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", "no-such-python")
        run_job(Job(scan, run.out), run.listener, sphere_task)
    return run


def test_a_run_reads_computes_and_writes(a_run):
    assert (a_run.out / "meshes" / "femur_left.stl").exists()
    assert any("Left femur is cut" in note for note in a_run.listener.notes)


def test_the_progress_of_a_run_never_goes_back_and_ends_at_one(a_run):
    assert a_run.listener.fractions == sorted(a_run.listener.fractions)
    assert a_run.listener.fractions[-1] == 1.0


def test_the_name_of_the_input_is_in_no_result(a_run):
    for path in a_run.out.rglob("*.*"):
        assert b"Doe^Jane" not in path.read_bytes(), path.name
    assert not any("Doe" in note for note in a_run.listener.notes)


def test_the_scan_is_not_changed(a_run):
    assert a_run.scan.read_bytes() == a_run.before
    assert {path.name for path in a_run.scan.parent.iterdir()} == {a_run.scan.name, "out"}


@pytest.mark.usefixtures("no_renderer")
def test_a_bone_that_the_scan_cuts_is_warned_of_by_name(tmp_path, a_result, a_listener):
    sitk.WriteImage(a_result.image[:, :, 24:], str(tmp_path / "upper.nrrd"))
    run_job(Job(tmp_path / "upper.nrrd", tmp_path / "out"), a_listener, sphere_task)
    warning = "Right femur is cut by the field of view (inferior): sizes are of the part shown."
    assert f"Warning: {warning}" in a_listener.notes
    assert warning in (tmp_path / "out" / "measurements.json").read_text(encoding="utf-8")


def test_a_cancelled_run_leaves_nothing(a_scan_on_disk, tmp_path, a_listener):
    def cancelled(volume: Volume, *, device: str, threads: int | None, progress: Progress) -> SegmentationResult:
        raise Cancelled

    with pytest.raises(Cancelled):
        run_job(Job(a_scan_on_disk, tmp_path / "out"), a_listener, lambda name: cancelled)
    assert list(tmp_path.iterdir()) == [a_scan_on_disk]


def test_a_folder_that_is_not_free_is_refused_before_the_scan_is_read(tmp_path, a_listener):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match="not empty"):
        run_job(Job(Path("no-such-scan.nrrd"), tmp_path), a_listener, never)


def test_results_that_the_scan_lies_in_are_not_replaced(a_scan_on_disk, tmp_path, a_listener):
    (tmp_path / "run.json").write_text('{"program": "hipjoint"}')
    with pytest.raises(InputError, match="lies in the output folder"):
        run_job(Job(a_scan_on_disk, tmp_path, overwrite=True), a_listener, never)


def test_a_mesh_format_that_is_not_known_is_named(a_scan_on_disk, tmp_path, a_listener):
    with pytest.raises(InputError, match="'step' is not a mesh format"):
        run_job(Job(a_scan_on_disk, tmp_path / "out", mesh_formats=("stl", "step")), a_listener, never)


def test_a_task_that_is_not_known_is_named(a_scan_on_disk, tmp_path, a_listener):
    with pytest.raises(InputError, match="no task 'knee-ct'"):
        run_job(Job(a_scan_on_disk, tmp_path / "out", task="knee-ct"), a_listener, never)


def test_a_scan_that_cannot_be_read_is_told_before_the_task_is_loaded(tmp_path, a_listener):
    with pytest.raises(InputError, match="no-such-scan"):
        run_job(Job(tmp_path / "no-such-scan.nrrd", tmp_path / "out"), a_listener, never)


def test_every_task_of_the_registry_can_be_loaded():
    assert all(callable(load_task(name)) for name in TASKS)
