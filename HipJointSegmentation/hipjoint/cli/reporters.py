"""How a run speaks to whoever started it: a bar for people, JSON lines for programs, or nothing but errors."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Literal, Protocol

from hipjoint.progress import Progress, Silent

Mode = Literal["bar", "json", "none"]

# What the files are, for people; the order is the one in which they are worth opening.
_FILES = {
    "report.html": "pictures, numbers and warnings; open it in a browser",
    "segmentation.seg.nrrd": "what was found with names and colours, for 3D Slicer",
    "meshes": "a surface model of each bone, for printing and planning",
    "thickness": "surface of each femur painted with the thickness of its cortex",
    "labels.nii.gz": "label map on the grid of the image",
    "measurements.csv": "every number that was measured, for a spreadsheet",
    "measurements.json": "the same for programs",
    "evaluation.html": "the table of agreement and every case; open it in a browser",
    "evaluation.csv": "a line a structure and case, for a spreadsheet",
    "grades.csv": "a line a hip with volumes, share and grade",
    "evaluation.json": "all of it for programs",
    "run.json": "versions, models and checksums of this run",
}


class Reporter(Progress, Protocol):
    """A progress that also says how the run ended."""

    def done(self, out: Path) -> None:
        """The results are in the folder ``out``."""

    def failed(self, sentence: str, code: int) -> None:
        """The run ended with ``code``; ``sentence`` says why."""


def reporter(mode: Mode) -> Reporter:
    """The reporter for a ``--progress`` choice."""
    reporters: dict[Mode, type[Reporter]] = {"bar": Bar, "json": JsonLines, "none": Quiet}
    return reporters[mode]()


class Quiet(Silent):
    """Says nothing but errors."""

    def done(self, out: Path) -> None:
        """Ignore."""

    def failed(self, sentence: str, code: int) -> None:  # noqa: ARG002  (the exit code says it)
        """Write the sentence to standard error."""
        sys.stderr.write(f"{sentence}\n")


class JsonLines:
    """One JSON object a line on standard output, sent at once."""

    def step(self, stage: str, fraction: float) -> None:
        """``{"stage": words, "fraction": 0 to 1}``."""
        self._send(stage=stage, fraction=round(fraction, 4))

    def note(self, message: str) -> None:
        """``{"note": words}``."""
        self._send(note=message)

    def done(self, out: Path) -> None:
        """``{"done": true, "output": folder}``."""
        self._send(done=True, output=str(out))

    def failed(self, sentence: str, code: int) -> None:
        """``{"error": sentence, "code": exit code}``; the sentence goes to standard error too."""
        self._send(error=sentence, code=code)
        sys.stderr.write(f"{sentence}\n")

    def _send(self, **fields: Any) -> None:
        sys.stdout.write(json.dumps(fields) + "\n")
        sys.stdout.flush()


class Bar:
    """A progress bar and notes on standard error; the list of files at the end on standard output."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        columns = (TextColumn("{task.description:<36}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        self._bar = RichProgress(*columns, console=self._console)
        self._task = self._bar.add_task("Starting", total=1.0)

    def step(self, stage: str, fraction: float) -> None:
        """Move the bar."""
        self._bar.start()
        self._bar.update(self._task, description=stage, completed=fraction)

    def note(self, message: str) -> None:
        """Print a line above the bar."""
        self._console.print(message, markup=False)

    def done(self, out: Path) -> None:
        """Name the files and say what they are for."""
        self._bar.stop()
        sys.stdout.write(f"\nResults in {out}:\n")
        for name, purpose in ((name, purpose) for name, purpose in _FILES.items() if (out / name).exists()):
            sys.stdout.write(f"  {out / name!s:<40}  {purpose}\n")
            sys.stdout.writelines(f"    {model}\n" for model in sorted((out / name).glob("*")))

    def failed(self, sentence: str, code: int) -> None:  # noqa: ARG002  (the exit code says it)
        """Print the sentence below the bar."""
        self._bar.stop()
        self._console.print(sentence, markup=False)
