"""Where a landmark that was not found begins, so that somebody can move it to where it belongs."""

import numpy as np
import slicer

from HipJointSegmentationLib.MarkupNodes import ras

_HEAD_MM, _RIM_MM, _LINE_MM = 24.0, 25.0, 40.0
_RIM_POINTS = 24
_LEAST_VOLUME = 0.1


def slicesCross():
    """The point (3,) in LPS mm in which three slice views cross; the middle of the first one if they do not."""
    planes = [slicer.util.arrayFromVTKMatrix(one.GetSliceToRAS()) for one in _sliceNodes()]
    normals = np.array([plane[:3, 2] for plane in planes[:3]])
    places = np.array([plane[:3, 3] for plane in planes[:3]])
    if len(planes) < 3 or abs(np.linalg.det(normals)) < _LEAST_VOLUME:
        return np.array(ras(places[0] if len(places) else np.zeros(3)))
    return np.array(ras(np.linalg.solve(normals, (normals * places).sum(axis=1))))


def startPoints(landmark, at):
    """Control points (n, 3) of an engine's ``Landmark`` that was not found, at a place (3,) in LPS mm.

    A line runs down from there, a sphere has the size of a head, a rim lies in a sagittal plane and opens to lateral.
    """
    kind = landmark.type.kind
    if kind == "point":
        return at[None]
    if kind == "sphere":
        return np.array([at, at + np.array([0, 0, _HEAD_MM])])
    if kind == "line":
        return np.array([at, at - np.array([0, 0, _LINE_MM])])
    # By the right-hand rule the order of the points says where it opens.
    turn = np.linspace(0, 2 * np.pi, _RIM_POINTS, endpoint=False) * (1 if landmark.side == "left" else -1)
    return at + _RIM_MM * np.column_stack([np.zeros_like(turn), np.cos(turn), np.sin(turn)])


def _sliceNodes():
    return slicer.util.getNodesByClass("vtkMRMLSliceNode")
