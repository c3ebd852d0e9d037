"""How large and how dense each bone is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.labels import Label
from hipjoint.mesh import check
from hipjoint.tasks.result import SegmentationResult


@dataclass(frozen=True)
class SizeRow:
    """The sizes of one bone: volume of the label map, area of the surface model, mean HU of the labelled voxels."""

    label: Label
    volume_ml: float
    surface_cm2: float
    mean_hu: float


def measure_sizes(result: SegmentationResult, surfaces: Mapping[int, vtkPolyData]) -> list[SizeRow]:
    """One row a segment of ``result``, in its order; ``surfaces`` maps label values to closed surfaces in LPS mm.

    The volume counts the voxels of the label map, the part of the bone that the scan shows; the area is that of the
    surface model, with the flat end where the scan cuts the bone.
    """
    voxel_ml = prod(result.labels.GetSpacing()) / 1000.0
    hu, labels = (sitk.GetArrayViewFromImage(grid) for grid in (result.image, result.labels))
    boxes = ndimage.find_objects(labels)
    rows = []
    for segment in result.segments:
        value = segment.label.value
        box = boxes[value - 1]
        inside = hu[box][labels[box] == value]
        area = check(surfaces[value]).area_cm2
        rows.append(SizeRow(segment.label, inside.size * voxel_ml, area, float(inside.mean(dtype=np.float64))))
    return rows
