"""Triangle surfaces as numpy arrays and as VTK polygon data."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

Points = npt.NDArray[np.floating]
Triangles = npt.NDArray[np.int64]


def arrays(surface: vtkPolyData) -> tuple[Points, Triangles]:
    """Points (n, 3) and the point numbers (m, 3) of the triangles of a surface that has only triangles."""
    points = vtk_to_numpy(surface.GetPoints().GetData())
    triangles = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return points, triangles.astype(np.int64, copy=False)


def surface_of(points: Points, triangles: Triangles) -> vtkPolyData:
    """The surface with float32 ``points`` (n, 3) and ``triangles`` (m, 3); it owns its memory."""
    held = vtkPoints()
    held.SetData(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float32), deep=True))
    cells = vtkCellArray()
    cells.SetData(3, numpy_to_vtkIdTypeArray(np.ascontiguousarray(triangles, dtype=np.int64).ravel(), deep=True))
    surface = vtkPolyData()
    surface.SetPoints(held)
    surface.SetPolys(cells)
    return surface


def signed_volumes(points: Points, triangles: Triangles) -> npt.NDArray[np.float64]:
    """Volume (m,) of the tetrahedron each triangle makes with the origin, positive where its front faces away.

    Their sum over a closed surface is the volume inside it, positive if it is seen from outside (divergence theorem).
    """
    corners = points.astype(np.float64)[triangles]
    normals = np.cross(corners[:, 1], corners[:, 2])
    return np.asarray(np.einsum("ij,ij->i", corners[:, 0], normals) / 6)
