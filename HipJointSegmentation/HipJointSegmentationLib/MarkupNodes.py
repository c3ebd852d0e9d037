"""Markups of Slicer by points in LPS mm, made without disturbing what the user does with Slicer's own tools."""

import numpy as np
import slicer

_LPS_FROM_RAS = np.array([-1.0, -1.0, 1.0])
_GLYPH_MM, _LINE_MM = 4.0, 1.0


def addQuietly(node):
    """Add a markup node to the scene; what the user places points in with Slicer's own tools stays what it was."""
    selection = slicer.app.applicationLogic().GetSelectionNode()
    before = selection.GetActivePlaceNodeID()
    slicer.mrmlScene.AddNode(node)
    selection.SetActivePlaceNodeID(before)


def newMarkup(kind, name, points, colour):
    """A node of the class ``vtkMRMLMarkups<kind>Node`` with points (n, 3) in LPS mm; ``colour`` is RGB, 0 to 255."""
    node = slicer.mrmlScene.CreateNodeByClass(f"vtkMRMLMarkups{kind}Node")
    node.UnRegister(None)
    node.SetName(name)
    addQuietly(node)
    node.CreateDefaultDisplayNodes()
    if kind == "Plane":
        # Before the points: a plane of another type takes one point only.
        node.SetPlaneType(node.PlaneType3Points)
        node.SetSizeMode(node.SizeModeAuto)
    for number, point in enumerate(_ras(points), start=1):
        node.AddControlPointWorld(*point, name if len(points) == 1 else str(number))
    node.SetFixedNumberOfControlPoints(True)
    _style(node.GetDisplayNode(), colour, hasLabels=len(points) == 1)
    return node


def pointsOf(node):
    """Points (n, 3) of a markup node in world LPS mm."""
    places = [node.GetNthControlPointPositionWorld(number) for number in range(node.GetNumberOfControlPoints())]
    return np.array(places, dtype=float).reshape(-1, 3) * _LPS_FROM_RAS


def putPoints(node, points):
    """Move the points of a markup node to places (n, 3) in world LPS mm; what is there already is left alone."""
    before = pointsOf(node)
    for number, point in enumerate(_ras(points)):
        if not np.allclose(before[number] * _LPS_FROM_RAS, point, atol=1e-6):
            node.SetNthControlPointPositionWorld(number, *point)


def ras(point):
    """A point (3,) or direction in LPS mm as three numbers in RAS mm."""
    return _ras([point])[0]


def _ras(points):
    return (np.asarray(points, dtype=float) * _LPS_FROM_RAS).tolist()


def _style(display, colour, hasLabels):
    rgb = [part / 255 for part in colour]
    for put in (display.SetColor, display.SetSelectedColor):
        put(*rgb)
    # The name of a point stands at it; that of a line or a curve once.
    display.SetPointLabelsVisibility(hasLabels)
    display.SetPropertiesLabelVisibility(not hasLabels)
    display.SetTextScale(2.5)
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(_GLYPH_MM)
    display.SetCurveLineSizeMode(display.UseLineDiameter)
    display.SetLineDiameter(_LINE_MM)
