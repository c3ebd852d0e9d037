from __future__ import annotations

import csv

import numpy as np
import phantom
import pytest
import trimesh

from hipjoint.errors import HipJointError, InputError
from hipjoint.labels import HIP_CT


@pytest.fixture
def a_loaded_result(slicer, tmp_path):
    """Volume node and segmentation node of the phantom."""
    from scans import a_phantom, results_in, volume_of

    from HipJointSegmentationLib.ResultReader import loadSegmentation

    result = a_phantom()
    volume = volume_of(result.image)
    return volume, loadSegmentation(results_in(tmp_path / "results", result), volume)


@pytest.fixture
def a_logic(slicer):
    from HipJointSegmentation import HipJointSegmentationLogic

    return HipJointSegmentationLogic()


def sphere_ml(value: int) -> float:
    return 4 / 3 * np.pi * phantom.SPHERES[value][1] ** 3 / 1000


def table_of(node) -> list[list[str]]:
    from HipJointSegmentationLib.MeasurementTable import rowsOf

    return rowsOf(node)


def options(folder, **choices):
    from HipJointSegmentationLib.SurfaceExport import ExportOptions

    return ExportOptions(folder, **choices)


def test_names_colours_and_terms_are_those_of_the_engine(slicer, a_loaded_result):
    segmentation = a_loaded_result[1].GetSegmentation()
    for label in HIP_CT:
        segment = segmentation.GetSegment(label.name)
        assert segment.GetName() == label.title
        assert np.array(segment.GetColor()) * 255 == pytest.approx(label.colour, abs=0.5)
        term = slicer.vtkSlicerTerminologyEntry()
        logic = slicer.vtkSlicerTerminologiesModuleLogic()
        assert logic.DeserializeTerminologyEntry(segment.GetTerminology(), term)
        assert term.GetTypeObject().GetCodeValue() == label.code.value
        side = term.GetTypeModifierObject().GetCodeValue()
        assert side == (label.side_code.value if label.side_code else None)


def test_the_segments_lie_where_the_engine_found_them(slicer, a_loaded_result):
    volume, node = a_loaded_result
    for label in HIP_CT:
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(node, label.name, volume)
        middle = np.argwhere(mask)[:, ::-1].mean(axis=0) * phantom.SPACING + phantom.ORIGIN
        assert middle == pytest.approx(phantom.SPHERES[label.value][0], abs=0.2)


def test_the_segmentation_is_beside_the_scan_and_refers_to_it(slicer, tmp_path):
    from scans import a_phantom, results_in, volume_of

    from HipJointSegmentationLib.ResultReader import loadSegmentation

    volume = volume_of(a_phantom().image, "Series 3")
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "Study")
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(volume), study)
    node = loadSegmentation(results_in(tmp_path / "results", a_phantom()), volume)
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    assert node.GetNodeReference(role) is volume
    assert node.GetName() == "Series 3 hip bones"


def test_3d_is_not_made_unasked_and_the_file_is_let_go(slicer, a_loaded_result):
    node = a_loaded_result[1]
    name = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    assert not node.GetSegmentation().ContainsRepresentation(name)
    assert node.GetStorageNode() is None


def test_a_result_whose_scan_was_deleted_stands_alone(slicer, tmp_path):
    from scans import a_phantom, results_in, volume_of

    from HipJointSegmentationLib.ResultReader import loadSegmentation

    volume = volume_of(a_phantom().image)
    slicer.mrmlScene.RemoveNode(volume)
    node = loadSegmentation(results_in(tmp_path / "results", a_phantom()), volume)
    assert node.GetSegmentation().GetNumberOfSegments() == 5


def test_a_result_that_cannot_be_read_leaves_no_node(slicer, tmp_path):
    from HipJointSegmentationLib.ResultReader import loadSegmentation

    (tmp_path / "segmentation.seg.nrrd").write_text("no segmentation")
    with pytest.raises(HipJointError, match="could not be read"):
        loadSegmentation(tmp_path, None)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0


def test_the_table_has_the_sizes_of_the_spheres(a_logic, a_loaded_result):
    volume, node = a_loaded_result
    head, *rows = table_of(a_logic.measure(node, volume))
    assert head == ["Segment", "Volume (ml)", "Area (cm²)", "Mean (HU)"]
    for label, (name, volume_ml, surface_cm2, mean_hu) in zip(HIP_CT, rows, strict=True):
        _, radius, density = phantom.SPHERES[label.value]
        assert name == label.title
        assert float(volume_ml) == pytest.approx(sphere_ml(label.value), rel=0.02)
        assert float(surface_cm2) == pytest.approx(4 * np.pi * radius**2 / 100, rel=0.03)
        assert float(mean_hu) == density


def test_the_density_is_read_where_a_moved_scan_lies(slicer, a_logic, a_loaded_result):
    volume, node = a_loaded_result
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    # Half a turn about the long axis puts the right femur where the left one was.
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.diag([-1.0, -1.0, 1.0, 1.0])))
    volume.SetAndObserveTransformNodeID(transform.GetID())
    right, left = table_of(a_logic.measure(node, volume))[1:3]
    assert (float(right[3]), float(left[3])) == pytest.approx((350, 300), rel=0.05)


