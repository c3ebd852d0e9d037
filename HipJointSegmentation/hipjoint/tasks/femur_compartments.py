"""Cortical and trabecular bone of the femora in CT, from the outline of the femora and the scan.

No network draws the inner surface of the cortex: profiles of the scan across the outline are fitted with a model of
cortex and blur (``measure.cortical_model``), and the depth of an inner surface is smoothed over the outline: of the one
that the scan shows or of the edge of the bone (``inner_surface``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.inner_surface import AS_DRAWN, DEFAULT, InnerSurface
from hipjoint.labels import Side
from hipjoint.measure.bone_shape import Bone, bones_of
from hipjoint.measure.compartment_assessment import FEMORA, compartments_of, femora_in, whole_femora
from hipjoint.measure.compartments import thick_slices
from hipjoint.measure.cortex_map import GRID_MM, CortexMap, map_cortices
from hipjoint.measure.cortical_model import Scanner
from hipjoint.measure.endosteal import endosteal_field
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
    volume: Volume,
    *,
    device: str,
    progress: Progress,
    threads: int | None = None,
    models_dir: Path | None = None,
    inner_surface: InnerSurface = DEFAULT,
) -> CompartmentsResult:
    """Find the bones of a CT, then cortical and trabecular bone of its femora with the inner surface asked for.

    Raises InputError if the scan shows no femur, ModelError if a model is missing or damaged.
    """
    found = hip_ct.run(
        volume, device=device, progress=Share(progress, 0.0, _BONES), threads=threads, models_dir=models_dir
    )
    parting = Share(progress, _BONES, 1.0)
    return divide(volume.image, found.labels, parting, run=found.run, inner_surface=inner_surface)


def divide(
    image: sitk.Image,
    femora: sitk.Image,
    progress: Progress,
    run: dict[str, object] | None = None,
    inner_surface: InnerSurface = DEFAULT,
) -> CompartmentsResult:
    """Part the femora (values 1 and 2 of ``femora``, on the grid of ``image`` in HU) into cortical and trabecular bone.

    ``inner_surface`` is what parts them, ``run`` the facts of finding the femora.

    Raises InputError if there is no femur in the label map.
    """
    stages = Stages(progress)
    stages.begin("Measuring the cortex", 0.0)
    sides = femora_in(femora, image)
    if not sides:
        raise InputError("No femur was found in this scan; choose a CT that shows a hip, or give a label map with one.")
    cortices = map_cortices(image, sides)
    stages.begin("Drawing the inner surface", 0.7)
    labels, segments = draw_compartments(image, femora, sides, cortices, inner_surface)
    earlier = run or {}
    stages.begin("Checking", 0.97)
    seconds = {**earlier.get("seconds", {}), **stages.seconds}  # type: ignore[dict-item]
    facts = {**earlier, "method": METHOD, **_facts(cortices, inner_surface), "seconds": seconds}
    return CompartmentsResult(image, labels, segments, _warnings(image, femora, cortices), facts, cortices)


def draw_compartments(
    image: sitk.Image,
    femora: sitk.Image,
    bones: Mapping[Side, Bone],
    cortices: Mapping[Side, CortexMap],
    inner_surface: InnerSurface,
) -> tuple[sitk.Image, tuple[Segment, ...]]:
    """The label map of compartments on the grid of ``image`` (HU) and ``femora`` (values 1 and 2), and its models.

    ``bones`` and ``cortices`` are those of the femora, ``inner_surface`` is what parts them.
    """
    labels = np.zeros(femora.GetSize()[::-1], dtype=np.uint8)
    segments: list[Segment] = []
    for side, bone in bones.items():
        outline = bone.field(GRID_MM)
        core = endosteal_field(cortices[side], outline, image, inner_surface)
        segments += _draw(labels, femora, side, outline, core)
    out = sitk.GetImageFromArray(labels)
    out.CopyInformation(femora)
    return out, tuple(segments)


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
    facts = {"method": "drawn before", **_facts(cortices, AS_DRAWN), "seconds": stages.seconds}
    return CompartmentsResult(image, labels, tuple(segments), _warnings(image, femora, cortices), facts, cortices)


def _core(labels: sitk.Image, side: Side) -> Bone | None:
    trabecular = compartments_of(side)[1]
    return bones_of(labels, (trabecular,)).get(trabecular.name)


def _draw(labels: np.ndarray, femora: sitk.Image, side: Side, outline: sitk.Image, core: sitk.Image) -> list[Segment]:
    """Write the compartments of a side into ``labels`` [z, y, x]; the models are their outer surfaces."""
    cortical, trabecular = compartments_of(side)
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


def _facts(cortices: dict[Side, CortexMap], inner_surface: str) -> dict[str, object]:
    """The inner surface that was drawn, and what the profiles told about the scanner."""
    scanner = next(iter(cortices.values())).scanner
    return {"inner_surface": inner_surface, "scanner": {} if scanner is None else _scanner_facts(scanner)}


def _scanner_facts(scanner: Scanner) -> dict[str, object]:
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
