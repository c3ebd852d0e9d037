"""The tests that run inside Slicer too; they use only what Slicer comes with."""

# ruff: noqa: PT009  (Slicer runs them with unittest)

import tempfile

import numpy as np
import SimpleITK as sitk
import slicer

from HipJointSegmentationLib.InputCheck import problemOf
from HipJointSegmentationLib.ScanWriter import writeScan
from HipJointSegmentationLib.SegmentImage import insideValues, maskOf


class SelfTest:
    """Synthetic spheres with exact numbers, in an empty scene."""

    def setUp(self):
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()

    def test_aScanIsAccepted(self):
        """A volume with air, soft tissue and bone has no problem."""
        self.assertEqual(problemOf(aScan()), "")

    def test_aVolumeWithoutAirIsNoScan(self):
        """Values that show neither air nor fat are refused with a sentence."""
        volume = aScan()
        slicer.util.updateVolumeFromArray(volume, slicer.util.arrayFromVolume(volume) + 2000)
        self.assertIn("neither air nor fat", problemOf(volume))

    def test_aScanIsWrittenWhereItLies(self):
        """The file for the engine has the volume's place in LPS mm."""
        volume = aScan()
        with tempfile.TemporaryDirectory() as folder:
            writeScan(volume, f"{folder}/scan.nrrd")
            image = sitk.ReadImage(f"{folder}/scan.nrrd")
        np.testing.assert_allclose(image.GetSpacing(), (2, 2, 2))
        np.testing.assert_allclose(image.GetOrigin(), (-10, -20, 30))
        np.testing.assert_allclose(image.GetDirection(), (-1, 0, 0, 0, -1, 0, 0, 0, 1), atol=1e-9)

    def test_aSegmentHasTheValuesOfTheScan(self):
        """Mask and values of a segment are those that were drawn."""
        volume = aScan()
        node, segmentId = aSegment(volume)
        values = insideValues(maskOf(node, segmentId), volume)
        self.assertEqual(len(values), int((slicer.util.arrayFromVolume(volume) == 700).sum()))
        self.assertEqual(float(values.mean()), 700.0)


def aScan():
    """A volume node with a ball of bone in soft tissue in air; origin RAS (10, 20, 30), 2 mm voxels."""
    k, j, i = np.indices((40, 44, 48))
    distance = np.sqrt((k - 20) ** 2 + (j - 22) ** 2 + (i - 24) ** 2) * 2.0
    values = np.where(distance < 20, 700, np.where(distance < 36, 40, -1000)).astype(np.int16)
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Scan")
    volume.SetSpacing(2, 2, 2)
    volume.SetOrigin(10, 20, 30)
    slicer.util.updateVolumeFromArray(volume, values)
    return volume


def aSegment(volume):
    """A segmentation node on the volume with the ball of bone as its segment, and the segment's id."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segmentId = node.GetSegmentation().AddEmptySegment("ball", "Ball")
    mask = (slicer.util.arrayFromVolume(volume) == 700).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, segmentId, volume)
    return node, segmentId