def test_only_an_edited_segment_is_measured_again(slicer, a_logic, a_loaded_result, monkeypatch):
    from HipJointSegmentationLib import Measurements

    volume, node = a_loaded_result
    table = a_logic.measure(node, volume)
    measured, measure = [], Measurements._measure
    monkeypatch.setattr(Measurements, "_measure", lambda name, *rest: measured.append(name) or measure(name, *rest))
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(node, "femur_left", volume)
    mask[:20] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, "femur_left", volume)
    before = float(table_of(table)[2][1])
    a_logic.measure(node, volume, table)
    assert measured == ["Left femur"]
    assert float(table_of(table)[2][1]) < before


def test_an_empty_segment_has_no_volume_and_no_density(a_logic, a_loaded_result):
    volume, node = a_loaded_result
    node.GetSegmentation().AddEmptySegment("new", "New")
    assert table_of(a_logic.measure(node, volume))[-1] == ["New", "0.00", "–", "–"]


def test_the_table_can_be_pasted_and_saved(a_logic, a_loaded_result, tmp_path):
    from HipJointSegmentationLib.MeasurementTable import asText, writeCsv

    table = a_logic.measure(a_loaded_result[1], a_loaded_result[0])
    writeCsv(table, tmp_path / "sizes.csv")
    with (tmp_path / "sizes.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == table_of(table)
    assert asText(table).splitlines()[1].split("\t") == table_of(table)[1]


@pytest.mark.parametrize("suffix", ["stl", "ply", "obj", "3mf"])
def test_an_exported_model_is_closed_and_as_large_as_its_segment(a_logic, a_loaded_result, tmp_path, suffix):
    (path,) = a_logic.export(a_loaded_result[1], ["hip_left"], options(tmp_path, format=suffix))
    mesh = trimesh.load_mesh(path)
    mesh.merge_vertices()
    voxels_ml = float(table_of(a_logic.measure(a_loaded_result[1]))[4][1])
    assert path == tmp_path / f"hip_Left_hip_bone.{suffix}"
    assert mesh.is_watertight
    assert mesh.volume / 1000 == pytest.approx(voxels_ml, rel=0.01)
    assert mesh.center_mass == pytest.approx(phantom.SPHERES[4][0], abs=0.2)


def test_a_model_in_ras_is_turned(a_logic, a_loaded_result, tmp_path):
    (path,) = a_logic.export(a_loaded_result[1], ["hip_left"], options(tmp_path, space="RAS"))
    assert trimesh.load_mesh(path).center_mass == pytest.approx((-60, 0, 27), abs=0.2)


def test_a_segmentation_under_a_transform_is_exported_where_it_is_seen(slicer, a_logic, a_loaded_result, tmp_path):
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = (10, 20, 30)
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    a_loaded_result[1].SetAndObserveTransformNodeID(transform.GetID())
    (path,) = a_logic.export(a_loaded_result[1], ["hip_left"], options(tmp_path))
    assert trimesh.load_mesh(path).center_mass == pytest.approx((50, -20, 57), abs=0.3)


def test_the_name_of_the_scan_is_in_a_file_name_only_if_asked_for(a_logic, a_loaded_result, tmp_path):
    node = a_loaded_result[1]
    (plain,) = a_logic.export(node, ["sacrum"], options(tmp_path), "Doe^Jane")
    (asked,) = a_logic.export(node, ["sacrum"], options(tmp_path, template="{scan}/{number}"), "Doe^Jane")
    assert (plain.name, asked.name) == ("hip_Sacrum.stl", "Doe^Jane_1.stl")
    assert b"Doe" not in plain.read_bytes()


@pytest.mark.parametrize("template", ["{bone}", "{segment", "{0}", "", "...", "{segment.x}"])
def test_a_template_that_makes_no_name_is_refused_in_words(a_logic, a_loaded_result, tmp_path, template):
    with pytest.raises(InputError, match="file name"):
        a_logic.export(a_loaded_result[1], ["sacrum"], options(tmp_path, template=template))


def test_two_segments_may_not_get_one_name(a_logic, a_loaded_result, tmp_path):
    with pytest.raises(InputError, match="Two segments"):
        a_logic.export(a_loaded_result[1], ["sacrum", "hip_left"], options(tmp_path, template="bone"))


def test_a_file_is_replaced_only_if_that_is_wanted(a_logic, a_loaded_result, tmp_path):
    (tmp_path / "hip_Sacrum.stl").write_text("mine")
    with pytest.raises(InputError, match="there already"):
        a_logic.export(a_loaded_result[1], ["sacrum"], options(tmp_path))
    assert (tmp_path / "hip_Sacrum.stl").read_text() == "mine"
    a_logic.export(a_loaded_result[1], ["sacrum"], options(tmp_path, overwrite=True))
    assert (tmp_path / "hip_Sacrum.stl").stat().st_size > 1000


def test_nothing_is_written_if_one_of_the_segments_is_empty(a_logic, a_loaded_result, tmp_path):
    a_loaded_result[1].GetSegmentation().AddEmptySegment("new", "New")
    (tmp_path / "models").mkdir()
    with pytest.raises(InputError, match="New is empty"):
        a_logic.export(a_loaded_result[1], ["sacrum", "new"], options(tmp_path / "models"))
    assert list((tmp_path / "models").iterdir()) == []


def test_nothing_chosen_and_no_folder_are_told(a_logic, a_loaded_result, tmp_path):
    with pytest.raises(InputError, match="nothing to export"):
        a_logic.export(a_loaded_result[1], [], options(tmp_path))
    with pytest.raises(InputError, match="is not there"):
        a_logic.export(a_loaded_result[1], ["sacrum"], options(tmp_path / "missing"))
