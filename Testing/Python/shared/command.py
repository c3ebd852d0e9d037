"""The hipjoint command, run as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3] / "HipJointSegmentation"


def hipjoint(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command."""
    answer = subprocess.run(
        [sys.executable, "-m", "hipjoint", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return answer.returncode, answer.stdout, answer.stderr
