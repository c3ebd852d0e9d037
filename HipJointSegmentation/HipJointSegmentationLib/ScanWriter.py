"""A volume node as a file for the engine."""

import numpy as np
import SimpleITK as sitk
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from hipjoint.errors import InputError
from HipJointSegmentationLib.VolumeGeometry import EXACT_MM, affineToWorld, sampleIndices, worldPoints

_AIR_HU = -1024


def writeScan(volumeNode, path):
    """Write a volume as NRRD where it lies in world space, its transforms applied; the scene is not changed.

    Nothing of the node's name goes into the file. Raises ``InputError`` if a transform folds the volume flat.
    """
    sitk.WriteImage(scanImage(volumeNode), str(path))


def scanImage(volumeNode):
    """The same as an image of the engine in world LPS mm."""
    matrix, error = affineToWorld(volumeNode)
    if error > EXACT_MM:
        return _resampled(volumeNode)
    image = sitk.GetImageFromArray(slicer.util.arrayFromVolume(volumeNode))
    _place(image, matrix)
    return image


def _place(image, matrix):
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    direction = matrix[:3, :3] / spacing
    if not spacing.all() or abs(np.linalg.det(direction)) < 0.1:
        raise InputError("The transform of the volume folds it flat: check the transform in the Transforms module.")
    image.SetSpacing(spacing.tolist())
    image.SetDirection(direction.ravel().tolist())
    image.SetOrigin(matrix[:3, 3].tolist())


def _resampled(volumeNode):
    """The volume under a bent transform, on an upright grid that holds all of it and is as fine as its finest axis."""
    corners = worldPoints(volumeNode, sampleIndices(volumeNode))
    step = min(volumeNode.GetSpacing())
    low, high = corners.min(axis=0) - step, corners.max(axis=0) + step
    reslice = vtk.vtkImageReslice()
    reslice.SetInputData(volumeNode.GetImageData())
    reslice.SetResliceTransform(_worldToVoxels(volumeNode))
    reslice.SetOutputOrigin(low)
    reslice.SetOutputSpacing(step, step, step)
    reslice.SetOutputExtent(*(bound for n in np.ceil((high - low) / step) for bound in (0, int(n))))
    reslice.SetInterpolationModeToLinear()
    reslice.SetBackgroundLevel(_AIR_HU)
    reslice.Update()
    return _upright(reslice.GetOutput(), low, step)


def _worldToVoxels(volumeNode):
    """From world RAS mm to voxel indices."""
    toVolume, toVoxels = vtk.vtkGeneralTransform(), vtk.vtkMatrix4x4()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(None, volumeNode.GetParentTransformNode(), toVolume)
    volumeNode.GetRASToIJKMatrix(toVoxels)
    both = vtk.vtkGeneralTransform()
    both.PostMultiply()
    both.Concatenate(toVolume)
    both.Concatenate(toVoxels)
    return both


def _upright(imageData, origin, step):
    values = vtk_to_numpy(imageData.GetPointData().GetScalars()).reshape(imageData.GetDimensions()[::-1])
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((step, step, step))
    image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    image.SetOrigin((-origin[0], -origin[1], origin[2]))
    return image
