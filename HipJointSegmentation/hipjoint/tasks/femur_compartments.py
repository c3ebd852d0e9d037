"""Cortical and trabecular bone of the femora in CT, from the outline of the femora and the scan.

No network draws the inner surface of the cortex: profiles of the scan across the outline are fitted with a model of
cortex and blur (``measure.cortical_model``), and the depth of the inner edge is smoothed over the surface.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.measure.bone_shape import Bone, bones_of
from hipjoint.measure.compartment_assessment import FEMORA, compartments_of, femora_in, whole_femora
from hipjoint.measure.compartments import thick_slices
from hipjoint.measure.cortex_map import GRID_MM, CortexMap, endosteal_field, map_cortices
from hipjoint.progress import Progress, Share, Stages
from hipjoint.tasks import hip_ct
from hipjoint.tasks.clean import largest_piece
from hipjoint.tasks.metal import metal_warnings
from hipjoint.tasks.result import Segment, SegmentationResult
from hipjoint.volume import Volume
from hipjoint.volume.resample import onto

METHOD = "profile model (Treece et al. 2010)"
# Share of a whole run that finding the bones takes.
_BONES = 0.7


@dataclass(frozen=True)
class CompartmentsResult(SegmentationResult):
    """Compartments of the femora; ``cortices`` are their maps of thickness, by side."""

    cortices: dict[Side, CortexMap] = field(default_factory=dict)


def run(
    volume: Volume, *, device: str, progress: Progress, threads: int | None = None, models_dir: Path | None = None
) -> CompartmentsResult:
    """Find the bones of a CT, then cortical and trabecular bone of its femora.

    Raises InputError if the scan shows no femur, ModelError if a model is missing or damaged.
    """
    found = hip_ct.run(
        volume, device=device, progress=Share(progress, 0.0, _BONES), threads=threads, models_dir=models_dir
    )
    return divide(volume.image, found.labels, Share(progress, _BONES, 1.0), run=found.run)


def divide(
    image: sitk.Image, femora: sitk.Image, progress: Progress, run: dict[str, object] | None = None
) -> CompartmentsResult:
    """Part the femora (values 1 and 2 of ``femora``, on the grid of ``image`` in HU) into cortical and trabecular bone.

    Raises InputError if there is no femur in the label map.
    """
    stages = Stages(progress)
    stages.begin("Measuring the cortex", 0.0)
    sides = femora_in(femora, image)
    if not sides:
        raise InputError("No femur was found in this scan; choose a CT that shows a hip, or give a label map with one.")
    cortices = map_cortices(image, sides)
    stages.begin("Drawing the inner surface", 0.7)
    labels = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    segments: list[Segment] = []
    for side, bone in sides.items():
        segments += _draw(labels, femora, side, bone, cortices[side])
    out = sitk.GetImageFromArray(labels)
    out.CopyInformation(image)
    earlier = run or {}
    stages.begin("Checking", 0.97)
    seconds = {**earlier.get("seconds", {}), **stages.seconds}  # type: ignore[dict-item]
    facts = {**earlier, "method": METHOD, "scanner": _scanner_facts(cortices), "seconds": seconds}
    return CompartmentsResult(image, out, tuple(segments), _warnings(image, femora, cortices), facts, cortices)


def as_drawn(image: sitk.Image, labels: sitk.Image, progress: Progress) -> CompartmentsResult:
    """Compartments that were drawn before (``labels.FEMUR_COMPARTMENTS``, on the grid of ``image`` in HU), as they are.

    Thickness is still that of the scan. Raises InputError if there is no femur in the label map.
    """
    stages = Stages(progress)
    stages.begin("Measuring the cortex", 0.0)
    femora = whole_femora(labels)
    sides = femora_in(femora, image)
    if not sides:
        raise InputError("There is no femur in the label map: mark 11, 12 (right) or 21, 22 (left).")
    cortices = map_cortices(image, sides)
    values = sitk.GetArrayViewFromImage(labels)
    segments = []
    for side, bone in sides.items():
        for label, outline in zip(compartments_of(side), (bone, _core(labels, side)), strict=True):
            if outline is not None:
                count = int(np.count_nonzero(values == label.value))
                segments.append(Segment(label, outline.field(GRID_MM), count))
    stages.begin("Checking", 0.97)
    facts = {"method": "drawn before", "scanner": _scanner_facts(cortices), "seconds": stages.seconds}
    return CompartmentsResult(image, labels, tuple(segments), _warnings(image, femora, cortices), facts, cortices)


def _core(labels: sitk.Image, side: Side) -> Bone | None:
    trabecular = compartments_of(side)[1]
    return bones_of(labels, (trabecular,)).get(trabecular.name)


def _draw(labels: np.ndarray, femora: sitk.Image, side: Side, bone: Bone, cortex: CortexMap) -> list[Segment]:
    """Write the compartments of a side into ``labels`` [z, y, x]; the models are their outer surfaces."""
    cortical, trabecular = compartments_of(side)
    outline = bone.field(GRID_MM)
    core = endosteal_field(cortex, outline)
    place, values = onto(core, femora, -2.0)
    femur = sitk.GetArrayViewFromImage(femora)[place] == FEMORA[side].value
    marrow = largest_piece((values > 0) & femur)
    labels[place][femur] = cortical.value
    labels[place][marrow] = trabecular.value
    found = (
        Segment(cortical, outline, int(femur.sum() - marrow.sum())),
        Segment(trabecular, core, int(marrow.sum())),
    )
    return [segment for segment in found if segment.voxels]


def _scanner_facts(cortices: dict[Side, CortexMap]) -> dict[str, object]:
    scanner = next(iter(cortices.values())).scanner
    if scanner is None:
        return {}
    return {
        "cortex_hu": round(scanner.cortex_hu, 1),
        "cortex_hu_guessed": scanner.guessed,
        "blur_across_mm": round(scanner.across, 3),
        "blur_along_mm": round(scanner.along, 3),
    }


def _warnings(image: sitk.Image, femora: sitk.Image, cortices: dict[Side, CortexMap]) -> tuple[str, ...]:
    warnings = metal_warnings(image, femora)
    slices = thick_slices(image)
    warnings += tuple(f"{each[:-1]}: cortex that is not square to them cannot be measured." for each in slices)
    scanner = next(iter(cortices.values())).scanner
    if scanner is not None and scanner.guessed:
        warnings += (
            f"No cortex in this scan is thick enough to tell its density: {scanner.cortex_hu:.0f} HU were taken, and "
            "thicknesses may be off by a quarter.",
        )
    missing = [label for side, label in FEMORA.items() if side not in cortices]
    return (*warnings, *(f"{label.title} was not found in this scan." for label in missing))
