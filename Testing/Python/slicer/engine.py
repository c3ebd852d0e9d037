"""A small engine that stands where the trained models would run, and a look at the processes of engines."""

from __future__ import annotations

import time

import psutil

# What was killed takes a while to go on a busy machine; what was not killed runs for minutes.
GONE_WITHIN = 60.0  # seconds
# Stands for Slicer's Python: the real command and its real output, but the task finds spheres in no time, or never.
SPHERES = """
import sys, time
from pathlib import Path
import phantom
import hipjoint.output.write
from hipjoint.cli.app import run_and_tell
from hipjoint.cli.reporters import JsonLines
from hipjoint.job import Job

hipjoint.output.write.write_report = lambda *_: None  # drawn for no one here, and slowly

def find_spheres(volume, *, device, threads, progress):
    progress.step("Finding spheres", 0.5)
    progress.note("Device: " + device)
    time.sleep({seconds})
    return phantom.segmented(volume.image)

arguments = sys.argv[sys.argv.index("segment") + 1:]
job = Job(Path(arguments[0]), Path(arguments[2]), device=arguments[6])
run_and_tell(lambda: job, JsonLines(), lambda name: find_spheres)
"""


def engines() -> list[psutil.Process]:
    """The launcher and the engine that are running."""
    return alive(psutil.Process().children(recursive=True))


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run, also where the process that started them is gone."""
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def left(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run a minute later; returns as soon as none does."""
    begun = time.monotonic()
    while alive(processes) and time.monotonic() - begun < GONE_WITHIN:
        time.sleep(0.05)
    return alive(processes)
