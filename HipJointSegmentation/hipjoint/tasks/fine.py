"""Second stage: the fine network draws the surfaces near bone; each bone becomes a field of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import HIP_CT, Label
from hipjoint.models import Backend, ModelEntry, predict
from hipjoint.progress import Progress
from hipjoint.tasks.clean import bounding_box, nearer, one_piece
from hipjoint.tasks.coarse import SMALLEST, Coarse, side_blind
from hipjoint.tasks.inputs import seen_by
from hipjoint.tasks.sides import parted
from hipjoint.tasks.snap import snapped
from hipjoint.volume.resample import Grid, covering_grid, on_grid

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

NEAR_BONE = 9.0  # mm round the coarse bones in which the fine network looks
FARTHEST = (
    6.0  # mm by which a bone may reach beyond the coarse one: two of its voxels. The edges of a vertebra lie farther
)
TURNS = 2  # how often the fine network is asked


def draw_surfaces(
    image: sitk.Image, coarse: Coarse, entry: ModelEntry, backend: Backend, progress: Progress
) -> tuple[Grid, Floats]:
    """Second stage: a grid round the bones and probabilities (4, Z, Y, X) of background, femur, hip bone, sacrum.

    The network is asked twice. In place of the coarse answer it is given its own first one the second time, drawn half
    of the way to the edges in the image: where the coarse network was off, the second answer follows the image better.
    """
    bones, hints = np.asarray(coarse.bones.any(0)), side_blind(coarse.probability)
    box = bounding_box(_near(bones, coarse.grid), 2)
    assert box is not None  # noqa: S101 - the caller made sure that there is bone
    grid = covering_grid(*coarse.grid.part(box), entry.input.spacing_mm)
    hu = on_grid(image, grid)
    seen = seen_by(entry.input, hu)
    for turn in range(TURNS):
        channels = np.stack([seen, *(on_grid(coarse.grid.image(hint), grid, 0.0) for hint in hints)])
        where = on_grid(coarse.grid.image(_near(bones, coarse.grid).astype(np.float32)), grid, 0.0) > 0.5
        classes = predict(backend, channels, entry.patch, where=where, on_patch=_told(progress, turn))
        if turn < TURNS - 1:
            drawn = (classes + snapped(classes, hu, where, grid.spacing)) / 2
            hints = np.stack([on_grid(grid.image(c), coarse.grid, 0.0) for c in drawn[1:]])
            bones = np.asarray(hints.max(0) > 0.5)
    return grid, classes


def _near(bones: Mask, grid: Grid) -> Mask:
    """Where the fine network looks: in the bones and 9 mm round them."""
    return np.asarray(ndimage.distance_transform_edt(~bones, sampling=grid.spacing) <= NEAR_BONE)


def _told(progress: Progress, turn: int) -> Callable[[int, int], None]:
    """Tells the progress of one turn of the second stage."""

    def on_patch(done: int, total: int) -> None:
        progress.step("Drawing the surfaces", (turn + done / total) / TURNS)

    return on_patch


def _class_field(classes: Floats, index: int) -> Floats:
    """How much surer a class is than the best of the others, -1 to 1; zero is its surface."""
    others = np.delete(np.arange(len(classes)), index)
    return np.asarray(classes[index] - classes[others].max(0), dtype=np.float32)


def bone_fields(coarse: Coarse, grid: Grid, classes: Floats) -> dict[Label, sitk.Image]:
    """A field for each bone that was found, cut to its surroundings."""
    fields = {}
    for index, pair in ((1, HIP_CT[0:2]), (2, HIP_CT[2:4]), (3, HIP_CT[4:5])):
        masks = [coarse.bones[label.value - 1] for label in pair]
        sides = _sides(masks, coarse.grid, grid, classes[index]) if len(pair) == 2 else [None]
        for label, mask, side in zip(pair, masks, sides, strict=True):
            if mask.any():
                place, part = _surroundings(mask, coarse.grid, grid)
                field = _class_field(classes[(slice(None), *place)], index)
                field = np.minimum(field, _within_reach(mask, coarse.grid, part))
                if side is not None:
                    field = np.minimum(field, np.clip(side[place] / 2, -1, 1))
                fields.update(_cut(label, part, field))
    return fields


def _within_reach(mask: Mask, coarse: Grid, fine: Grid) -> Floats:
    """1 in a bone of the coarse grid, falling through 0 at FARTHEST mm from it to -1, on the fine grid."""
    beyond = ndimage.distance_transform_edt(~mask, sampling=coarse.spacing).astype(np.float32)
    field: Floats = np.clip(FARTHEST - on_grid(coarse.image(beyond), fine, 0.0), -1, 1)
    return field


def _sides(masks: list[Mask], coarse: Grid, fine: Grid, bone: Floats) -> list[Floats]:
    """For the right and the left bone by how many mm each voxel of the fine grid is nearer to it than to the other."""
    lead = on_grid(coarse.image(nearer(masks[0], masks[1], coarse.spacing)), fine, 0.0)
    if all(mask.any() for mask in masks):
        lead = parted(lead, bone, fine.spacing)
    return [lead, -lead]


def _surroundings(mask: Mask, coarse: Grid, fine: Grid) -> tuple[tuple[slice, slice, slice], Grid]:
    """The part of the fine grid round a bone of the coarse one, as slices [z, y, x] and as a grid of its own."""
    box = bounding_box(mask, int(np.ceil(NEAR_BONE / coarse.spacing)) + 1)
    assert box is not None  # noqa: S101 - the caller asks for bones that are there
    first, last = ((corner - np.asarray(fine.origin)) / fine.spacing for corner in coarse.part(box))
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
