"""Label maps of bones from what a user gives: a label map, a folder of results, or a folder of surface models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersCore import vtkTriangleFilter
from vtkmodules.vtkImagingStencil import vtkImageStencilToImage, vtkPolyDataToImageStencil
from vtkmodules.vtkIOGeometry import vtkOBJReader, vtkSTLReader
from vtkmodules.vtkIOPLY import vtkPLYReader

from hipjoint.labels import Label
from hipjoint.mesh.arrays import arrays, surface_of
from hipjoint.volume.label_map import read_label_map
from hipjoint.volume.problem import Problem

LABELS = "labels.nii.gz"
MESHES = "meshes"
# Fine enough for joint surfaces, coarse enough for a whole femur.
_STEP_MM, _MARGIN_MM = 0.8, 4.0
_READERS: dict[str, Any] = {".stl": vtkSTLReader, ".ply": vtkPLYReader, ".obj": vtkOBJReader}


def read_bones(path: Path, table: Sequence[Label]) -> sitk.Image:
    """The label map (uint8, LPS mm) in a file, in the results of a run, or of the surface models in a folder.

    Models are files named as their label ("femur_right.stl"; STL, PLY or OBJ), closed, in LPS mm unless their header
    says SPACE=RAS. Raises ``InputError``, one sentence with the path, if there is nothing of that.
    """
    if not path.is_dir():
        return read_label_map(path, table)
    if (path / LABELS).is_file():
        return read_label_map(path / LABELS, table)
    folder = path / MESHES if (path / MESHES).is_dir() else path
    models = {label: found for label in table if (found := _model(folder, label)) is not None}
    if not models:
        wanted = ", ".join(f"{label.name}.stl" for label in table)
        raise Problem(f"holds neither {LABELS} nor surface models", f"give a label map, or name models {wanted}").error(
            path
        )
    return _label_map({label: _read_model(file) for label, file in models.items()})


def _model(folder: Path, label: Label) -> Path | None:
    return next((file for suffix in _READERS if (file := folder / f"{label.name}{suffix}").is_file()), None)


def _read_model(path: Path) -> vtkPolyData:
    reader = _READERS[path.suffix]()
    reader.SetFileName(str(path))
    triangles = vtkTriangleFilter()
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.Update()
    surface: vtkPolyData = triangles.GetOutput()
    if surface.GetNumberOfPolys() == 0:
        raise Problem("holds no surface", "export the model again").error(path)
    if b"SPACE=RAS" in path.open("rb").read(400):
        points, numbers = arrays(surface)
        return surface_of(points * (-1, -1, 1), numbers)
    return surface


def _label_map(models: dict[Label, vtkPolyData]) -> sitk.Image:
    """All models in one label map along LPS; where two overlap, the later one of the table counts."""
    bounds = np.array([model.GetBounds() for model in models.values()])
    low, high = bounds[:, ::2].min(axis=0) - _MARGIN_MM, bounds[:, 1::2].max(axis=0) + _MARGIN_MM
    size = np.ceil((high - low) / _STEP_MM).astype(int) + 1
    values = np.zeros(tuple(reversed(size.tolist())), np.uint8)
    for label, model in models.items():
        values[_filled(model, low.tolist(), size.tolist())] = label.value
    image = sitk.GetImageFromArray(values)
    image.SetOrigin(low.tolist())
    image.SetSpacing([_STEP_MM] * 3)
    return image


def _filled(model: vtkPolyData, origin: list[float], size: list[int]) -> np.ndarray:
    """Which voxels [z, y, x] of a grid have their middle in a closed surface."""
    stencil = vtkPolyDataToImageStencil()
    stencil.SetInputData(model)
    stencil.SetOutputOrigin(origin)
    stencil.SetOutputSpacing([_STEP_MM] * 3)
    stencil.SetOutputWholeExtent(0, size[0] - 1, 0, size[1] - 1, 0, size[2] - 1)
    fill = vtkImageStencilToImage()
    fill.SetInputConnection(stencil.GetOutputPort())
    fill.SetInsideValue(1)
    fill.SetOutsideValue(0)
    fill.SetOutputScalarTypeToUnsignedChar()
    fill.Update()
    filled = vtk_to_numpy(fill.GetOutput().GetPointData().GetScalars())
    return np.asarray(filled.reshape(size[::-1]) != 0)
