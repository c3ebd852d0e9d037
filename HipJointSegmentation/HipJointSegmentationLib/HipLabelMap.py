"""Heads and lesions, or bones, of a segmentation as one label map of the engine, and the scan they were drawn on."""

import SimpleITK as sitk
import slicer
import vtk

from HipJointSegmentationLib.SegmentImage import imageOf
from HipJointSegmentationLib.SegmentRoles import segmentsWithLabels

_GEOMETRY = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
# Beyond the segments, where no scan says how far the image goes: room enough that no head seems to be cut.
_PAD_VOXELS = [8, 8, 8]


def scanOf(segmentationNode):
    """The volume node that a segmentation was made on, as far as the node knows it; None if not."""
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    node = segmentationNode.GetNodeReference(role)
    return node if node is not None and node.GetClassName() == "vtkMRMLScalarVolumeNode" else None


def labelMapOf(segmentationNode, table=None):
    """Label map (uint8, world LPS mm, the engine's values of heads and lesions); None if nothing is marked.

    ``table`` is another table of labels, such as that of the bones. The grid is that of the scan that was segmented,
    where known. Where a lesion overlaps its head it is lesion.
    """
    segmentation = segmentationNode.GetSegmentation()
    ids, values = vtk.vtkStringArray(), vtk.vtkIntArray()
    for label, one in segmentsWithLabels(segmentation, table):
        ids.InsertNextValue(one)
        values.InsertNextValue(label.value)
    if not ids.GetNumberOfValues():
        return None
    hasScan = bool(segmentation.GetConversionParameter(_GEOMETRY))
    kind = slicer.vtkSegmentation
    extent = kind.EXTENT_REFERENCE_GEOMETRY if hasScan else kind.EXTENT_UNION_OF_EFFECTIVE_SEGMENTS
    merged = slicer.vtkOrientedImageData()
    segmentationNode.CreateBinaryLabelmapRepresentation()
    if not segmentationNode.GenerateMergedLabelmapForAllSegments(merged, extent, None, ids, values) or merged.IsEmpty():
        return None
    slicer.vtkSlicerSegmentationsModuleLogic.ApplyParentTransformToOrientedImageData(segmentationNode, merged)
    image = imageOf(merged)
    return image if hasScan else sitk.ConstantPad(image, _PAD_VOXELS, _PAD_VOXELS, 0)
