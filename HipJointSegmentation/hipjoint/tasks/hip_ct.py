"""Bones of the hip in CT, in two stages.

A coarse network sees the whole scan at 4 mm and finds the bones, their sides and where to look closer; a fine network
draws the surfaces at 1 mm near bone only. Fields, not labels, are brought back to the scan's grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.errors import InputError
from hipjoint.labels import HIP_CT, Label
from hipjoint.models import Backend, ModelEntry, find_model, open_backend, predict
from hipjoint.progress import Progress, Stages
from hipjoint.tasks.clean import bounding_box, largest_piece, nearer, one_piece
from hipjoint.tasks.inputs import normalised
from hipjoint.tasks.metal import metal_warnings
from hipjoint.tasks.result import Segment, SegmentationResult
from hipjoint.tasks.sides import agreed, sided_pieces
from hipjoint.volume import Volume
from hipjoint.volume.resample import Grid, corners, covering_grid, on_grid, onto

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

NEAR_BONE = 9.0  # mm round the coarse bones in which the fine network looks
SMALLEST = 3.0  # ml; less than this of a bone is not reported


@dataclass(frozen=True)
class Coarse:
    """Answer of the first stage on ``grid``: ``bones`` (5, Z, Y, X) in label order, ``probability`` (6, Z, Y, X)."""

    grid: Grid
    probability: Floats
    bones: npt.NDArray[np.bool_]


def run(
    volume: Volume, *, device: str, progress: Progress, threads: int | None = None, models_dir: Path | None = None
) -> SegmentationResult:
    """Segment femora, hip bones and sacrum of a CT.

    Raises InputError if the scan shows no hip, ModelError if a model is missing or damaged.
    """
    stages = Stages(progress)
    stages.begin("Loading the models", 0.0)
    entries = {role: find_model("hip-ct", role, models_dir) for role in ("coarse", "fine")}
    backends = {role: open_backend(e.path, device, threads, progress.note) for role, e in entries.items()}
    stages.begin("Finding the bones", 0.05)
    coarse = find_bones(volume.image, entries["coarse"], backends["coarse"])
    if not coarse.bones.any():
        raise InputError(
            f"{volume.name}: no bone of the hip was found in this scan; choose a CT that shows a hip joint."
        )
    stages.begin("Drawing the surfaces", 0.12)
    grid, classes = draw_surfaces(volume.image, coarse, entries["fine"], backends["fine"], progress)
    stages.begin("Telling the bones apart", 0.82)
    fields = bone_fields(coarse, grid, classes)
    stages.begin("Returning to the grid of the scan", 0.91)
    labels, segments = label_map(volume.image, fields)
    stages.begin("Checking", 0.97)
    run_facts = {
        "device": backends["fine"].name,
        "backend": {role: b.info for role, b in backends.items()},
        "models": {role: {"name": e.name, "version": e.version, "sha256": e.sha256} for role, e in entries.items()},
        "seconds": stages.seconds,
    }
    return SegmentationResult(volume.image, labels, segments, _warnings(volume.image, labels, segments), run_facts)


def find_bones(image: sitk.Image, entry: ModelEntry, backend: Backend) -> Coarse:
    """First stage on the whole scan."""
    spots = corners(image)
    grid = covering_grid(spots.min(0), spots.max(0), entry.input.spacing_mm)
    seen = normalised(on_grid(image, grid), entry.input.window)
    probability = predict(backend, seen[None], entry.patch, overlap=0.5)
    return Coarse(grid, probability, whole_bones(probability, SMALLEST * 1000 / grid.spacing**3))


def whole_bones(probability: Floats, least: float) -> npt.NDArray[np.bool_]:
    """Masks (5, Z, Y, X) of the bones in label order, at most one piece each and none under ``least`` voxels."""
    kinds = np.stack([probability[0], *_side_blind(probability)]).argmax(0)
    femora = sided_pieces(probability[1], probability[2], kinds == 1, least)
    hips = sided_pieces(probability[3], probability[4], kinds == 2, least)
    femora, hips = agreed(femora, hips)
    sacrum = largest_piece(kinds == 3)
    return np.stack([*femora, *hips, sacrum if sacrum.sum() >= least else np.zeros_like(sacrum)])


def _side_blind(p: Floats) -> Floats:
    """Femur, hip bone and sacrum (3, Z, Y, X) without regard to the side, as the fine network takes them."""
    return np.stack([p[1] + p[2], p[3] + p[4], p[5]])


def draw_surfaces(
    image: sitk.Image, coarse: Coarse, entry: ModelEntry, backend: Backend, progress: Progress
) -> tuple[Grid, Floats]:
    """Second stage: a grid round the bones and probabilities (4, Z, Y, X) of background, femur, hip bone, sacrum."""
    near = ndimage.distance_transform_edt(~coarse.bones.any(0), sampling=coarse.grid.spacing) <= NEAR_BONE
    box = bounding_box(near, 1)
    assert box is not None  # noqa: S101 - the caller made sure that there is bone
    low, high = (np.array([getattr(s, end) for s in box]) for end in ("start", "stop"))
    grid = covering_grid(*coarse.grid.part(low, high), entry.input.spacing_mm)
    hu = normalised(on_grid(image, grid), entry.input.window)
    hints = [on_grid(coarse.grid.image(c), grid, 0.0) for c in _side_blind(coarse.probability)]
    where = on_grid(coarse.grid.image(near.astype(np.float32)), grid, 0.0) > 0.5

    def on_patch(done: int, total: int) -> None:
        progress.step("Drawing the surfaces", 0.12 + 0.70 * done / total)

    return grid, predict(backend, np.stack([hu, *hints]), entry.patch, overlap=0.25, where=where, on_patch=on_patch)


def _class_field(classes: Floats, index: int) -> Floats:
    """How much surer a class is than the best of the others, -1 to 1; zero is its surface."""
    others = np.delete(np.arange(len(classes)), index)
    return np.asarray(classes[index] - classes[others].max(0), dtype=np.float32)


def bone_fields(coarse: Coarse, grid: Grid, classes: Floats) -> dict[Label, sitk.Image]:
    """A field for each bone that was found, cut to its surroundings."""
    fields = {}
    for index, pair in ((1, HIP_CT[0:2]), (2, HIP_CT[2:4]), (3, HIP_CT[4:5])):
        masks = [coarse.bones[label.value - 1] for label in pair]
        sides = _sides(masks, coarse.grid) if len(pair) == 2 else [None]
        for label, mask, side in zip(pair, masks, sides, strict=True):
            if mask.any():
                place, part = _surroundings(mask, coarse.grid, grid)
                field = _class_field(classes[(slice(None), *place)], index)
                if side is not None:
                    field = np.minimum(field, np.clip(on_grid(side, part, -20.0) / 2, -1, 1))
                fields.update(_cut(label, part, field))
    return fields


def _sides(masks: list[Mask], grid: Grid) -> list[sitk.Image]:
    """For the right and the left bone how much nearer (mm) each place is to it than to the other."""
    right = nearer(masks[0], masks[1], grid.spacing)
    return [grid.image(right), grid.image(-right)]


def _surroundings(mask: Mask, coarse: Grid, fine: Grid) -> tuple[tuple[slice, slice, slice], Grid]:
    """The part of the fine grid round a bone of the coarse one, as slices [z, y, x] and as a grid of its own."""
    box = bounding_box(mask, int(np.ceil(NEAR_BONE / coarse.spacing)) + 1)
    assert box is not None  # noqa: S101 - the caller asks for bones that are there
    low, high = (np.array([getattr(s, end) for s in box]) for end in ("start", "stop"))
    first, last = ((corner - np.asarray(fine.origin)) / fine.spacing for corner in coarse.part(low, high))
    start = np.clip(np.ceil(first).astype(int), 0, None)
    size = np.minimum(np.floor(last).astype(int) + 1, fine.size) - start
    place = tuple(slice(int(a), int(a + n)) for a, n in zip(start[::-1], size[::-1], strict=True))
    origin = np.asarray(fine.origin) + start * fine.spacing
    return (place[0], place[1], place[2]), Grid(tuple(origin.tolist()), tuple(size.tolist()), fine.spacing)


def _cut(label: Label, grid: Grid, field: Floats) -> dict[Label, sitk.Image]:
    clean = one_piece(field)
    box = bounding_box(clean > 0, 3)
    if box is None or (clean > 0).sum() * grid.spacing**3 < SMALLEST * 1000:
        return {}
    low = np.array([s.start for s in box])
    image = grid.image(np.ascontiguousarray(clean[box]))
    image.SetOrigin((np.asarray(grid.origin) + low[::-1] * grid.spacing).tolist())
    return {label: image}


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
