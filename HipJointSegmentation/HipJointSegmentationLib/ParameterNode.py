"""What the module remembers with the scene."""

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode, vtkMRMLTableNode
from slicer.parameterNodeWrapper import parameterNodeWrapper

from HipJointSegmentationLib.Settings import remembered

_REMEMBERED = ("task", "device", "exportFormat", "exportSpace", "fileNameTemplate")


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


def parametersOf(node):
    """The typed parameters in a parameter node; new ones begin with what was chosen last."""
    isNew = not node.GetParameterNames()
    parameters = ParameterNode(node)
    if isNew:
        for name in _REMEMBERED:
            setattr(parameters, name, remembered(name, getattr(parameters, name)))
    return parameters
