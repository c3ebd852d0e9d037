"""Render what a folder specifies: ``python -m hipjoint.report.render FOLDER`` (see ``picture``)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (registers the renderer that VTK picks for this machine)
from vtkmodules.vtkCommonCore import vtkLookupTable, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkPolyDataNormals, vtkTubeFilter
from vtkmodules.vtkFiltersSources import vtkSphereSource
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

_FAR_MM = 2000.0


def render_folder(folder: Path) -> None:
    """Write ``<title>.png`` for every picture of ``pictures.json`` in ``folder``; its surfaces are ``<name>.vtp``."""
    pictures = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
    names = {mesh["name"] for picture in pictures.values() for mesh in picture["meshes"]}
    bones = {name: _bone(folder / f"{name}.vtp") for name in names}
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetAlphaBitPlanes(1)
    for title, picture in pictures.items():
        renderer = _renderer(picture, bones)
        window.SetSize(*picture["size"])
        window.AddRenderer(renderer)
        _aim(renderer, picture["camera"])
        window.Render()
        _save(window, folder / f"{title}.png")
        window.RemoveRenderer(renderer)


def _renderer(picture: dict[str, Any], bones: dict[str, vtkPolyDataNormals]) -> vtkRenderer:
    renderer = vtkRenderer()
    renderer.SetBackground(1.0, 1.0, 1.0)
    renderer.SetUseDepthPeeling(1)
    renderer.SetMaximumNumberOfPeels(8)
    renderer.SetUseFXAA(True)
    vtkLightKit().AddLightsToRenderer(renderer)
    for mesh in picture["meshes"]:
        renderer.AddActor(_mesh_actor(mesh, bones[mesh["name"]]))
    for ball in picture["balls"]:
        renderer.AddActor(_actor(_ball(ball), ball["colour"], ball["opacity"]))
    for tube in picture["tubes"]:
        renderer.AddActor(_actor(_tube(tube), tube["colour"], 1.0))
    for sheet in picture["sheets"]:
        renderer.AddActor(_actor(_sheet(sheet), sheet["colour"], sheet["opacity"]))
    return renderer


def _bone(path: Path) -> vtkPolyDataNormals:
    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(path))
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(reader.GetOutputPort())
    normals.SplittingOff()
    normals.Update()
    return normals


def _mesh_actor(mesh: dict[str, Any], source: vtkPolyDataNormals) -> vtkActor:
    actor = _actor(source, mesh["colour"], mesh["opacity"])
    if mesh["scale"]:
        table = vtkLookupTable()
        table.SetHueRange(0.0, 0.62)
        table.SetNumberOfTableValues(64)
        table.SetNanColor(0.8, 0.8, 0.8, 1.0)
        table.Build()
        mapper = actor.GetMapper()
        mapper.ScalarVisibilityOn()
        mapper.SetLookupTable(table)
        mapper.SetScalarRange(*mesh["scale"])
    return actor


def _actor(source: Any, colour: list[int], opacity: float) -> vtkActor:
    mapper = vtkPolyDataMapper()
    if isinstance(source, vtkPolyData):
        mapper.SetInputData(source)
    else:
        mapper.SetInputConnection(source.GetOutputPort())
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    shade = actor.GetProperty()
    shade.SetColor(*(channel / 255 for channel in colour))
    shade.SetOpacity(opacity)
    shade.SetAmbient(0.15)
    shade.SetSpecular(0.12)
    return actor


def _ball(ball: dict[str, Any]) -> vtkSphereSource:
    source = vtkSphereSource()
    source.SetCenter(*ball["at"])
    source.SetRadius(ball["radius"])
    source.SetThetaResolution(48)
    source.SetPhiResolution(32)
    return source


def _tube(tube: dict[str, Any]) -> vtkTubeFilter:
    points = tube["points"] + tube["points"][:1] if tube["closed"] else tube["points"]
    source = vtkTubeFilter()
    source.SetInputData(_polydata(points, lines=True))
    source.SetRadius(tube["radius"])
    source.SetNumberOfSides(14)
    source.CappingOn()
    return source


def _sheet(sheet: dict[str, Any]) -> vtkPolyData:
    return _polydata(sheet["corners"], lines=False)


def _polydata(places: list[list[float]], *, lines: bool) -> vtkPolyData:
    points = vtkPoints()
    for place in places:
        points.InsertNextPoint(*place)
    cells = vtkCellArray()
    cells.InsertNextCell(len(places))
    for number in range(len(places)):
        cells.InsertCellPoint(number)
    data = vtkPolyData()
    data.SetPoints(points)
    (data.SetLines if lines else data.SetPolys)(cells)
    return data


def _aim(renderer: vtkRenderer, view: dict[str, Any]) -> None:
    camera = renderer.GetActiveCamera()
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(*view["focus"])
    camera.SetPosition(*(f - _FAR_MM * d for f, d in zip(view["focus"], view["direction"], strict=True)))
    camera.SetViewUp(*view["up"])
    camera.SetParallelScale(view["half_height"])
    renderer.ResetCameraClippingRange()


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
