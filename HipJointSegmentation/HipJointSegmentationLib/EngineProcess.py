"""The engine in a process of its own."""

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from hipjoint.errors import HipJointError

_MODULE_FOLDER = Path(__file__).resolve().parent.parent
SECONDS_TO_END = 5.0
# What the system says about a group of processes that have all ended; the second on macOS.
_NOBODY = (ProcessLookupError, PermissionError)


class EngineProcess:
    """One run of ``PythonSlicer -m hipjoint`` that is asked, not waited for; without Qt.

    What it says goes to files in ``folder``, which must exist, and is read from there: no pipe can fill up.
    """

    def __init__(self, arguments, folder):
        self._arguments = [str(argument) for argument in arguments]
        self._said, self._complained = Path(folder, "said.jsonl"), Path(folder, "complained.txt")
        self._process = None
        self._read = 0

    def start(self):
        """Start it. Raises ``HipJointError`` if Slicer's Python is not found."""
        python = shutil.which("PythonSlicer")
        if python is None:
            raise HipJointError("PythonSlicer, the Python of 3D Slicer, is not found: install 3D Slicer again.")
        command = [python, "-m", "hipjoint", *self._arguments]
        with self._said.open("wb") as said, self._complained.open("wb") as complained:
            self._process = subprocess.Popen(  # noqa: S603  (the arguments are names of files and choices of a list)
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=complained, env=_environment(), **_ownGroup()
            )
        atexit.register(self.stop)

    @property
    def running(self):
        """Whether it has not ended yet."""
        return self._process is not None and self._process.poll() is None

    @property
    def exitCode(self):
        """Exit code of the command, None while it runs."""
        return self._process.poll()

    def messages(self):
        """The JSON objects that it said since the last call; lines that are no JSON come as notes."""
        with self._said.open("rb") as file:
            file.seek(self._read)
            lines = file.read()
        complete = lines[: lines.rfind(b"\n") + 1]
        self._read += len(complete)
        return [_message(line) for line in complete.decode("utf-8", "replace").splitlines() if line.strip()]

    def complaints(self):
        """What it wrote to standard error."""
        return self._complained.read_text(encoding="utf-8", errors="replace").strip()

    def askToEnd(self):
        """Ask the process and all it has started to end; they clean up and may take a moment."""
        _signal(self._process, hard=False)

    @property
    def gone(self):
        """Whether nothing runs any more: not the launcher, not the engine that it started."""
        return not self.running and not _groupLives(self._process)

    def stop(self):
        """End the process and all it has started, and come back when they have ended."""
        self.askToEnd()
        end = time.monotonic() + SECONDS_TO_END
        while not self.gone and time.monotonic() < end:
            time.sleep(0.02)
        self.kill()

    def kill(self):
        """End at once whatever still runs."""
        atexit.unregister(self.stop)
        if not self.gone:
            _signal(self._process, hard=True)
        self._process.wait()


def _environment():
    paths = [str(_MODULE_FOLDER), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTHONIOENCODING": "utf-8"}


def _ownGroup():
    """PythonSlicer starts Python as its child: a group of their own lets both be ended together."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _signal(process, hard):
    if sys.platform == "win32":
        # Windows has no request to end that reaches a process without a window.
        command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603
        return
    with contextlib.suppress(*_NOBODY):
        os.killpg(process.pid, signal.SIGKILL if hard else signal.SIGTERM)


def _groupLives(process):
    """The launcher may be gone before the engine is."""
    if sys.platform == "win32":
        return False
    with contextlib.suppress(*_NOBODY):
        os.killpg(process.pid, 0)
        return True
    return False


def _message(line):
    try:
        message = json.loads(line)
    except ValueError:
        return {"note": line}
    return message if isinstance(message, dict) else {"note": line}
