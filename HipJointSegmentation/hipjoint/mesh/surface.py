"""From a field to the surface of a bone: closed, manifold, smooth below the size of a voxel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D, vtkWindowedSincPolyDataFilter

from hipjoint.mesh.arrays import Points, Triangles, arrays, signed_volumes, surface_of

# Light: evens out slivers and steps; moves the surface of a femoral head by less than 0.02 mm on a 1 mm grid.
_ITERATIONS, _PASS_BAND = 10, 0.1
# No point of the surface is nearer to a sample than this share of the way to the next: see ``_away_from_zero``.
_NEAREST = 0.001


def surface_from_field(field: sitk.Image) -> vtkPolyData:
    """The zero level of a field that is positive inside (3D, any direction cosines), as a surface in LPS mm.

    Closed and manifold, seen from outside, one piece: islands and hollows of the field are left out. What lies beyond
    the field's border counts as outside, so that a bone that reaches it gets a flat end on the outer faces of the
    border voxels. Flying Edges (Schroeder et al. 2015), then windowed-sinc smoothing (Taubin et al. 1996), which does
    not shrink. Raises ``ValueError`` if nothing of the field is positive.
    """
    values = sitk.GetArrayViewFromImage(field)
    if not (values > 0).any():
        raise ValueError("the field has no inside")
    points, triangles = _zero_level(_away_from_zero(_capped(values)))
    points, triangles = _outer_shell(points, triangles)
    return _smoothed(surface_of(*_in_space(points, triangles, field)))


def _capped(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A layer more on all sides, as far outside as the border is inside: the end lies on the border voxels' faces."""
    inside = (slice(1, -1),) * 3
    capped = np.pad(values.astype(np.float32), 1, mode="edge")
    core = capped[inside].copy()
    np.negative(np.abs(capped), out=capped)
    capped[inside] = core
    return capped


def _away_from_zero(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The field with values at zero moved off it, by at most a thousandth of a neighbour's value.

    Where a sample is zero all edges round it are cut in the same place, which makes triangles without area.
    """
    size = np.abs(values)
    least = np.maximum(ndimage.maximum_filter(size, 3) * np.float32(_NEAREST), np.finfo(np.float32).tiny)
    np.maximum(size, least, out=size)
    return np.where(values > 0, size, -size)


def _zero_level(values: npt.NDArray[np.float32]) -> tuple[Points, Triangles]:
    """Points in (x, y, z) voxels of the field before it was capped, and triangles."""
    image = vtkImageData()
    image.SetDimensions(values.shape[::-1])
    image.SetOrigin(-1, -1, -1)
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel()))
    contour = vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.SetValue(0, 0.0)
    contour.ComputeNormalsOff()
    contour.ComputeScalarsOff()
    contour.Update()
    return arrays(contour.GetOutput())


def _outer_shell(points: Points, triangles: Triangles) -> tuple[Points, Triangles]:
    """The shell round the largest volume; the walls of hollows inside it are shells of their own."""
    ends = triangles[:, [0, 1, 1, 2]].reshape(-1, 2).T
    links = coo_array((np.ones(ends.shape[1], bool), ends), (len(points), len(points)))
    shell = connected_components(links, directed=False)[1][triangles[:, 0]]
    volumes = np.bincount(shell, signed_volumes(points, triangles))
    kept = triangles[shell == volumes.argmax()]
    used, numbers = np.unique(kept, return_inverse=True)
    return points[used], numbers.reshape(-1, 3)


def _in_space(points: Points, triangles: Triangles, field: sitk.Image) -> tuple[Points, Triangles]:
    direction = np.array(field.GetDirection()).reshape(3, 3)
    placed = points @ (direction * field.GetSpacing()).T + field.GetOrigin()
    # A mirrored grid turns each triangle's front to the inside.
    return placed, triangles if np.linalg.det(direction) > 0 else triangles[:, ::-1]


def _smoothed(surface: vtkPolyData) -> vtkPolyData:
    smoothing = vtkWindowedSincPolyDataFilter()
    smoothing.SetInputData(surface)
    smoothing.SetNumberOfIterations(_ITERATIONS)
    smoothing.SetPassBand(_PASS_BAND)
    smoothing.NormalizeCoordinatesOn()
    smoothing.BoundarySmoothingOff()
    smoothing.FeatureEdgeSmoothingOff()
    smoothing.Update()
    smooth: vtkPolyData = smoothing.GetOutput()
    return smooth
