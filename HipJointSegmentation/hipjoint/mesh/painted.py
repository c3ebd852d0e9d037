"""Surfaces with numbers at their points, as files: VTP for Slicer and ParaView, PLY with colours for others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import trimesh
from matplotlib.colors import hsv_to_rgb
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

from hipjoint.errors import InputError
from hipjoint.mesh.arrays import Points, Triangles, surface_of

# From red at the low end to blue at the high end, as the pictures of the report; grey where nothing was measured.
HUES = (0.0, 0.62)
_GREY = (204, 204, 204)


def painted(points: Points, triangles: Triangles, numbers: Mapping[str, Points]) -> vtkPolyData:
    """The surface (LPS mm) with each of ``numbers`` (n,) at its points; the first is the one that is shown."""
    surface = surface_of(points, triangles)
    for name, values in numbers.items():
        array = numpy_to_vtk(np.ascontiguousarray(values, dtype=np.float32), deep=True)
        array.SetName(name)
        surface.GetPointData().AddArray(array)
    surface.GetPointData().SetActiveScalars(next(iter(numbers)))
    return surface


def write_vtp(surface: vtkPolyData, path: Path) -> None:
    """Write a painted surface as VTK XML. Raises ``InputError`` if the file cannot be written."""
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(surface)
    writer.SetFileName(str(path))
    if not writer.Write():
        raise InputError(f"{path} cannot be written: check the folder and the free space.")


def write_ply(
    points: Points, triangles: Triangles, numbers: Mapping[str, Points], path: Path, scale: tuple[float, float]
) -> None:
    """Write a surface (LPS mm) as binary PLY with ``numbers`` (n,) as properties of its points.

    The first of them is shown as colour on ``scale`` (lower, upper end). What was not measured is NaN and grey.
    """
    mesh = trimesh.Trimesh(points, triangles, process=False)
    for name, values in numbers.items():
        mesh.vertex_attributes[name] = np.asarray(values, dtype=np.float32)
    mesh.visual.vertex_colors = colours(next(iter(numbers.values())), scale)
    path.write_bytes(mesh.export(file_type="ply", vertex_normal=False))


def colours(values: Points, scale: tuple[float, float]) -> Points:
    """Colours (n, 4), 0 to 255, of numbers (n,) on a fixed scale."""
    share = np.clip((np.nan_to_num(values) - scale[0]) / (scale[1] - scale[0]), 0, 1)
    hues = HUES[0] + (HUES[1] - HUES[0]) * share
    rgb = (255 * hsv_to_rgb(np.column_stack([hues, np.ones_like(hues), np.ones_like(hues)]))).round()
    rgb[~np.isfinite(values)] = _GREY
    return np.column_stack([rgb, np.full(len(rgb), 255)]).astype(np.uint8)
