from __future__ import annotations

import numpy as np
import phantom
import pytest
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.volume import read_volume


@pytest.fixture
def a_volume_node(slicer):
    from scans import a_phantom, volume_of

    return volume_of(a_phantom().image)


def written(node, folder) -> sitk.Image:
    from HipJointSegmentationLib.ScanWriter import writeScan

    writeScan(node, folder / "scan.nrrd")
    return sitk.ReadImage(str(folder / "scan.nrrd"))


def put_under(slicer, node, matrix):
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.array(matrix, float)))
    node.SetAndObserveTransformNodeID(transform.GetID())


def centre_of(image: sitk.Image, hu: float) -> np.ndarray:
    """Centre in LPS mm of the sphere with a density."""
    found = np.argwhere(np.abs(sitk.GetArrayViewFromImage(image) - hu) < 1)[:, ::-1].mean(axis=0)
    return np.array(image.TransformContinuousIndexToPhysicalPoint(found.tolist()))


def test_a_volume_is_written_where_it_lies(a_volume_node, tmp_path):
    image = written(a_volume_node, tmp_path)
    assert image.GetSpacing() == pytest.approx(phantom.SPACING)
    assert image.GetOrigin() == pytest.approx(phantom.ORIGIN)
    assert image.GetDirection() == pytest.approx(np.eye(3).ravel())
    assert centre_of(image, 350.0) == pytest.approx((60, 0, -20), abs=0.3)


def test_an_oblique_volume_keeps_its_axes(slicer, tmp_path):
    from scans import volume_of

    turned = phantom.turned_about_z(20)
    image = written(volume_of(phantom.segmented(phantom.empty_image(turned)).image), tmp_path)
    assert image.GetDirection() == pytest.approx(turned.ravel())


def test_a_linear_transform_is_applied(slicer, a_volume_node, tmp_path):
    put_under(slicer, a_volume_node, [[0, -1, 0, 5], [1, 0, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]])
    # RAS (-60, 0, -20) goes to (5, -54, -13).
    assert centre_of(written(a_volume_node, tmp_path), 350.0) == pytest.approx((-5, 54, -13), abs=0.3)


def test_the_engine_sets_a_gantry_tilt_upright(slicer, a_volume_node, tmp_path):
    put_under(slicer, a_volume_node, [[1, 0, 0, 0], [0, 1, 0.3, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    written(a_volume_node, tmp_path)
    volume = read_volume(tmp_path / "scan.nrrd")
    assert any("gantry tilt of 16.7 degrees" in note for note in volume.notes)
    # RAS y becomes y + 0.3 z: the centre (-60, 0, -20) goes to (-60, -6, -20).
    assert centre_of(volume.image, 350.0) == pytest.approx((60, 6, -20), abs=0.5)


def bent(slicer, node, shift_mm):
    """A bent transform that shifts along A by ``shift_mm`` of z in mm, as Slicer gives to acquired slices."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    z = np.linspace(-200.0, 200.0, 41)
    shifts = np.zeros((41, 3, 3, 3))
    shifts[..., 1] = shift_mm(z)[:, None, None]
    image = vtk.vtkImageData()
    image.SetDimensions(3, 3, 41)
    image.SetOrigin(-300, -300, -200)
    image.SetSpacing(300, 300, 10)
    image.GetPointData().SetScalars(numpy_to_vtk(shifts.reshape(-1, 3), deep=True))
    grid = slicer.vtkOrientedGridTransform()
    grid.SetDisplacementGridData(image)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLGridTransformNode")
    transform.SetAndObserveTransformToParent(grid)
    node.SetAndObserveTransformNodeID(transform.GetID())


def test_slices_that_slicer_shifted_evenly_are_written_without_interpolation(slicer, a_volume_node, tmp_path):
    bent(slicer, a_volume_node, lambda z: 0.3 * z)
    image = written(a_volume_node, tmp_path)
    assert np.array_equal(sitk.GetArrayFromImage(image), slicer.util.arrayFromVolume(a_volume_node))
    assert centre_of(read_volume(tmp_path / "scan.nrrd").image, 350.0) == pytest.approx((60, 6, -20), abs=0.5)


def test_a_bent_transform_is_applied_and_nothing_is_cut_off(slicer, a_volume_node, tmp_path):
    bent(slicer, a_volume_node, lambda z: 20.0 * np.sin(z / 60.0))
    image = written(a_volume_node, tmp_path)
    shift = 20.0 * np.sin(-20.0 / 60.0)
    assert centre_of(image, 350.0) == pytest.approx((60, -shift, -20), abs=0.7)
    assert image.GetSize()[1] * image.GetSpacing()[1] > 60 * 2.0 + 20


def test_the_node_is_not_changed(slicer, a_volume_node, tmp_path):
    bent(slicer, a_volume_node, lambda z: 20.0 * np.sin(z / 60.0))
    before, nodes = a_volume_node.GetMTime(), slicer.mrmlScene.GetNumberOfNodes()
    written(a_volume_node, tmp_path)
    assert (a_volume_node.GetMTime(), slicer.mrmlScene.GetNumberOfNodes()) == (before, nodes)


def test_a_transform_that_folds_the_volume_flat_is_refused(slicer, a_volume_node, tmp_path):
    put_under(slicer, a_volume_node, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    with pytest.raises(InputError, match="folds it flat"):
        written(a_volume_node, tmp_path)


def test_the_name_of_the_node_is_not_in_the_file(slicer, a_volume_node, tmp_path):
    a_volume_node.SetName("Doe^Jane")
    written(a_volume_node, tmp_path)
    assert b"Doe" not in (tmp_path / "scan.nrrd").read_bytes()
