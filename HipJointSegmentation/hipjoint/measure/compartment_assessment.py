"""Every measure of cortical and trabecular bone of both femora, from a label map of compartments and the scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import FEMUR_COMPARTMENTS, HIP_CT, Label, Side
from hipjoint.measure.bmd import Calibration
from hipjoint.measure.bone_shape import Bone, bones_of
from hipjoint.measure.compartments import FemurCortex, measure_femur, no_femur, thick_slices
from hipjoint.measure.cortex_map import GRID_MM, CortexMap, map_cortices, map_from_labels
from hipjoint.measure.femur_regions import FemurRegions, find_regions
from hipjoint.measure.value import Value
from hipjoint.tasks.metal import metal_warnings
from hipjoint.warning import about

SIDES: tuple[Side, ...] = ("right", "left")
# Less than this is a crumb and no femur.
LEAST_ML = 3.0
FEMORA: Mapping[Side, Label] = {label.side: label for label in HIP_CT[:2] if label.side}


@dataclass(frozen=True)
class FemurAssessment:
    """All values of ``compartments.DEFINITIONS`` of one side; map and regions are None where there is no femur."""

    side: Side
    values: tuple[Value, ...]
    cortex: CortexMap | None = None
    regions: FemurRegions | str | None = None

    def value(self, name: str) -> Value:
        """The value with the ``name`` of its definition. Raises ``KeyError`` for another name."""
        return {value.definition.name: value for value in self.values}[name]


def compartments_of(side: Side) -> tuple[Label, Label]:
    """The labels of cortical and trabecular bone of a side."""
    cortical, trabecular = (label for label in FEMUR_COMPARTMENTS if label.side == side)
    return cortical, trabecular


def whole_femora(compartments: sitk.Image) -> sitk.Image:
    """The femora (values 1 and 2 of ``labels.HIP_CT``, uint8) of a label map of compartments, on its grid."""
    values = sitk.GetArrayViewFromImage(compartments)
    femora = np.zeros(values.shape, np.uint8)
    for side, femur in FEMORA.items():
        femora[np.isin(values, [label.value for label in compartments_of(side)])] = femur.value
    made = sitk.GetImageFromArray(femora)
    made.CopyInformation(compartments)
    return made


def femora_in(labels: sitk.Image, image: sitk.Image | None) -> dict[Side, Bone]:
    """The femora of a label map (values 1 and 2), right first; ``image`` is the scan on the same grid, if there is."""
    bones = bones_of(labels, tuple(FEMORA.values()), image)
    found = {side: bones[label.name] for side, label in FEMORA.items() if label.name in bones}
    return {side: bone for side, bone in found.items() if _volume_ml(bone) >= LEAST_ML}


def _volume_ml(bone: Bone) -> float:
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(bone.mask)))
    return float(voxels * prod(bone.mask.GetSpacing())) / 1000


def assess(
    labels: sitk.Image,
    image: sitk.Image | None = None,
    *,
    calibration: Calibration | None = None,
    cortices: Mapping[Side, CortexMap] | None = None,
) -> dict[Side, FemurAssessment]:
    """Measure both femora of a label map with the values of ``labels.FEMUR_COMPARTMENTS`` (3D, LPS mm).

    ``image`` is the scan in HU on the same grid; without it there are no densities, and thickness is that of the label
    map. ``cortices`` are the maps of thickness, if they were made before.
    """
    femora = whole_femora(labels)
    bones = femora_in(femora, image)
    maps = cortices if cortices is not None else _maps(labels, image, bones)
    doubts = _doubts(labels, image, femora)
    found = {}
    for side in SIDES:
        if side not in bones:
            found[side] = FemurAssessment(side, no_femur(side, f"The scan shows no {side} femur."))
            continue
        cortical, trabecular = (sitk.GetArrayViewFromImage(labels) == each.value for each in compartments_of(side))
        regions = find_regions(bones[side], side)
        femur = FemurCortex(side, bones[side], cortical, trabecular, labels, maps[side], regions, doubts[side])
        found[side] = FemurAssessment(side, measure_femur(femur, image, calibration), maps[side], regions)
    return found


def _maps(labels: sitk.Image, image: sitk.Image | None, bones: Mapping[Side, Bone]) -> dict[Side, CortexMap]:
    if image is not None:
        return map_cortices(image, bones)
    table = tuple(compartments_of(side)[1] for side in bones)
    cores = bones_of(labels, table) if table else {}
    empty = sitk.GetImageFromArray(np.full((2, 2, 2), -1.0, np.float32))
    maps = {}
    for side, bone in bones.items():
        core = cores.get(compartments_of(side)[1].name)
        maps[side] = map_from_labels(bone, empty if core is None else core.field(GRID_MM))
    return maps


def _doubts(labels: sitk.Image, image: sitk.Image | None, femora: sitk.Image) -> dict[Side, tuple[str, ...]]:
    metal = () if image is None else metal_warnings(image, femora)
    return {side: (*thick_slices(labels), *about(metal, FEMORA[side])) for side in SIDES}
