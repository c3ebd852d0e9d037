"""Where the voxels of a volume lie in the patient, transforms included."""

import itertools

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

_SAMPLES_AN_AXIS = 6
_LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
EXACT_MM = 0.05


def worldPoints(volumeNode, ijk):
    """Points (n, 3) in world RAS mm of voxel indices (n, 3), with the parent transforms of the volume, bent or not."""
    matrix = vtk.vtkMatrix4x4()
    volumeNode.GetIJKToRASMatrix(matrix)
    ras = _homogeneous(ijk) @ slicer.util.arrayFromVTKMatrix(matrix).T
    return transformed(ras[:, :3], volumeNode.GetParentTransformNode(), None)


def voxelIndices(volumeNode, world):
    """Voxel indices (n, 3) of points (n, 3) in world RAS mm, not rounded; the way back of ``worldPoints``."""
    matrix = vtk.vtkMatrix4x4()
    volumeNode.GetRASToIJKMatrix(matrix)
    ras = transformed(world, None, volumeNode.GetParentTransformNode())
    return (_homogeneous(ras) @ slicer.util.arrayFromVTKMatrix(matrix).T)[:, :3]


def transformed(points, fromNode, toNode):
    """Points (n, 3) in RAS mm taken from the space under one transform node to that under another; None is world."""
    transform = vtk.vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(fromNode, toNode, transform)
    before, after = vtk.vtkPoints(), vtk.vtkPoints()
    before.SetDataTypeToDouble()
    after.SetDataTypeToDouble()
    before.SetData(numpy_to_vtk(np.ascontiguousarray(points, dtype=float), deep=True))
    transform.TransformPoints(before, after)
    return vtk_to_numpy(after.GetData()).copy()


def sampleIndices(volumeNode):
    """Voxel indices (n, 3) that are spread over the volume, its corners among them."""
    size = volumeNode.GetImageData().GetDimensions()
    return np.array(list(itertools.product(*(np.linspace(0, n - 1, _SAMPLES_AN_AXIS) for n in size))))


def affineToWorld(volumeNode):
    """Matrix (4, 4) from voxel indices to world LPS mm that fits the volume best, and the largest error of it in mm.

    Linear transforms are fitted exactly. So is the bent transform with which Slicer straightens a scan with gantry
    tilt: it shifts every slice by as much more than the one before.
    """
    ijk = sampleIndices(volumeNode)
    world = _homogeneous(worldPoints(volumeNode, ijk)) @ _LPS_FROM_RAS
    fitted, *_ = np.linalg.lstsq(_homogeneous(ijk), world, rcond=None)
    error = np.linalg.norm((_homogeneous(ijk) @ fitted - world)[:, :3], axis=1).max()
    return fitted.T, float(error)


def _homogeneous(points):
    return np.column_stack([points, np.ones(len(points))])
