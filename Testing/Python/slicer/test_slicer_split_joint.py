"""The effect "Split joint": strokes by mouse, the button, undo, on the real scene."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "edit"))
from ball_in_socket import CENTRE, ball_in_socket

from hipjoint.errors import InputError

SPACING = (1.5, 1.2, 1.2)
# Where voxel (0, 0, 0) lies in RAS mm.
ORIGIN = np.array([10.0, 20.0, 30.0])


class SliceView:
    """A slice view in which a pixel is a tenth of a millimetre, and the mouse in it."""

    def __init__(self, kind: str = "qMRMLSliceWidget") -> None:
        self.kind, self.keys, self.place = kind, set(), np.zeros(3)

    def className(self) -> str:
        return self.kind

    def ras(self, x: int, y: int) -> tuple[float, ...]:
        return (x / 10, self.place[1], y / 10)

    def GetEventPosition(self) -> tuple[int, int]:
        return (round(self.place[0] * 10), round(self.place[2] * 10))

    def GetShiftKey(self) -> int:
        return int("shift" in self.keys)

    def GetControlKey(self) -> int:
        return int("control" in self.keys)

    def GetAltKey(self) -> int:
        return 0


class Hip:
    """The phantom in the scene: a volume, and a segmentation of three segments, two of them stuck together."""

    def __init__(self, slicer, phantom) -> None:
        self.slicer, self.phantom = slicer, phantom
        self.volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
        self.volume.SetSpacing(*reversed(SPACING))
        self.volume.SetOrigin(*ORIGIN)
        slicer.util.updateVolumeFromArray(self.volume, phantom.hu.astype(np.int16))
        self.node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Hip bones")
        self.node.CreateDefaultDisplayNodes()
        self.node.SetReferenceImageGeometryParameterFromVolumeNode(self.volume)
        other = np.zeros(phantom.hu.shape, bool)
        other[:4, :4, :4] = True
        self._fill({"femur": phantom.stuck[0], "hip": phantom.stuck[1], "sacrum": other})

    def _fill(self, masks) -> None:
        slicer = self.slicer
        labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "Labels")
        labels.CopyOrientation(self.volume)
        values = sum((number * mask for number, mask in enumerate(masks.values(), start=1)), np.zeros((1, 1, 1), int))
        slicer.util.updateVolumeFromArray(labels, values.astype(np.uint8))
        import vtk

        names = vtk.vtkStringArray()
        for name in masks:
            names.InsertNextValue(name)
        logic = slicer.vtkSlicerSegmentationsModuleLogic
        logic.ImportLabelmapToSegmentationNode(labels, self.node, names)
        slicer.mrmlScene.RemoveNode(labels)

    def mask(self, segment_id: str) -> np.ndarray:
        return self.slicer.util.arrayFromSegmentBinaryLabelmap(self.node, segment_id, self.volume) != 0

    def masks(self) -> list[np.ndarray]:
        return [self.mask(one) for one in ("femur", "hip", "sacrum")]

    def ras(self, voxels: np.ndarray) -> np.ndarray:
        """World RAS mm (n, 3) of voxels (n, 3) [z, y, x]; the volume lies without a transform."""
        return (voxels * SPACING)[:, ::-1] + ORIGIN

    def lines(self) -> dict[str, list[np.ndarray]]:
        return {one: [self.ras(stroke)] for one, stroke in zip(("femur", "hip"), self.phantom.strokes(), strict=True)}


@pytest.fixture(scope="module")
def a_phantom():
    return ball_in_socket(2.0, SPACING)


@pytest.fixture
def a_hip(slicer, a_phantom):
    return Hip(slicer, a_phantom)


@pytest.fixture
def an_editor(slicer, a_hip):
    """A Segment Editor with the effect active, as the module registers it."""
    from HipJointSegmentationLib.SegmentEditorSplitJointEffect import registerSplitJointEffect

    registerSplitJointEffect()
    editor = slicer.qMRMLSegmentEditorWidget()
    editor.setMRMLScene(slicer.mrmlScene)
    editor.setMRMLSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    editor.setSegmentationNode(a_hip.node)
    editor.setSourceVolumeNode(a_hip.volume)
    editor.setActiveEffectByName("Split joint")
    yield editor
    editor.setActiveEffectByName("")


def draw(editor, segment_id: str, points: np.ndarray, view: SliceView | None = None) -> list[bool]:
    """Draw through points in RAS mm with the left mouse button; say which events were used up."""
    import vtk

    view, effect = view or SliceView(), editor.activeEffect().self()
    editor.setCurrentSegmentID(segment_id)
    view.place = points[0]
    used = [effect.processInteractionEvents(view, vtk.vtkCommand.LeftButtonPressEvent, view)]
    for view.place in points[1:]:
        used.append(effect.processInteractionEvents(view, vtk.vtkCommand.MouseMoveEvent, view))
    return [*used, effect.processInteractionEvents(view, vtk.vtkCommand.LeftButtonReleaseEvent, view)]


def draw_both(editor, hip: Hip) -> None:
    for segment_id, (line,) in hip.lines().items():
        draw(editor, segment_id, line)


def curves(slicer) -> list:
    return slicer.util.getNodesByClass("vtkMRMLMarkupsCurveNode")


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


def near_dice(a: np.ndarray, b: np.ndarray) -> float:
    """Agreement within 15 mm of the strokes, which lie in one plane."""
    return dice(a[:, 7:31], b[:, 7:31])


def test_strokes_and_split_part_the_bones(slicer, a_hip, an_editor):
    before = a_hip.masks()
    draw_both(an_editor, a_hip)
    effect = an_editor.activeEffect().self()
    effect._split.click()
    after = a_hip.masks()
    assert dice(before[0], a_hip.phantom.truth[0]) < 0.85
    assert min(near_dice(a, b) for a, b in zip(after[:2], a_hip.phantom.truth, strict=True)) > 0.98
    assert np.array_equal(after[2], before[2])
    assert effect._message.text == "Split. Look at the boundary; Undo takes it back."
    assert curves(slicer) == []


def test_the_scene_gets_exactly_what_the_engine_finds(a_hip, an_editor):
    from hipjoint.edit import split_joint

    stuck = a_hip.masks()[:2]
    hu = a_hip.slicer.util.arrayFromVolume(a_hip.volume)
    lines = tuple([np.round(stroke, 3)] for stroke in a_hip.phantom.strokes())
    found = split_joint(hu, tuple(stuck), lines, SPACING)
    wanted = [mask.copy() for mask in stuck]
    for mask, bone in zip(wanted, found.bones, strict=True):
        mask[found.box] = bone
    draw_lines(a_hip)
    assert all(np.array_equal(a, b) for a, b in zip(a_hip.masks(), wanted, strict=False))


def draw_lines(hip: Hip, before=lambda: None) -> None:
    from HipJointSegmentationLib.JointSplit import splitJoint

    splitJoint(hip.node, hip.volume, hip.lines(), 2.0, before)


def test_undo_and_redo(a_hip, an_editor):
    before = a_hip.masks()
    draw_both(an_editor, a_hip)
    an_editor.activeEffect().self()._split.click()
    after = a_hip.masks()
    an_editor.undoButton.click()
    assert all(np.array_equal(a, b) for a, b in zip(a_hip.masks(), before, strict=True))
    an_editor.logic.Redo()
    assert all(np.array_equal(a, b) for a, b in zip(a_hip.masks(), after, strict=True))
    assert not np.array_equal(before[0], after[0])


def test_a_split_after_an_undo_can_be_undone_again(a_hip, an_editor):
    before = a_hip.masks()
    for _ in range(3):
        draw_both(an_editor, a_hip)
        an_editor.activeEffect().self()._split.click()
        assert not np.array_equal(a_hip.masks()[0], before[0])
        an_editor.undoButton.click()
        assert all(np.array_equal(a, b) for a, b in zip(a_hip.masks(), before, strict=True))


def test_strokes_are_curves_of_the_segment_that_are_not_saved(slicer, a_hip, an_editor, tmp_path):
    a_hip.node.GetSegmentation().GetSegment("hip").SetColor(0.2, 0.4, 0.6)
    draw(an_editor, "hip", a_hip.lines()["hip"][0])
    (curve,) = curves(slicer)
    assert curve.GetLocked()
    assert curve.GetDisplayNode().GetSelectedColor() == pytest.approx((0.2, 0.4, 0.6), abs=0.01)
    assert curve.GetDisplayNode().GetLineDiameter() == 4.0
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrml"))
    slicer.mrmlScene.Commit()
    text = (tmp_path / "scene.mrml").read_text()
    assert "SegmentEditor" in text
    assert "<Markups" not in text
    assert curve.GetID() not in text


def test_a_curve_follows_the_mouse_without_crowding(slicer, a_hip, an_editor):
    line = a_hip.lines()["femur"][0]
    draw(an_editor, "femur", line)
    (curve,) = curves(slicer)
    points = np.array([curve.GetNthControlPointPositionWorld(n) for n in range(curve.GetNumberOfControlPoints())])
    assert points[0] == pytest.approx(line[0], abs=0.06)
    assert points[-1] == pytest.approx(line[-1], abs=1.1)
    assert np.linalg.norm(np.diff(points, axis=0), axis=1).min() >= 1.0


@pytest.mark.parametrize("leave", ["clear", "another effect", "scene closed"])
def test_no_stroke_is_left_behind(slicer, a_hip, an_editor, leave):
    draw_both(an_editor, a_hip)
    assert len(curves(slicer)) == 2
    before = a_hip.masks()
    {
        "clear": an_editor.activeEffect().self()._clear.click,
        "another effect": lambda: an_editor.setActiveEffectByName(""),
        "scene closed": lambda: slicer.mrmlScene.Clear(0),
    }[leave]()
    assert curves(slicer) == []
    if leave != "scene closed":
        assert all(np.array_equal(a, b) for a, b in zip(a_hip.masks(), before, strict=True))


def test_events_of_drawing_are_used_up_and_others_are_left_to_slicer(slicer, a_hip, an_editor):
    line = a_hip.lines()["femur"][0]
    assert all(draw(an_editor, "femur", line))
    pressed = SliceView()
    pressed.keys.add("shift")
    assert not any(draw(an_editor, "femur", line, pressed))
    assert not any(draw(an_editor, "femur", line, SliceView("qMRMLThreeDWidget")))
    an_editor.activeEffect().confirmed = an_editor.activeEffect().ConfirmedWithDialog
    assert not any(draw(an_editor, "femur", line))
    assert len(curves(slicer)) == 1


def test_what_is_missing_is_told_and_nothing_is_changed_or_kept_for_undo(a_hip, an_editor):
    effect, before = an_editor.activeEffect().self(), a_hip.masks()
    told = []
    for segment_ids in ([], ["femur"], ["hip", "sacrum"]):
        for one in segment_ids:
            draw(an_editor, one, a_hip.lines()["femur"][0])
        effect._split.click()
        told.append(effect._message.text)
    assert told == [
        "There are no strokes: select a bone and draw on it, then do so with the bone it touches.",
        "There are strokes on femur only: select the bone it touches and draw on that, too.",
        "There are strokes on femur, hip, sacrum: clear them and draw on two bones only.",
    ]
    effect._clear.click()
    draw(an_editor, "femur", a_hip.lines()["femur"][0])
    draw(an_editor, "hip", a_hip.lines()["hip"][0] + 500)
    effect._split.click()
    assert effect._message.text == "The strokes on the bone hip lie outside the scan: draw them within it."
    assert not an_editor.logic.CanUndo()
    assert all(np.array_equal(a, b) for a, b in zip(a_hip.masks(), before, strict=True))


def test_a_missing_scan_and_an_empty_segment_are_told(a_hip, an_editor):
    effect = an_editor.activeEffect().self()
    draw_both(an_editor, a_hip)
    an_editor.setSourceVolumeNode(None)
    effect._split.click()
    assert effect._message.text.startswith("There is no scan to look at")
    an_editor.setSourceVolumeNode(a_hip.volume)
    a_hip.node.GetSegmentation().RemoveAllSegments()
    for name in ("femur", "hip"):
        a_hip.node.GetSegmentation().AddEmptySegment(name, name)
    effect._split.click()
    assert effect._message.text == "The segment femur is empty: there is nothing to split."


def test_the_brush_is_remembered_with_the_editor(a_hip, an_editor):
    effect = an_editor.activeEffect()
    assert effect.self()._radius.value == 2.0
    effect.self()._radius.setValue(3.5)
    an_editor.setActiveEffectByName("")
    effect.self()._radius.setValue(1.0)
    an_editor.mrmlSegmentEditorNode().SetAttribute("Split joint.BrushRadiusMm", "3.5")
    an_editor.setActiveEffectByName("Split joint")
    assert effect.self()._radius.value == 3.5


@pytest.fixture
def a_transform(slicer):
    """A turn by 30 degrees about z and a shift, as a node."""
    turned = np.eye(4)
    turned[:2, :2] = [[np.cos(0.52), -np.sin(0.52)], [np.sin(0.52), np.cos(0.52)]]
    turned[:3, 3] = (7, -8, 9)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(turned))
    return node, turned


def test_scan_and_segments_under_one_transform_are_split_where_they_are_seen(a_hip, a_transform):
    from HipJointSegmentationLib.JointSplit import splitJoint

    node, matrix = a_transform
    draw_lines(a_hip)
    wanted = a_hip.masks()
    a_hip.node.GetSegmentation().RemoveAllSegments()
    a_hip._fill({"femur": a_hip.phantom.stuck[0], "hip": a_hip.phantom.stuck[1]})
    for one in (a_hip.volume, a_hip.node):
        one.SetAndObserveTransformNodeID(node.GetID())
    moved = {one: [line @ matrix[:3, :3].T + matrix[:3, 3] for line in lines] for one, lines in a_hip.lines().items()}
    splitJoint(a_hip.node, a_hip.volume, moved, 2.0, lambda: None)
    for one in (a_hip.volume, a_hip.node):
        one.SetAndObserveTransformNodeID(None)
    for found, want in zip((a_hip.mask("femur"), a_hip.mask("hip")), wanted, strict=False):
        assert dice(found, want) > 0.999


def test_a_scan_on_another_grid_is_looked_at_where_the_segments_lie(slicer, a_hip, a_transform):
    from scipy import ndimage

    # The scan is turned and then turned back by its transform, with finer voxels and more room round it.
    from HipJointSegmentationLib.JointSplit import splitJoint

    node, matrix = a_transform
    fine = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Fine")
    step = np.diag([1.0, 1.0, 1.0, 1.0])
    step[:3, 3] = matrix[:3, :3].T @ (ORIGIN + CENTRE[::-1] - matrix[:3, 3]) - 65
    fine.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(step))
    index = np.stack(np.mgrid[:130, :130, :130], axis=-1).reshape(-1, 3)[:, ::-1]
    world = (index + step[:3, 3]) @ matrix[:3, :3].T + matrix[:3, 3]
    voxels = ((world - ORIGIN)[:, ::-1] / SPACING).T
    hu = ndimage.map_coordinates(a_hip.phantom.hu, voxels, order=1, cval=50.0).reshape(130, 130, 130)
    slicer.util.updateVolumeFromArray(fine, hu.astype(np.int16))
    fine.SetAndObserveTransformNodeID(node.GetID())
    splitJoint(a_hip.node, fine, a_hip.lines(), 2.0, lambda: None)
    assert near_dice(a_hip.mask("femur"), a_hip.phantom.truth[0]) > 0.97
    assert near_dice(a_hip.mask("hip"), a_hip.phantom.truth[1]) > 0.97


def test_segments_that_overlap_others_and_lie_in_layers_of_their_own(slicer, a_hip):
    draw_lines(a_hip)
    wanted = a_hip.masks()[:2]
    a_hip.node.GetSegmentation().RemoveAllSegments()
    a_hip._fill({"femur": a_hip.phantom.stuck[0], "hip": a_hip.phantom.stuck[1]})
    a_hip.node.GetSegmentation().SeparateSegmentLabelmap("hip")
    assert a_hip.node.GetSegmentation().GetNumberOfLayers() == 2
    draw_lines(a_hip)
    assert all(np.array_equal(a, b) for a, b in zip([a_hip.mask("femur"), a_hip.mask("hip")], wanted, strict=True))


def test_a_layer_that_slicer_cropped_is_given_room(slicer, a_hip):
    import vtk

    draw_lines(a_hip)
    wanted = a_hip.masks()[:2]
    segmentation = a_hip.node.GetSegmentation()
    segmentation.RemoveAllSegments()
    a_hip._fill({"femur": a_hip.phantom.stuck[0], "hip": a_hip.phantom.stuck[1]})
    segmentation.SeparateSegmentLabelmap("hip")
    labelmap = segmentation.GetSegment("hip").GetRepresentation("Binary labelmap")
    extent = [0] * 6
    slicer.vtkOrientedImageDataResample.CalculateEffectiveExtent(labelmap, extent)
    cut = vtk.vtkImageConstantPad()
    cut.SetInputData(labelmap)
    cut.SetOutputWholeExtent(extent)
    cut.Update()
    matrix = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    labelmap.DeepCopy(cut.GetOutput())
    labelmap.SetGeometryFromImageToWorldMatrix(matrix)
    draw_lines(a_hip)
    assert all(np.array_equal(a, b) for a, b in zip([a_hip.mask("femur"), a_hip.mask("hip")], wanted, strict=True))


def test_segments_on_different_grids_are_refused_in_words(a_hip):
    segmentation = a_hip.node.GetSegmentation()
    segmentation.SeparateSegmentLabelmap("hip")
    segmentation.GetSegment("hip").GetRepresentation("Binary labelmap").SetSpacing(1, 1, 1)
    with pytest.raises(InputError, match="femur and hip lie on different grids"):
        draw_lines(a_hip)


def test_3d_that_was_shown_is_shown_again_and_that_of_other_bones_is_kept(slicer, a_hip):
    a_hip.node.CreateClosedSurfaceRepresentation()
    segmentation = a_hip.node.GetSegmentation()
    surfaces = {one: segmentation.GetSegment(one).GetRepresentation("Closed surface") for one in ("femur", "sacrum")}
    points = surfaces["femur"].GetNumberOfPoints()
    draw_lines(a_hip)
    assert segmentation.GetSegment("sacrum").GetRepresentation("Closed surface") is surfaces["sacrum"]
    assert 0 < segmentation.GetSegment("femur").GetRepresentation("Closed surface").GetNumberOfPoints() != points


def test_the_edit_is_announced_to_those_who_watch_the_segmentation(slicer, a_hip):
    heard = []
    segmentation = a_hip.node.GetSegmentation()
    segmentation.AddObserver(segmentation.SourceRepresentationModified, lambda *_: heard.append(True))
    draw_lines(a_hip)
    assert heard
