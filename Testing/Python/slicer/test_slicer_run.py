"""Runs of the engine in a process of its own. What the trained models would do is done here by a small engine."""

from __future__ import annotations

import time

import pytest
from engine import SPHERES, alive, engines, left

from hipjoint.errors import Cancelled, HipJointError, InputError
from hipjoint.tasks.registry import TASKS

STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(flush=True)\ntime.sleep(600)"


@pytest.fixture
def a_scan(slicer):
    from scans import a_phantom, volume_of

    return volume_of(a_phantom().image, "Doe^Jane")


@pytest.fixture
def a_logic(slicer):
    from HipJointSegmentation import HipJointSegmentationLogic

    logic = HipJointSegmentationLogic()
    yield logic
    logic.stop()


@pytest.fixture
def a_stubborn_run(a_logic, a_scan, an_engine):
    """Start an engine that ignores the wish that it should end; gives the run and its processes."""

    def start():
        an_engine(STUBBORN)
        run = a_logic.segment(a_scan, waitForCompletion=False)
        until(lambda: len(engines()) == 2 and run._process._said.stat().st_size > 0)
        return run, engines()

    return start


@pytest.fixture
def start(a_logic, a_scan, an_engine):
    """Start a run of an engine that takes some seconds; gives it once it is at work."""

    def begin(seconds):
        an_engine(SPHERES.format(seconds=seconds))
        run = a_logic.segment(a_scan, device="cpu", waitForCompletion=False)
        until(lambda: polled(run).stage == "Finding spheres")
        return run

    return begin


def until(condition) -> None:
    end = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def polled(run):
    run.poll()
    return run


def test_a_run_ends_with_a_segmentation_beside_the_scan(slicer, a_logic, a_scan, an_engine):
    an_engine(SPHERES.format(seconds=0))
    node = a_logic.segment(a_scan, device="cpu")
    assert node.GetName() == "Doe^Jane hip bones"
    assert node.GetSegmentation().GetNumberOfSegments() == 5


def test_progress_notes_and_warnings_are_passed_on(start):
    run = start(0.5)
    assert 0.05 < run.fraction < 0.8
    until(lambda: polled(run).finished)
    assert run.error is None
    assert "Device: cpu" in run.log
    assert any("Left femur" in warning for warning in run.warnings)


def test_a_cancelled_run_ends_every_process_and_gives_nothing(slicer, start):
    run = start(600)
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    started = engines()
    assert len(started) == 2
    run.cancel()
    until(lambda: polled(run).finished)
    assert left(started) == []
    assert isinstance(run.error, Cancelled)
    assert slicer.mrmlScene.GetNumberOfNodes() == nodes


def test_a_stopped_run_is_gone_at_once_even_if_it_does_not_want_to(a_logic, a_stubborn_run, monkeypatch):
    from HipJointSegmentationLib import EngineProcess

    monkeypatch.setattr(EngineProcess, "SECONDS_TO_END", 0.3)
    run, started = a_stubborn_run()
    a_logic.stop()
    until(lambda: alive(started) == [])
    assert run.finished


def test_a_cancelled_run_that_does_not_end_is_killed(a_stubborn_run, monkeypatch):
    from HipJointSegmentationLib import SegmentationRun

    monkeypatch.setattr(SegmentationRun, "SECONDS_TO_END", 0.3)
    run, started = a_stubborn_run()
    run.cancel()
    until(lambda: polled(run).finished)
    until(lambda: alive(started) == [])


def test_the_real_engine_tells_what_is_wrong_in_its_own_words(slicer, a_scan):
    from HipJointSegmentationLib.SegmentationRun import SegmentationRun

    run = SegmentationRun(a_scan, "knee-ct", "cpu")
    until(lambda: polled(run).finished)
    assert str(run.error) == f"There is no task 'knee-ct': choose one of {', '.join(TASKS)}."
    assert run.log[-1] == str(run.error)


def test_the_real_engine_names_the_scan_as_the_user_does(slicer, a_scan):
    from HipJointSegmentationLib.SegmentationRun import SegmentationRun

    slicer.util.updateVolumeFromArray(a_scan, slicer.util.arrayFromVolume(a_scan) + 2000)
    run = SegmentationRun(a_scan, "hip-ct", "cpu")
    until(lambda: polled(run).finished)
    assert str(run.error).startswith("The scan Doe^Jane is no CT in HU, as its values")
    assert slicer.app.temporaryPath not in str(run.error)


def test_a_volume_that_does_not_fit_is_refused_before_a_process_is_started(slicer, a_logic, a_scan):
    slicer.util.updateVolumeFromArray(a_scan, slicer.util.arrayFromVolume(a_scan) + 2000)
    with pytest.raises(InputError, match="This volume is no CT in HU"):
        a_logic.segment(a_scan)
    assert engines() == []


def test_each_task_takes_scans_of_its_own_kind(slicer, a_scan):
    from HipJointSegmentationLib.InputCheck import problemOf

    assert problemOf(a_scan, "hip-ct") == ""
    assert problemOf(a_scan, "onfh-mri").startswith("This volume is a CT and no MRI")
    slicer.util.updateVolumeFromArray(a_scan, slicer.util.arrayFromVolume(a_scan) + 2000)
    assert problemOf(a_scan, "onfh-mri") == ""
    assert problemOf(None, "onfh-mri") == "Choose an MRI scan."


def test_an_engine_that_dies_silently_is_told_with_its_last_words(a_logic, a_scan, an_engine):
    an_engine("import sys; sys.exit('out of memory')")
    with pytest.raises(HipJointError, match=r"ended early with exit code 1 \(out of memory\)"):
        a_logic.segment(a_scan)


def test_a_result_that_is_not_there_is_told(a_logic, a_scan, an_engine):
    an_engine("pass")
    with pytest.raises(HipJointError, match="could not be read"):
        a_logic.segment(a_scan)


def test_a_slicer_without_its_python_is_told(a_logic, a_scan, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(HipJointError, match="PythonSlicer"):
        a_logic.segment(a_scan)
