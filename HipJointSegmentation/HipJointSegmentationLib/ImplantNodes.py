"""Cups and stems in the scene: closed models, each under a transform of its own that is dragged by its handles."""

from functools import lru_cache

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from HipJointSegmentationLib.GeometryFolders import placeIn
from HipJointSegmentationLib.GeometryTitles import sided
from HipJointSegmentationLib.ImplantState import KEYS

_METAL = (90 / 255, 110 / 255, 150 / 255)
# Both ways between RAS and LPS; it turns and does not mirror, so that models keep their shape.
_SAME = 1e-6
_FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])


class ImplantNodes(VTKObservationMixin):
    """Keeps a model and a transform for each implant of a store; ``onMoved(key)`` is told what the user moves."""

    def __init__(self, onMoved):
        super().__init__()
        self._onMoved, self._store, self._putting = onMoved, None, False

    def show(self, store, state):
        """Show what an ``ImplantState`` has, with the nodes of a ``GeometryStore``; None for both watches nothing."""
        self.removeObservers()
        self._store = store
        for key in KEYS if state else ():
            self.put(key, state.placed(key))

    def put(self, key, placed):
        """Bring the nodes of an implant to where an engine's ``PlacedCup`` or ``PlacedStem`` is; None removes them."""
        if placed is None:
            self._store.setNode(_model(key), None)
            self._store.setNode(_transform(key), None)
            return
        transform = self._store.node(_transform(key)) or self._newTransform(key)
        model = self._store.node(_model(key)) or self._newModel(key)
        _giveShape(model, _shape(placed.cup if key.startswith("cup") else placed.stem))
        model.SetAndObserveTransformNodeID(transform.GetID())
        self._move(transform, placed.pose)
        if not self.hasObserver(transform, transform.TransformModifiedEvent, self._moved):
            self.addObserver(transform, transform.TransformModifiedEvent, self._moved)

    def pose(self, key):
        """The pose (4, 4) of an implant as it lies in the scene; None if its transform is not there or lays it flat."""
        from hipjoint.implants.pose import rigid

        transform = self._store.node(_transform(key))
        return None if transform is None else rigid(_FLIP @ _toWorld(transform))

    def handles(self, keys):
        """Show the handles of these implants and of no others."""
        for key in KEYS if self._store else ():
            transform = self._store.node(_transform(key))
            if transform is not None:
                transform.GetDisplayNode().SetEditorVisibility(key in keys)

    def _newTransform(self, key):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", _poseTitle(key))
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetEditorTranslationEnabled(True)
        display.SetEditorRotationEnabled(True)
        display.SetEditorScalingEnabled(False)
        display.SetEditorSliceIntersectionVisibility(True)
        self._store.setNode(_transform(key), node)
        placeIn(node, self._store.segmentation, key.split("_")[1])
        return node

    def _newModel(self, key):
        from hipjoint.implants import ABOUT

        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", titleOf(key))
        node.SetDescription(_(ABOUT))
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetColor(*_METAL)
        display.SetVisibility2D(True)
        self._store.setNode(_model(key), node)
        placeIn(node, self._store.segmentation, key.split("_")[1])
        return node

    def _move(self, transform, pose):
        """Put a transform where a pose is, below whatever transforms it is under."""
        above, parent = np.eye(4), transform.GetParentTransformNode()
        if parent is not None and parent.IsTransformToWorldLinear():
            above = _toWorld(parent)
        matrix = np.linalg.solve(above, _FLIP @ pose)
        if np.allclose(slicer.util.arrayFromTransformMatrix(transform), matrix, atol=_SAME):
            return
        self._putting = True
        try:
            transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
        finally:
            self._putting = False

    def _moved(self, transform, _event):
        if self._putting or self._store is None:
            return
        for key in KEYS:
            if self._store.node(_transform(key)) is transform:
                self._onMoved(key)


def titleOf(key):
    """The name of an implant with its side: "Cup, right"."""
    kind, side = key.split("_")
    return sided({"cup": _("Cup"), "stem": _("Stem")}[kind], side)


def _poseTitle(key):
    kind, side = key.split("_")
    return sided({"cup": _("Pose of the cup"), "stem": _("Pose of the stem")}[kind], side)


def _giveShape(model, shape):
    """Give a model a surface of its own, unless it has it already."""
    before = model.GetPolyData() or vtk.vtkPolyData()
    isAsLong = before.GetNumberOfPoints() == shape.GetNumberOfPoints()
    if isAsLong and np.allclose(before.GetBounds(), shape.GetBounds(), atol=1e-3):
        return
    own = vtk.vtkPolyData()
    own.DeepCopy(shape)
    model.SetAndObservePolyData(own)


def _model(key):
    return f"implant.{key}"


def _transform(key):
    return f"pose.{key}"


def _toWorld(transform):
    return slicer.util.arrayFromTransformMatrix(transform, toWorld=True)


@lru_cache(maxsize=8)
def _shape(size):
    """The closed surface of a ``Cup`` or ``Stem`` in its own frame."""
    from hipjoint.implants.cup import Cup, cup_surface
    from hipjoint.implants.stem import stem_surface

    return cup_surface(size, np.eye(4)) if isinstance(size, Cup) else stem_surface(size, np.eye(4))
