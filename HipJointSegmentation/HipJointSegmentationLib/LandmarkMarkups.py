"""The landmarks of the hip as markups in the scene, which the user moves."""

import numpy as np
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from HipJointSegmentationLib.GeometryFolders import placeIn
from HipJointSegmentationLib.GeometryTitles import sided
from HipJointSegmentationLib.MarkupNodes import newMarkup, pointsOf, putPoints

_KINDS = {"point": "Fiducial", "line": "Line", "sphere": "Line", "curve": "ClosedCurve"}
# As in the pictures of the report.
_RED, _BLUE, _GREEN, _ORANGE = (200, 30, 40), (20, 90, 190), (20, 140, 70), (235, 130, 0)
_COLOURS = {
    "head": _GREEN,
    "acetabulum": _GREEN,
    "shaft_axis": _BLUE,
    "condyles": _BLUE,
    "knee_centre": _BLUE,
    "ischium": _BLUE,
    "greater_trochanter": _ORANGE,
    "lesser_trochanter": _ORANGE,
}
# These lie on the bone, where a mouse in 3D puts them; the others lie in it.
_ON_BONE = ("greater_trochanter", "lesser_trochanter", "condyles", "rim", "asis", "pubic_tubercle", "ischium")
_SPHERES = ("head_", "acetabulum_")
_ROLE = "landmark."


class LandmarkMarkups(VTKObservationMixin):
    """Keeps one markup node a landmark; ``onMoved(key)`` and ``onReleased()`` are told what the user does."""

    def __init__(self, onMoved, onReleased):
        super().__init__()
        self._onMoved, self._onReleased = onMoved, onReleased
        self._store, self._nodes, self._last, self._putting = None, {}, {}, False
        self.interacting = False

    def show(self, store, landmarks):
        """Watch the nodes of a store, None for none; those of ``landmarks`` that are missing are made."""
        self.removeObservers()
        self._store, self._nodes, self._last, self.interacting = store, {}, {}, False
        for key, each in landmarks.items() if store else []:
            node = store.node(_ROLE + key)
            if node is None and each.found:
                node = self._newNode(key, each)
            if node is not None:
                self._watch(key, node)

    def put(self, key, each):
        """Move the node of a landmark to where the engine's ``Landmark`` is; it is made, or goes, with it."""
        from hipjoint.output.markup_points import control_points

        node = self._nodes.get(key)
        if not each.found:
            self._forget(key)
        elif node is None or node.GetScene() is None:
            self._watch(key, self._newNode(key, each))
        else:
            self._move(key, node, control_points(each))

    def points(self, key):
        """Control points (n, 3) of a landmark in LPS mm; None without a node that has all of its points."""
        node = self._nodes.get(key)
        if node is None or node.GetScene() is None:
            return None
        wanted = self._last[key].shape
        return pointsOf(node) if node.GetNumberOfDefinedControlPoints() == wanted[0] else None

    def locked(self, key):
        """Whether the node of a landmark is locked."""
        return key in self._nodes and bool(self._nodes[key].GetLocked())

    def lock(self, keys, locked):
        """Lock the nodes of landmarks, or not."""
        for key in keys:
            if key in self._nodes:
                self._nodes[key].SetLocked(locked)

    def _newNode(self, key, each):
        from hipjoint.output.markup_points import control_points

        title, colour = sided(_(each.type.title), each.side), _COLOURS.get(each.type.name, _RED)
        node = newMarkup(_KINDS[each.type.kind], title, control_points(each), colour)
        node.SetDescription(" ".join(filter(None, (_(each.type.text), each.reason))))
        display = node.GetDisplayNode()
        onBone = each.type.name in _ON_BONE
        display.SetSnapMode(display.SnapModeToVisibleSurface if onBone else display.SnapModeUnconstrained)
        self._store.setNode(_ROLE + key, node)
        placeIn(node, self._store.segmentation, each.side)
        return node

    def _watch(self, key, node):
        self._nodes[key], self._last[key] = node, pointsOf(node)
        self.addObserver(node, node.PointModifiedEvent, lambda *_: self._pointMoved(key))
        self.addObserver(node, node.PointStartInteractionEvent, self._began)
        self.addObserver(node, node.PointEndInteractionEvent, self._ended)

    def _forget(self, key):
        node = self._nodes.pop(key, None)
        self._last.pop(key, None)
        if node is not None:
            self._store.setNode(_ROLE + key, None)

    def _move(self, key, node, points):
        self._putting = True
        try:
            putPoints(node, points)
        finally:
            self._putting = False
        self._last[key] = pointsOf(node)

    def _pointMoved(self, key):
        if self._putting:
            return
        self._carryAlong(key)
        self._last[key] = pointsOf(self._nodes[key])
        self._onMoved(key)

    def _carryAlong(self, key):
        """Who moves the centre of a sphere moves the sphere; only its other point changes its size."""
        if not key.startswith(_SPHERES):
            return
        node, before = self._nodes[key], self._last[key]
        shift = pointsOf(node) - before
        if shift[0].any() and np.allclose(shift[1], 0, atol=1e-6):
            self._move(key, node, before + shift[0])

    def _began(self, *_arguments):
        self.interacting = True

    def _ended(self, *_arguments):
        self.interacting = False
        self._onReleased()
