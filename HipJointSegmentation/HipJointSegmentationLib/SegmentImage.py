"""A segment as an image of the engine, and what the scan shows inside it."""

import numpy as np
import SimpleITK as sitk
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from HipJointSegmentationLib.VolumeGeometry import voxelIndices

_LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def maskOf(segmentationNode, segmentId):
    """The voxels of a segment as an image of 0 and 1 in world LPS mm, cropped to them; None if it is empty."""
    oriented = slicer.vtkOrientedImageData()
    segmentationNode.CreateBinaryLabelmapRepresentation()
    segmentationNode.GetBinaryLabelmapRepresentation(segmentId, oriented)
    if oriented.IsEmpty():
        return None
    slicer.vtkSlicerSegmentationsModuleLogic.ApplyParentTransformToOrientedImageData(segmentationNode, oriented)
    values = vtk_to_numpy(oriented.GetPointData().GetScalars()).reshape(oriented.GetDimensions()[::-1]) != 0
    if not values.any():
        return None
    box = tuple(_range(values, axis) for axis in range(3))
    start = [part.start + low for part, low in zip(reversed(box), oriented.GetExtent()[::2], strict=True)]
    return _image(values[box], _matrix(oriented), start)


def imageOf(oriented):
    """An oriented image of VTK, placed in RAS mm, as an image (uint8) of the engine in LPS mm."""
    values = vtk_to_numpy(oriented.GetPointData().GetScalars()).reshape(oriented.GetDimensions()[::-1])
    return _image(values, _matrix(oriented), oriented.GetExtent()[::2])


def insideValues(mask, volumeNode):
    """Values of a volume (n) at the voxels of a mask in world LPS mm, from the nearest voxels; none from beyond it."""
    ijk = np.rint(voxelIndices(volumeNode, _centres(mask)))
    values = slicer.util.arrayFromVolume(volumeNode)
    kji = ijk[:, ::-1].astype(int)
    kji = kji[((kji >= 0) & (kji < values.shape)).all(axis=1)]
    return values[tuple(kji.T)]


def _range(values, axis):
    occupied = np.flatnonzero(values.any(axis=tuple(other for other in range(3) if other != axis)))
    return slice(int(occupied[0]), int(occupied[-1]) + 1)


def _matrix(oriented):
    matrix = vtk.vtkMatrix4x4()
    oriented.GetImageToWorldMatrix(matrix)
    return _LPS_FROM_RAS @ slicer.util.arrayFromVTKMatrix(matrix)


def _image(values, matrix, start):
    image = sitk.GetImageFromArray(values.astype(np.uint8))
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((matrix[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin((matrix @ [*start, 1])[:3].tolist())
    return image


def _centres(mask):
    """World RAS mm (n, 3) of the voxels of a mask."""
    ijk = np.argwhere(sitk.GetArrayViewFromImage(mask))[:, ::-1]
    axes = np.array(mask.GetDirection()).reshape(3, 3) * mask.GetSpacing()
    return (ijk @ axes.T + mask.GetOrigin()) * (-1, -1, 1)
