"""What the module remembers with the scene."""

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode, vtkMRMLTableNode
from slicer.parameterNodeWrapper import parameterNodeWrapper


@parameterNodeWrapper
class ParameterNode:
    """The choices of the user, saved with the scene. ``task`` and ``device`` are names of the command line."""

    inputVolume: vtkMRMLScalarVolumeNode
    segmentation: vtkMRMLSegmentationNode
    measurements: vtkMRMLTableNode
    task: str = "hip-ct"
    device: str = "auto"
    exportFormat: str = "stl"
    exportSpace: str = "LPS"
    fileNameTemplate: str = "hip_{segment}"
    assessedBy: str = ""
