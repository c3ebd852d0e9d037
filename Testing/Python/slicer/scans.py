"""Scans of the pelvis made of spheres, as nodes of the scene, and what the engine would make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import phantom
import SimpleITK as sitk
import slicer

from hipjoint.output.segmentation_file import write_segmentation
from hipjoint.tasks.result import SegmentationResult


def a_phantom() -> SegmentationResult:
    """The spheres in soft tissue with a border of air, as in a CT."""
    image = phantom.empty_image()
    result = phantom.segmented(image)
    hu = sitk.GetArrayFromImage(result.image)
    hu[:, :5] = -1000.0
    return SegmentationResult(phantom.like(hu, image), result.labels, result.segments, result.warnings, result.run)


def volume_of(image: sitk.Image, name: str = "CT") -> Any:
    """A volume node that shows an image where it lies."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix))
    slicer.util.updateVolumeFromArray(node, sitk.GetArrayFromImage(image))
    return node


def results_in(folder: Path, result: SegmentationResult) -> Path:
    """The part of a folder of results that the module reads."""
    folder.mkdir(exist_ok=True)
    labels = sitk.Cast(result.labels, sitk.sitkUInt8)
    write_segmentation(labels, [segment.label for segment in result.segments], folder / "segmentation.seg.nrrd")
    (folder / "measurements.json").write_text('{"warnings": ["Left femur is cut."]}')
    return folder
