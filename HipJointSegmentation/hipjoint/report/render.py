"""Render the surfaces in a folder to pictures: ``python -m hipjoint.report.render FOLDER`` (see ``scene``)."""

from __future__ import annotations

import sys
from pathlib import Path

import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (registers the renderer that VTK picks for this machine)
from vtkmodules.vtkFiltersCore import vtkPolyDataNormals
from vtkmodules.vtkIOImage import vtkPNGWriter
from vtkmodules.vtkIOXML import vtkXMLPolyDataReader
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkLightKit,
    vtkPolyDataMapper,
    vtkRenderer,
    vtkRenderWindow,
    vtkWindowToImageFilter,
)

# Where the camera stands, seen from the middle of the bones (LPS): in front of the patient, or behind.
DIRECTIONS = {"front": (0.0, -1.0, 0.0), "back": (0.0, 1.0, 0.0)}
WIDTH, HEIGHT = 1200, 900
MARGIN = 1.06


def render_folder(folder: Path) -> None:
    """Write ``<view>.png`` for every view of the surfaces ``R-G-B_<name>.vtp`` (LPS mm) in ``folder``."""
    renderer = vtkRenderer()
    renderer.SetBackground(1.0, 1.0, 1.0)
    for path in sorted(folder.glob("*.vtp")):
        renderer.AddActor(_actor(path))
    vtkLightKit().AddLightsToRenderer(renderer)
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(8)
    window.SetSize(WIDTH, HEIGHT)
    window.AddRenderer(renderer)
    for view, direction in DIRECTIONS.items():
        _aim(renderer, direction)
        window.Render()
        _save(window, folder / f"{view}.png")


def _actor(path: Path) -> vtkActor:
    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(path))
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(reader.GetOutputPort())
    normals.SplittingOff()
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(normals.GetOutputPort())
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    shade = actor.GetProperty()
    shade.SetColor(*(int(channel) / 255 for channel in path.name.split("_")[0].split("-")))
    shade.SetAmbient(0.12)
    shade.SetSpecular(0.15)
    shade.SetSpecularPower(20)
    return actor


def _aim(renderer: vtkRenderer, direction: tuple[float, float, float]) -> None:
    """Look at the middle of the bones from ``direction``, the head end up, everything in view."""
    bounds = renderer.ComputeVisiblePropBounds()
    middle = [(bounds[2 * axis] + bounds[2 * axis + 1]) / 2 for axis in range(3)]
    camera = renderer.GetActiveCamera()
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(middle)
    camera.SetPosition([m + 1000 * d for m, d in zip(middle, direction, strict=True)])
    camera.SetViewUp(0.0, 0.0, 1.0)
    renderer.ResetCameraClippingRange()
    half_width, half_height = (bounds[1] - bounds[0]) / 2, (bounds[5] - bounds[4]) / 2
    camera.SetParallelScale(MARGIN * max(half_height, half_width * HEIGHT / WIDTH))


def _save(window: vtkRenderWindow, path: Path) -> None:
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.ShouldRerenderOff()
    writer = vtkPNGWriter()
    writer.SetInputConnection(grab.GetOutputPort())
    writer.SetFileName(str(path))
    writer.Write()


if __name__ == "__main__":
    render_folder(Path(sys.argv[1]))
