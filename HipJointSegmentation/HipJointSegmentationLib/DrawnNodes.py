"""What is drawn from the landmarks of the hip: planes, angles and spheres in the scene; nobody moves them."""

import slicer
import vtk
from slicer.i18n import tr as _

from HipJointSegmentationLib.GeometryFolders import placeIn
from HipJointSegmentationLib.GeometryTitles import sided
from HipJointSegmentationLib.MarkupNodes import newMarkup, putPoints, ras

_PURPLE, _GREEN = (120, 60, 160), (20, 140, 70)
_SPHERES = ("head_right", "head_left", "acetabulum_right", "acetabulum_left")
_RESOLUTION = 48
_OPACITY = 0.3


class DrawnNodes:
    """Keeps the nodes of one store in step with its landmarks."""

    def show(self, store, case):
        """Draw what the engine's ``Case`` allows; what it does not allow any more goes."""
        from hipjoint.output.markup_points import DRAWINGS, drawings

        made = {each.name: each for each in drawings(case)}
        for name in DRAWINGS:
            self._showDrawing(store, f"drawing.{name}", made.get(name))
        for key in _SPHERES:
            self._showSphere(store, f"sphere.{key}", case.landmarks[key])

    def _showDrawing(self, store, role, drawing):
        node = store.node(role)
        if drawing is None:
            store.setNode(role, None)
        elif node is None:
            self._newDrawing(store, role, drawing)
        else:
            node.SetName(sided(_(drawing.title), drawing.side))
            putPoints(node, drawing.points)

    def _newDrawing(self, store, role, drawing):
        title = sided(_(drawing.title), drawing.side)
        node = newMarkup(drawing.kind.capitalize(), title, drawing.points, _PURPLE)
        if drawing.kind == "plane":
            # A plane hides the bones behind it: it is there for who wants it.
            node.GetDisplayNode().SetVisibility(False)
        node.SetLocked(True)
        node.GetDisplayNode().SetHandlesInteractive(False)
        store.setNode(role, node)
        placeIn(node, store.segmentation, drawing.side)

    def _showSphere(self, store, role, landmark):
        node = store.node(role)
        if not landmark.found:
            store.setNode(role, None)
            return
        if node is None:
            node = self._newSphere(store, role, landmark)
        node.SetAndObservePolyData(_sphere(landmark))

    def _newSphere(self, store, role, landmark):
        titles = {"head": _("Sphere of the head"), "acetabulum": _("Sphere of the acetabulum")}
        title = sided(titles[landmark.type.name], landmark.side)
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", title)
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetColor(*(part / 255 for part in _GREEN))
        display.SetOpacity(_OPACITY)
        display.SetVisibility2D(True)
        # Both spheres of a hip lie in one another.
        display.SetVisibility(landmark.type.name == "head")
        node.SetSelectable(False)
        store.setNode(role, node)
        placeIn(node, store.segmentation, landmark.side)
        return node


def _sphere(landmark):
    source = vtk.vtkSphereSource()
    source.SetCenter(ras(landmark.point))
    source.SetRadius(landmark.radius)
    source.SetThetaResolution(_RESOLUTION)
    source.SetPhiResolution(_RESOLUTION)
    source.Update()
    return source.GetOutput()
