"""Where the nodes of the hip's geometry lie in the subject hierarchy: a folder a side, beside the segmentation."""

import slicer
from slicer.i18n import tr as _


def placeIn(node, segmentationNode, side):
    """Put a node into the folder of its side, None for the pelvis; folders are made as they are needed."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    beside = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(segmentationNode))
    top = _folder(hierarchy, beside, _("{segmentation} geometry").format(segmentation=segmentationNode.GetName()))
    names = {"right": _("Right hip"), "left": _("Left hip"), None: _("Pelvis")}
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(node), _folder(hierarchy, top, names[side]))


def _folder(hierarchy, parent, name):
    return hierarchy.GetItemChildWithName(parent, name) or hierarchy.CreateFolderItem(parent, name)
