"""Osteonecrosis of the femoral head in MRI: heads and lesions of both hips, in two stages.

A coarse network sees the whole scan at 5 mm and finds the hips; a fine network outlines head and lesion in a cube round
each, right hips mirrored. Fields, not labels, are brought back to the scan's grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import ONFH, Label, Side
from hipjoint.progress import Progress, Stages
from hipjoint.tasks.clean import largest_piece
from hipjoint.tasks.find_hips import SIDES, FoundHip, find_hips
from hipjoint.tasks.networks import network_facts, open_networks
from hipjoint.tasks.outline_head import Outline, outline_head
from hipjoint.tasks.result import Segment, SegmentationResult
from hipjoint.tasks.voids import is_void, void_across
from hipjoint.volume import Volume
from hipjoint.volume.resample import onto
from hipjoint.warning import BoneWarning

HEADS: dict[Side, Label] = dict(zip(SIDES, ONFH[:2], strict=True))
LESIONS: dict[Side, Label] = dict(zip(SIDES, ONFH[2:], strict=True))
METAL = "there is no signal where the {side} femoral head should be, as a prosthesis or other metal makes it"


def run(
    volume: Volume, *, device: str, progress: Progress, threads: int | None = None, models_dir: Path | None = None
) -> SegmentationResult:
    """Segment femoral heads and their necrotic lesions in an MRI.

    Raises InputError if the scan shows no hip, ModelError if a model is missing or damaged.
    """
    stages = Stages(progress)
    stages.begin("Loading the models", 0.0)
    networks = open_networks("onfh-mri", device, threads, progress, models_dir)
    coarse_net, fine_net = networks["coarse"], networks["fine"]
    stages.begin("Finding the hips", 0.2)
    hips = find_hips(volume.image, coarse_net.entry, coarse_net.backend)
    metal = sides_with_metal(volume.image, hips)
    stages.begin("Outlining the heads", 0.5)
    outlines = [
        outline_head(volume.image, hip, fine_net.entry, fine_net.backend) for hip in hips if hip.side not in metal
    ]
    found = [outline for outline in outlines if outline is not None]
    if not found:
        raise InputError(f"{volume.name}: {_nothing_found(metal)}")
    stages.begin("Returning to the grid of the scan", 0.8)
    labels, segments = label_map(volume.image, found)
    run_facts = {**network_facts(networks), "seconds": stages.seconds}
    return SegmentationResult(volume.image, labels, segments, _warnings(segments, metal), run_facts)


def sides_with_metal(image: sitk.Image, hips: Sequence[FoundHip]) -> list[Side]:
    """The sides on which metal put out the signal of the head, whether the coarse network saw a head there or not."""
    metal = [hip.side for hip in hips if is_void(image, hip.centre)]
    if len(hips) == 1 and void_across(image, hips[0].centre):
        metal += [side for side in SIDES if side != hips[0].side]
    return metal


def _nothing_found(metal: Sequence[Side]) -> str:
    if metal:
        return f"{METAL.format(side=metal[0])}; choose a hip without metal."
    return (
        "no femoral head was found in this scan (it is of another part of the body, or the hips hold metal); "
        "choose an MRI that shows a whole femoral head."
    )


def label_map(image: sitk.Image, outlines: Sequence[Outline]) -> tuple[sitk.Image, tuple[Segment, ...]]:
    """Label map uint8 on the scan's own grid and the segments in label order; a head's field holds its lesion too."""
    labels = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    fields = {}
    for outline in outlines:
        fields[HEADS[outline.side]] = outline.head
        place, values = onto(outline.head, image, -1.0)
        head = largest_piece(values > 0)
        labels[place][head] = HEADS[outline.side].value
        if outline.lesion is not None:
            fields[LESIONS[outline.side]] = outline.lesion
            dead = onto(outline.lesion, image, -1.0)[1] > 0
            labels[place][head & dead] = LESIONS[outline.side].value
    counts = np.bincount(labels.ravel(), minlength=len(ONFH) + 1)
    found = [label for label in ONFH if label in fields and counts[label.value]]
    out = sitk.GetImageFromArray(labels)
    out.CopyInformation(image)
    return out, tuple(Segment(label, fields[label], int(counts[label.value])) for label in found)


def _warnings(segments: Sequence[Segment], metal: Sequence[Side]) -> tuple[str, ...]:
    found = {segment.label for segment in segments}
    missing = []
    for side, label in HEADS.items():
        if side in metal:
            sentence = METAL.format(side=side)
            missing.append(BoneWarning(f"{sentence[0].upper()}{sentence[1:]}.", [label]))
        elif label not in found:
            missing.append(BoneWarning(f"{label.title} was not found in this scan.", [label]))
    return tuple(missing)
