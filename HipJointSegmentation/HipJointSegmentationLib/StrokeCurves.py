"""Strokes on segments, shown as curves that belong to nobody else."""

import numpy as np
import slicer

from HipJointSegmentationLib.MarkupNodes import addQuietly

_LEAST_STEP_MM = 1.0


class StrokeCurves:
    """Draws curves in the colour of their segment; they are neither edited nor saved, and go with ``clear``."""

    def __init__(self):
        self._strokes = []
        self._segmentation = None

    def begin(self, segmentationNode, segmentId, ras, radiusMm):
        """Begin a stroke on a segment at a point in world RAS mm; strokes on another segmentation go."""
        if segmentationNode is not self._segmentation:
            self.clear()
            self._segmentation = segmentationNode
        self._strokes.append((segmentId, _newCurve(_colour(segmentationNode, segmentId), radiusMm)))
        self.add(ras)

    def add(self, ras):
        """Carry the last stroke on to a point in world RAS mm."""
        curve = self._strokes[-1][1]
        points = _points(curve)
        if not len(points) or np.linalg.norm(points[-1] - ras) >= _LEAST_STEP_MM:
            curve.AddControlPointWorld(*(float(x) for x in ras))

    def lines(self, segmentationNode):
        """Lines (n, 3) in world RAS mm for each segment id of a segmentation that has strokes."""
        lines = {}
        for segmentId, curve in self._strokes if segmentationNode is self._segmentation else []:
            # A closed scene takes the curves with it.
            if curve.GetScene() is not None:
                lines.setdefault(segmentId, []).append(_points(curve))
        return lines

    def clear(self):
        """Remove all strokes."""
        for _segmentId, curve in self._strokes:
            if curve.GetScene() is not None:
                curve.GetScene().RemoveNode(curve)
        self._strokes = []


def _points(curve):
    return np.array([curve.GetNthControlPointPositionWorld(n) for n in range(curve.GetNumberOfControlPoints())])


def _colour(segmentationNode, segmentId):
    display = segmentationNode.GetDisplayNode()
    if display is not None:
        return display.GetSegmentColor(segmentId)
    return segmentationNode.GetSegmentation().GetSegment(segmentId).GetColor()


def _newCurve(colour, radiusMm):
    curve = slicer.mrmlScene.CreateNodeByClass("vtkMRMLMarkupsCurveNode")
    curve.UnRegister(None)
    curve.SetName("Stroke")
    curve.SetHideFromEditors(True)
    curve.SetSaveWithScene(False)
    curve.SetLocked(True)
    curve.SetCurveTypeToLinear()
    addQuietly(curve)
    curve.CreateDefaultDisplayNodes()
    display = curve.GetDisplayNode()
    display.SetSaveWithScene(False)
    for put in (display.SetColor, display.SetSelectedColor, display.SetActiveColor):
        put(*colour)
    display.SetPointLabelsVisibility(False)
    display.SetPropertiesLabelVisibility(False)
    display.SetOpacity(0.7)
    # As thick as the brush.
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(2 * radiusMm)
    display.SetCurveLineSizeMode(display.UseLineDiameter)
    display.SetLineDiameter(2 * radiusMm)
    return curve
