"""What can compute."""

import shutil
import subprocess

from slicer.i18n import tr as _

_SECONDS = 5


def devices():
    """Pairs of a name on the engine's command line and a title; the graphics card only where there is one."""
    found = [("auto", _("Automatic")), ("cpu", _("Processor (CPU)"))]
    card = graphicsCard()
    return [*found, ("cuda", _("Graphics card ({name})").format(name=card))] if card else found


def graphicsCard():
    """Name of the first NVIDIA card as its driver gives it, an empty text if there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip().partition("\n")[0]
