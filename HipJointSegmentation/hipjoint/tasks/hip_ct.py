"""Bones of the hip in CT, in two stages.

A coarse network sees the whole scan at 3 mm and finds the bones, their sides and where to look closer; a fine network
draws the surfaces at 1 mm near bone only. Fields, not labels, are brought back to the scan's grid.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import HIP_CT, Label
from hipjoint.progress import Progress, Share, Stages
from hipjoint.tasks.clean import largest_piece
from hipjoint.tasks.coarse import find_bones
from hipjoint.tasks.fine import bone_fields, draw_surfaces
from hipjoint.tasks.metal import metal_warnings
from hipjoint.tasks.networks import network_facts, open_networks
from hipjoint.tasks.result import Segment, SegmentationResult
from hipjoint.volume import Volume
from hipjoint.volume.resample import onto


def run(
    volume: Volume, *, device: str, progress: Progress, threads: int | None = None, models_dir: Path | None = None
) -> SegmentationResult:
    """Segment femora, hip bones and sacrum of a CT.

    Raises InputError if the scan shows no hip, ModelError if a model is missing or damaged.
    """
    stages = Stages(progress)
    stages.begin("Loading the models", 0.0)
    networks = open_networks("hip-ct", device, threads, progress, models_dir)
    coarse_net, fine_net = networks["coarse"], networks["fine"]
    stages.begin("Finding the bones", 0.05)
    coarse = find_bones(volume.image, coarse_net.entry, coarse_net.backend)
    if not coarse.bones.any():
        raise InputError(
            f"{volume.name}: no bone of the hip was found in this scan; choose a CT that shows a hip joint."
        )
    stages.begin("Drawing the surfaces", 0.12)
    drawing = Share(progress, 0.12, 0.82)
    grid, classes = draw_surfaces(volume.image, coarse, fine_net.entry, fine_net.backend, drawing)
    stages.begin("Telling the bones apart", 0.82)
    fields = bone_fields(coarse, grid, classes)
    stages.begin("Returning to the grid of the scan", 0.91)
    labels, segments = label_map(volume.image, fields)
    stages.begin("Checking", 0.97)
    run_facts = {**network_facts(networks), "seconds": stages.seconds}
    return SegmentationResult(volume.image, labels, segments, _warnings(volume.image, labels, segments), run_facts)


def label_map(image: sitk.Image, fields: dict[Label, sitk.Image]) -> tuple[sitk.Image, tuple[Segment, ...]]:
    """Label map uint8 on the scan's own grid and the segments in label order."""
    labels = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    segments = []
    for label, field in fields.items():
        place, values = onto(field, image, -1.0)
        bone = largest_piece(values > 0)
        labels[place][bone] = label.value
        segments.append(Segment(label, field, int(bone.sum())))
    out = sitk.GetImageFromArray(labels)
    out.CopyInformation(image)
    return out, tuple(segments)


def _warnings(image: sitk.Image, labels: sitk.Image, segments: tuple[Segment, ...]) -> tuple[str, ...]:
    found = {s.label.name for s in segments}
    missing = tuple(f"{label.title} was not found in this scan." for label in HIP_CT if label.name not in found)
    return missing + metal_warnings(image, labels)
