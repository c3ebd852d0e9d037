"""Where the geometry of a segmentation is kept: in a node of its own that refers to all nodes that belong to it."""

import slicer
from slicer.i18n import tr as _

_KIND = "HipJointSegmentation.Geometry"
_SEGMENTATION = "segmentation"
_TEXTS = ("found", "now", "pending", "implants_found", "implants_now", "implants_stale", "canals")
_STALE = "stale"


class GeometryStore:
    """The store of one segmentation node; roles name other nodes, such as "landmark.head_right"."""

    def __init__(self, node):
        self._node = node

    @property
    def segmentation(self):
        """The segmentation node that was measured."""
        return self._node.GetNodeReference(_SEGMENTATION)

    @property
    def stale(self):
        """Whether the bones have changed since they were measured."""
        return self._node.GetParameter(_STALE) == "1"

    @stale.setter
    def stale(self, stale):
        self._node.SetParameter(_STALE, "1" if stale else "")

    def texts(self):
        """The texts of ``GeometryState`` and ``ImplantState``; empty before the first measuring."""
        return {name: self._node.GetParameter(name) for name in _TEXTS if self._node.GetParameter(name)}

    def keep(self, texts):
        """Keep texts of ``GeometryState`` or ``ImplantState``; the others stay."""
        for name, text in texts.items():
            self._node.SetParameter(name, text)

    def node(self, role):
        """The node of a role, None if there is none any more."""
        return self._node.GetNodeReference(role)

    def setNode(self, role, node):
        """Remember the node of a role; None removes what was there from the scene."""
        before = self.node(role)
        if node is None and before is not None:
            slicer.mrmlScene.RemoveNode(before)
        self._node.SetNodeReferenceID(role, node.GetID() if node is not None else None)


def storeOf(segmentationNode):
    """The store of a segmentation node, None if it was never measured."""
    for node in slicer.util.getNodesByClass("vtkMRMLScriptedModuleNode"):
        if node.GetModuleName() == _KIND and node.GetNodeReference(_SEGMENTATION) is segmentationNode:
            return GeometryStore(node)
    return None


def newStore(segmentationNode):
    """An empty store for a segmentation node; it is saved with the scene."""
    node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
    node.UnRegister(None)
    node.SetModuleName(_KIND)
    node.SetName(_("{segmentation} geometry").format(segmentation=segmentationNode.GetName()))
    node.SetHideFromEditors(True)
    slicer.mrmlScene.AddNode(node)
    node.SetNodeReferenceID(_SEGMENTATION, segmentationNode.GetID())
    return GeometryStore(node)
