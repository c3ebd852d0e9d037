"""Signed distance fields of closed meshes on regular grids (LPS mm, negative inside)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
import vtk
from scipy.spatial import cKDTree
from vtk.util import numpy_support

from Training.simulate.noise import bounds, touches

EXACT = 9.0  # mm from the surface within which the distance is taken to the surface itself
LIMIT = 30.0  # mm; beyond this the distance is of no use to anybody and float16 keeps its precision


@dataclass(frozen=True)
class Sdf:
    """``values`` (Z, Y, X) float16 distances in mm, negative inside; ``origin`` (x, y, z) LPS mm; ``spacing`` mm."""

    values: torch.Tensor
    origin: torch.Tensor
    spacing: float

    def save(self, path: Path) -> None:
        """Write values as .npy (readable memory-mapped) and the geometry beside it."""
        np.save(path.with_suffix(".npy"), self.values.cpu().numpy())
        np.save(path.with_suffix(".geometry.npy"), np.r_[self.origin.cpu().numpy(), self.spacing])

    @staticmethod
    def load(path: Path) -> Sdf:
        """Read what ``save`` wrote."""
        geometry = np.load(path.with_suffix(".geometry.npy"))
        return Sdf(
            torch.from_numpy(np.load(path.with_suffix(".npy"))),
            torch.tensor(geometry[:3], dtype=torch.float32),
            float(geometry[3]),
        )

    def coarser(self) -> Sdf:
        """Return the same field at twice the spacing (mean of 2x2x2 samples)."""
        values = F.avg_pool3d(self.values[None, None].float(), 2)[0, 0]
        return Sdf(values.half(), self.origin + self.spacing / 2, self.spacing * 2)

    def reaches(self, box: tuple[torch.Tensor, torch.Tensor]) -> bool:
        """True if the grid of this field meets ``box`` (lowest and highest corner, LPS mm)."""
        size = torch.tensor(self.values.shape[::-1]) * self.spacing
        return touches(box, self.origin + size / 2, size / 2)

    def sample(self, points: torch.Tensor) -> torch.Tensor:
        """Distances (...) in mm at ``points`` (..., 3) in LPS mm; beyond the grid the border's and the way to it."""
        size = torch.tensor(self.values.shape[::-1], device=points.device)
        index = (points - self.origin) / self.spacing
        flat = index.reshape(-1, 3)
        lowest, highest = bounds(flat, 4.0)
        low = torch.minimum(lowest.floor().long().clamp(min=0), size - 2)
        high = torch.maximum(torch.minimum(highest.ceil().long() + 1, size), low + 2)
        block = self.values[low[2] : high[2], low[1] : high[1], low[0] : high[0]].to(points.device).float()
        inside = torch.minimum(index.clamp(min=0), (size - 1).to(index))
        beyond = (index - inside).abs().sum(-1) * self.spacing
        extent = (high - low - 1).clamp(min=1)
        grid = ((inside - low) / extent * 2 - 1).reshape(1, 1, 1, -1, 3)
        found = F.grid_sample(block[None, None], grid, align_corners=True, padding_mode="border")
        return found.reshape(points.shape[:-1]) + beyond


def polydata(vertices: np.ndarray, faces: np.ndarray) -> vtk.vtkPolyData:
    """Triangles (M, 3) over vertices (N, 3) as VTK data."""
    points = vtk.vtkPoints()
    points.SetData(numpy_support.numpy_to_vtk(np.ascontiguousarray(vertices, dtype=np.float64), deep=1))
    cells = vtk.vtkCellArray()
    offsets = np.arange(0, 3 * len(faces) + 1, 3, dtype=np.int64)
    cells.SetData(
        numpy_support.numpy_to_vtkIdTypeArray(offsets, deep=1),
        numpy_support.numpy_to_vtkIdTypeArray(np.ascontiguousarray(faces, dtype=np.int64).ravel(), deep=1),
    )
    data = vtk.vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(cells)
    return data


def _dense_surface(vertices: np.ndarray, faces: np.ndarray, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """Points with outward normals, closer together than ``edge`` mm."""
    data = polydata(vertices, faces)
    subdivide = vtk.vtkAdaptiveSubdivisionFilter()
    subdivide.SetInputData(data)
    subdivide.SetMaximumEdgeLength(edge)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(subdivide.GetOutputPort())
    normals.SplittingOff()
    normals.AutoOrientNormalsOn()
    normals.ConsistencyOn()
    normals.Update()
    out = normals.GetOutput()
    return (
        numpy_support.vtk_to_numpy(out.GetPoints().GetData()).astype(np.float64),
        numpy_support.vtk_to_numpy(out.GetPointData().GetNormals()).astype(np.float64),
    )


def _inside(
    vertices: np.ndarray, faces: np.ndarray, origin: np.ndarray, size: np.ndarray, spacing: float
) -> np.ndarray:
    """Boolean grid (Z, Y, X) of the voxels whose centre lies in the mesh."""
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(polydata(vertices, faces))
    stencil.SetOutputOrigin(*origin)
    stencil.SetOutputSpacing(spacing, spacing, spacing)
    stencil.SetOutputWholeExtent(0, int(size[0]) - 1, 0, int(size[1]) - 1, 0, int(size[2]) - 1)
    to_image = vtk.vtkImageStencilToImage()
    to_image.SetInputConnection(stencil.GetOutputPort())
    to_image.SetInsideValue(1)
    to_image.SetOutputScalarTypeToUnsignedChar()
    to_image.Update()
    values = numpy_support.vtk_to_numpy(to_image.GetOutput().GetPointData().GetScalars())
    return values.reshape(size[::-1]).astype(bool)


def mesh_sdf(vertices: np.ndarray, faces: np.ndarray, spacing: float = 1.0, margin: float = 12.0) -> Sdf:
    """Signed distance field of a closed mesh.

    Within 9 mm the distance is taken to the nearest surface point (within 1 mm to its tangent plane, exact to a few
    hundredths of a millimetre); further away a Maurer distance map of the voxels, half a voxel uncertain, is enough.
    """
    origin = np.floor(vertices.min(0) - margin)
    size = np.ceil((vertices.max(0) + margin - origin) / spacing).astype(int) + 1
    inside = _inside(vertices, faces, origin, size, spacing)
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing((spacing,) * 3)
    far = sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    )
    near = np.argwhere(np.abs(far) < EXACT)
    places = near[:, ::-1] * spacing + origin
    points, normals = _dense_surface(vertices, faces, 0.9)
    distance, index = cKDTree(points).query(places)
    plane = np.einsum("ij,ij->i", places - points[index], normals[index])
    sign = np.where(inside[tuple(near.T)], -1.0, 1.0)
    far[tuple(near.T)] = np.where(np.abs(distance) < 1.0, plane, sign * distance)
    values = torch.from_numpy(np.clip(far, -LIMIT, LIMIT)).half()
    return Sdf(values, torch.tensor(origin, dtype=torch.float32), spacing)
