"""A 3D picture as plain data: bones, balls, tubes and sheets in LPS mm, and where the camera stands.

VTK renders it without a window in a process of its own (``python -m hipjoint.report.render FOLDER``): on a machine
without a usable graphics library VTK may end the process it runs in, and a run of several minutes must not be lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

SPECIFICATION = "pictures.json"
# Four seconds are enough on a free core, minutes are not where many runs share one. A renderer that hangs must end.
LIMIT_SECONDS = 600

NO_GRAPHICS = (
    "No 3D picture could be rendered on this machine: its graphics library (OpenGL) is missing or does not work; on "
    "Linux the packages libegl1 and libegl-mesa0 bring it."
)
TOO_SLOW = (
    "The 3D pictures were not ready within {minutes:.0f} minutes: this machine is too busy, or slow at drawing. "
    "Nothing else depends on them; run it again when there is less to do."
)

Point = tuple[float, float, float]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Mesh:
    """A surface by its name; ``scale`` gives the lowest and the highest of its point values to colour it by."""

    name: str
    colour: Colour
    opacity: float = 1.0
    scale: tuple[float, float] | None = None


@dataclass(frozen=True)
class Ball:
    """A landmark or a fitted sphere."""

    at: Point
    radius: float
    colour: Colour
    opacity: float = 1.0


@dataclass(frozen=True)
class Tube:
    """A line through points, or a closed curve."""

    points: tuple[Point, ...]
    colour: Colour
    closed: bool = False
    radius: float = 0.9


@dataclass(frozen=True)
class Sheet:
    """A part of a plane."""

    corners: tuple[Point, Point, Point, Point]
    colour: Colour
    opacity: float = 0.3


@dataclass(frozen=True)
class Camera:
    """Looks at ``focus`` along ``direction`` (to the focus); ``half_height`` mm are seen above and below it."""

    focus: Point
    direction: Point
    up: Point
    half_height: float


@dataclass(frozen=True)
class Picture:
    """One picture with everything in it."""

    camera: Camera
    meshes: tuple[Mesh, ...]
    balls: tuple[Ball, ...] = ()
    tubes: tuple[Tube, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    size: tuple[int, int] = (720, 640)  # pixels


class Rendered(dict[str, bytes]):
    """PNG by the title of its picture; none if this machine cannot render, and then ``missing`` says why."""

    def __init__(self, pngs: Mapping[str, bytes] | None = None, missing: str = "") -> None:
        super().__init__(pngs or {})
        self.missing = missing


def render_pictures(pictures: Mapping[str, Picture], surfaces: Mapping[str, vtkPolyData]) -> Rendered:
    """PNG of each picture; ``surfaces`` (LPS mm) go by the names of meshes."""
    if not pictures:
        return Rendered()
    with tempfile.TemporaryDirectory(prefix="hipjoint-") as name:
        folder = Path(name)
        for used in {mesh.name for picture in pictures.values() for mesh in picture.meshes}:
            _write(surfaces[used], folder / f"{used}.vtp")
        specification = {title: asdict(picture) for title, picture in pictures.items()}
        (folder / SPECIFICATION).write_text(json.dumps(specification), encoding="utf-8")
        missing = _run_renderer(folder)
        found = {title: folder / f"{title}.png" for title in pictures}
        if missing or not all(path.is_file() for path in found.values()):
            return Rendered(missing=missing or NO_GRAPHICS)
        return Rendered({title: path.read_bytes() for title, path in found.items()})


def _write(surface: vtkPolyData, path: Path) -> None:
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(surface)
    writer.SetFileName(str(path))
    writer.SetCompressorTypeToNone()
    writer.Write()


def _run_renderer(folder: Path) -> str:
    """Render what the folder specifies; why that was not possible, or nothing."""
    package = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-m", "hipjoint.report.render", str(folder)]
    try:
        subprocess.run(command, env=environment, capture_output=True, timeout=LIMIT_SECONDS, check=True)  # noqa: S603
    except subprocess.TimeoutExpired:
        return TOO_SLOW.format(minutes=LIMIT_SECONDS / 60)
    except (OSError, subprocess.SubprocessError):
        return NO_GRAPHICS
    return ""
