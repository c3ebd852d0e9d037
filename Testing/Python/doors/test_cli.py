from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import PACKAGE, hipjoint

from hipjoint import __version__
from hipjoint.cli.guard import guarded
from hipjoint.errors import InputError, ModelError

HERE = Path(__file__).resolve().parent
# The command with a task that is stopped in the middle of its work by the signal that is named.
STOPPED = """
import signal, sys
from pathlib import Path
from hipjoint.cli.app import run_and_tell
from hipjoint.cli.reporters import JsonLines
from hipjoint.job import Job

# A process started in the background of a shell ignores Ctrl-C; one that a person runs does not.
signal.signal(signal.SIGINT, signal.default_int_handler)

def stopped(volume, *, device, threads, progress):
    signal.raise_signal(getattr(signal, sys.argv[3]))

run_and_tell(lambda: Job(Path(sys.argv[1]), Path(sys.argv[2])), JsonLines(), lambda name: stopped)
"""


def start(*command: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGE), str(HERE)])}
    return subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_version_is_told():
    assert hipjoint("--version")[:2] == (0, f"hipjoint {__version__}\n")


def test_help_comes_within_a_second_of_processor_time():
    code = (
        "import time, hipjoint.cli.app as door; door.app(['--help'], standalone_mode=False); print(time.process_time())"
    )
    out, _ = start("-c", code).communicate(timeout=60)
    assert "segment" in out
    assert float(out.split()[-1]) < 1.0


def test_help_loads_none_of_the_heavy_libraries():
    heavy = ("numpy", "scipy", "SimpleITK", "vtkmodules", "rich.progress")
    code = f"import sys, hipjoint.cli.app; print([name for name in {heavy} if name in sys.modules])"
    assert start("-c", code).communicate(timeout=60)[0] == "[]\n"


def test_a_scan_that_is_not_there_is_one_sentence_and_exit_code_2(tmp_path):
    code, out, err = hipjoint("segment", str(tmp_path / "scan.nrrd"), "-o", str(tmp_path / "out"), "--progress", "none")
    assert (code, out) == (2, "")
    assert "scan.nrrd" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_programs_get_the_error_as_the_last_json_line(tmp_path):
    code, out, err = hipjoint("segment", str(tmp_path / "scan.nrrd"), "-o", str(tmp_path / "out"), "--progress", "json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[0] == {"stage": "Starting", "fraction": 0.0}
    assert lines[-1] == {"error": err.strip(), "code": 2}
    assert code == 2


def test_the_bar_ends_with_the_sentence(tmp_path):
    code, _, err = hipjoint("segment", str(tmp_path / "scan.nrrd"), "-o", str(tmp_path / "out"))
    assert code == 2
    assert "scan.nrrd" in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM"])
def test_a_run_that_is_stopped_says_so_and_leaves_nothing(a_scan_on_disk, tmp_path, how):
    process = start("-c", STOPPED, str(a_scan_on_disk), str(tmp_path / "out"), how)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out.splitlines()[-1]) == {"error": "Stopped: nothing was written.", "code": 130}
    assert err == "Stopped: nothing was written.\n"
    assert list(tmp_path.iterdir()) == [a_scan_on_disk]


@pytest.mark.parametrize(("problem", "code"), [(InputError("No."), 2), (ModelError("No."), 3)])
def test_a_known_problem_gives_its_sentence_and_its_exit_code(problem, code):
    told = []

    def fail() -> None:
        raise problem

    assert guarded(fail, lambda *said: told.append(said)) == code
    assert told == [("No.", code)]


def test_an_unforeseen_problem_leaves_its_traceback_in_a_log(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told = []
    assert guarded(lambda: 1 / 0, lambda *said: told.append(said)) == 1
    (log,) = tmp_path.iterdir()
    assert str(log) in told[0][0]
    assert "ZeroDivisionError" in log.read_text()
