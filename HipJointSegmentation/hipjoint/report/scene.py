"""A 3D picture of the bones, rendered by VTK without a window.

The rendering runs in a process of its own (``python -m hipjoint.report.render FOLDER``): on a machine without a
usable graphics library VTK may end the process it runs in, and a run of several minutes must not be lost to that.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

from hipjoint.labels import Label

VIEWS = ("front", "back")
_SECONDS = 180


def render_views(surfaces: Sequence[tuple[Label, vtkPolyData]]) -> dict[str, bytes]:
    """PNG of the surfaces (LPS mm) for each of ``VIEWS``; empty where this machine cannot render."""
    with tempfile.TemporaryDirectory(prefix="hipjoint-") as name:
        folder = Path(name)
        for label, surface in surfaces:
            _write(surface, folder / f"{'-'.join(map(str, label.colour))}_{label.name}.vtp")
        if not _run_renderer(folder):
            return {}
        return {view: (folder / f"{view}.png").read_bytes() for view in VIEWS}


def _write(surface: vtkPolyData, path: Path) -> None:
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(surface)
    writer.SetFileName(str(path))
    writer.SetCompressorTypeToNone()
    writer.Write()


def _run_renderer(folder: Path) -> bool:
    """Whether the process of its own made all pictures."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "hipjoint.report.render", str(folder)]
    try:
        subprocess.run(command, env=environment, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return all((folder / f"{view}.png").is_file() for view in VIEWS)
