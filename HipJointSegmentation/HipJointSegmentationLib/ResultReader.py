"""A folder of results of the engine as nodes of the scene."""

import json
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from hipjoint.errors import HipJointError


def loadSegmentation(folder, volumeNode):
    """Add the segmentation in a folder of results to the scene and return its node.

    Names, colours and terminology are those of the file, which the engine wrote from its table of labels. The node
    lies beside ``volumeNode`` in the subject hierarchy and refers to its geometry; if that node is no longer in the
    scene, the segmentation stands alone. Nothing that is shown changes. Raises ``HipJointError`` if the file cannot
    be read.
    """
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", _("Hip bones"))
    if not _read(node, Path(folder, "segmentation.seg.nrrd")):
        slicer.mrmlScene.RemoveNode(node)
        raise HipJointError(_("The result could not be read: look at the log, and run it again."))
    node.CreateDefaultDisplayNodes()
    if volumeNode is not None and volumeNode.GetScene() is slicer.mrmlScene:
        _placeBeside(node, volumeNode)
    return node


def warningsIn(folder):
    """The warnings of a run, in words."""
    return json.loads(Path(folder, "measurements.json").read_text(encoding="utf-8"))["warnings"]


def _read(node, path):
    storage = slicer.vtkMRMLSegmentationStorageNode()
    storage.SetFileName(str(path))
    return bool(storage.ReadData(node)) and node.GetSegmentation().GetNumberOfSegments() > 0


def _placeBeside(node, volumeNode):
    node.SetReferenceImageGeometryParameterFromVolumeNode(volumeNode)
    node.SetName(slicer.mrmlScene.GenerateUniqueName(_("{volume} hip bones").format(volume=volumeNode.GetName())))
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    parent = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(volumeNode))
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(node), parent)
