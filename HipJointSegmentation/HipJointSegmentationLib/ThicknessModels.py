"""The thickness of the cortex, painted on the femora by the engine, as models with a fixed colour scale and legend."""

from pathlib import Path

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _

from HipJointSegmentationLib.GeometryTitles import sided

_FOLDER, _SCALAR, _COLOURS = "thickness", "thickness_mm", "HipJointSegmentation.Thickness"
_STEPS = 256
_GREY = (0.8, 0.8, 0.8, 1.0)


def loadThickness(folder, segmentationNode):
    """Add the painted femora in a folder of results to the scene, beside a segmentation; returns the model nodes.

    A task that paints nothing gives none. The scale is the same for all patients, so that pictures can be compared.
    """
    found = {side: Path(folder, _FOLDER, f"femur_{side}.vtp") for side in ("right", "left")}
    nodes = [_newModel(path, side, segmentationNode) for side, path in found.items() if path.is_file()]
    if nodes:
        _addLegend(nodes[0])
    return nodes


def _newModel(path, side, segmentationNode):
    from hipjoint.report.compartments import SCALE_MM

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", sided(_("Cortical thickness"), side))
    node.SetAndObservePolyData(_readInRas(path))
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetActiveScalar(_SCALAR, vtk.vtkAssignAttribute.POINT_DATA)
    display.SetAndObserveColorNodeID(_colours(SCALE_MM).GetID())
    display.SetScalarRangeFlag(display.UseManualScalarRange)
    display.SetScalarRange(*SCALE_MM)
    display.SetScalarVisibility(True)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    parent = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(segmentationNode))
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(node), parent)
    return node


def _readInRas(path):
    reader = vtk.vtkXMLPolyDataReader()
    reader.SetFileName(str(path))
    turn = vtk.vtkTransform()
    turn.Scale(-1, -1, 1)
    turned = vtk.vtkTransformPolyDataFilter()
    turned.SetTransform(turn)
    turned.SetInputConnection(reader.GetOutputPort())
    turned.Update()
    return turned.GetOutput()


def _colours(scale):
    """The colours of the scale, one node a scene; what was not measured is grey, as in the report."""
    from hipjoint.mesh.painted import colours

    node = slicer.mrmlScene.GetSingletonNode(_COLOURS, "vtkMRMLColorTableNode")
    if node is None:
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLColorTableNode")
        node.UnRegister(None)
        node.SetSingletonTag(_COLOURS)
        node.SetName(_("Cortical thickness, mm"))
        node.SetTypeToUser()
        node.SetNumberOfColors(_STEPS)
        steps = np.linspace(*scale, _STEPS)
        for number, (step, colour) in enumerate(zip(steps, colours(steps, scale) / 255, strict=True)):
            node.SetColor(number, f"{step:.2f}", *colour)
        slicer.mrmlScene.AddNode(node)
    node.GetLookupTable().SetRange(*scale)
    node.GetLookupTable().SetNanColor(*_GREY)
    return node


def _addLegend(modelNode):
    legend = slicer.modules.colors.logic().AddDefaultColorLegendDisplayNode(modelNode)
    legend.SetTitleText(_("Cortical\nthickness, mm"))
    legend.SetLabelFormat("%.0f")
    legend.SetNumberOfLabels(5)
