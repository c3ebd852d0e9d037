"""Slice views and 3D views brought to a measure or a landmark of the hip."""

from math import radians, tan

import numpy as np
import slicer

from HipJointSegmentationLib.MarkupNodes import ras

_FRONT, _UP, _HALF_HEIGHT_MM = (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), 90.0


def showMeasure(case, measure, side):
    """Bring the views to one of the engine's ``Measure``, of a side, None for the pelvis.

    The slices go through the first landmark that it needs; 3D is seen as in the picture of the report that shows the
    measure, else from the front. False if none of its landmarks was found.
    """
    found = [case.landmarks[key] for key in measure.keys(side or "right") if case.landmarks[key].found]
    if not found:
        return False
    _jumpSlices(found[0].points.mean(axis=0))
    _turnCameras(*(_pictured(case, measure, side) or _plain(found)))
    return True


def showLandmark(landmark):
    """Bring the views to one of the engine's ``Landmark``; False if it was not found."""
    if not landmark.found:
        return False
    showPlace(landmark.points.mean(axis=0))
    return True


def showPlace(place, halfHeight=_HALF_HEIGHT_MM):
    """Bring the views to a place (3,) in LPS mm; 3D is seen from the front, that many mm up and down."""
    _jumpSlices(place)
    _turnCameras(place, _FRONT, _UP, halfHeight)


def _jumpSlices(place):
    kind = slicer.vtkMRMLSliceNode
    kind.JumpAllSlices(slicer.mrmlScene, *ras(place), kind.CenteredJumpSlice)


def _pictured(case, measure, side):
    """Focus, direction, up and half height in LPS mm of the picture that shows a measure; None if none does."""
    from hipjoint.report.geometry_pictures import pictures

    for shown in pictures(case).values():
        if measure.definition.name in shown.values and shown.side == side:
            camera = shown.picture.camera
            return camera.focus, camera.direction, camera.up, camera.half_height
    return None


def _plain(landmarks):
    points = np.concatenate([each.points for each in landmarks])
    return points.mean(axis=0), _FRONT, _UP, _HALF_HEIGHT_MM


def _turnCameras(focus, direction, up, halfHeight):
    away = np.asarray(direction) / np.linalg.norm(direction)
    for node in slicer.util.getNodesByClass("vtkMRMLCameraNode"):
        distance = halfHeight / tan(radians(node.GetViewAngle()) / 2)
        node.SetFocalPoint(ras(focus))
        node.SetPosition(ras(np.asarray(focus) - distance * away))
        node.SetViewUp(ras(up))
        node.SetParallelScale(halfHeight)
        node.ResetClippingRange()
