"""Second stage of radiographs: the fine network parts the film, at the scale of the head, into the five regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import HIP_RADIOGRAPH, Label, Side
from hipjoint.models import Backend, ModelEntry, predict
from hipjoint.tasks.clean import bounding_box
from hipjoint.tasks.film_heads import FoundHead
from hipjoint.tasks.film_inputs import HEAD_RADIUS, FilmFrame, Floats, at_head_scale
from hipjoint.tasks.result import Segment

Labels = npt.NDArray[np.uint8]

# Classes of the network that are one thing in the patient.
FEMUR, ACETABULUM = (1, 2), (3, 4, 5)
# Of a head's area: smaller islands go to what lies round them.
_ISLAND = 0.02
_OVERLAP = 0.5
# Head radii: how far teardrop and space lie from a head's centre, and how far above it a femur reaches.
_REACH, _ABOVE = 2.5, 1.6
LEFT_OFFSET = 10  # what the left hip's label values have more than the right one's


def part_film(
    film: Floats,
    heads: Sequence[FoundHead],
    entry: ModelEntry,
    backend: Backend,
    on_patch: Callable[[int, int], None] | None = None,
) -> tuple[Floats, FilmFrame]:
    """Probabilities (6, rows, columns) of background and L1 to L5 of a ``normalised`` film, and their frame."""
    seen, frame = at_head_scale(film, float(np.mean([head.radius for head in heads])))
    probability = predict(backend, seen[None], entry.patch, overlap=_OVERLAP, on_patch=on_patch)
    centres = [frame.from_film(head.centre) for head in heads]
    placed = near_the_heads(probability, centres)
    for classes, reach in ((FEMUR, 1.0), (ACETABULUM, _REACH)):
        placed = hanging_together(placed, centres, classes, reach)
    return without_islands(placed, _ISLAND * np.pi * HEAD_RADIUS**2), frame


def near_the_heads(probability: Floats, centres: Sequence[npt.NDArray[np.float64]]) -> Floats:
    """Probabilities (6, rows, columns) at the scale of the head without what no hip has in these places.

    Teardrop and joint space lie within 2.5 radii of the centre (x, y) of a head, and no femur reaches 1.6 radii above
    the higher one: a vertebra's pedicle looks like a teardrop, and the back of the ilium as bright as a femur.
    """
    rows, columns = probability.shape[1:]
    y, x = np.ogrid[:rows, :columns]
    near = np.zeros((rows, columns), dtype=bool)
    for centre in centres:
        near |= (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= (_REACH * HEAD_RADIUS) ** 2
    below = y >= min(float(centre[1]) for centre in centres) - _ABOVE * HEAD_RADIUS
    out = probability.copy()
    out[[3, 4]] *= near
    out[[1, 2]] *= below
    return _shares(out)


def hanging_together(
    probability: Floats, centres: Sequence[npt.NDArray[np.float64]], classes: tuple[int, ...], reach: float
) -> Floats:
    """Probabilities (6, rows, columns) in which ``classes`` are only the largest piece at each centre (x, y).

    At a centre is what lies within ``reach`` head radii of it.
    """
    mine = np.isin(probability.argmax(axis=0), classes)
    pieces, _ = ndimage.label(mine)
    y, x = np.ogrid[: mine.shape[0], : mine.shape[1]]
    kept = np.zeros(mine.shape, dtype=bool)
    for centre in centres:
        there = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= (reach * HEAD_RADIUS) ** 2
        found = np.bincount(pieces[there & mine])
        if len(found) > 1:
            kept |= pieces == found.argmax()
    out = probability.copy()
    for value in classes:
        out[value, mine & ~kept] = 0
    return _shares(out)


def _shares(probability: Floats) -> Floats:
    """Probabilities that add up to 1 again; background where nothing is left."""
    total = probability.sum(axis=0)
    out = probability / np.maximum(total, np.float32(1e-6))
    out[0][total < 1e-6] = 1
    return np.asarray(out, dtype=np.float32)


def without_islands(probability: Floats, least: float) -> Floats:
    """Probabilities (K, rows, columns) in which each piece of a class has at least ``least`` pixels.

    What is smaller is made the class of the nearest place that stays.
    """
    classes = probability.argmax(axis=0)
    lost = np.zeros(classes.shape, dtype=bool)
    for value in range(len(probability)):
        pieces, _ = ndimage.label(classes == value)
        few = np.bincount(pieces.ravel()) < least
        few[0] = False
        lost |= few[pieces]
    if not lost.any() or lost.all():
        return probability
    y, x = ndimage.distance_transform_edt(lost, return_distances=False, return_indices=True)
    sure = np.eye(len(probability), dtype=np.float32)[classes[y[lost], x[lost]]]
    out = probability.copy()
    out[:, lost] = sure.T
    return out


def lead_of(places: npt.NDArray[np.float64], heads: Sequence[FoundHead]) -> npt.NDArray[np.float64]:
    """By how many pixels places (..., 2) as x, y of the film lie on the right hip's side of the line between the heads.

    The line is the perpendicular bisector of the heads' centres; with one head all lies on its side.
    """
    if len(heads) == 1:
        return np.full(places.shape[:-1], np.inf if heads[0].side == "right" else -np.inf)
    right, left = (head.centre for head in heads)
    way = (right - left) / np.linalg.norm(right - left)
    return np.asarray((places - (right + left) / 2) @ way)


def label_image(probability: Floats, frame: FilmFrame, heads: Sequence[FoundHead]) -> Labels:
    """Labels (rows, columns) on the film's pixels: 1 to 5 of the right hip, 11 to 15 of the left, 0 elsewhere."""
    best = frame.back(probability[0], beyond=1.0)
    labels = np.zeros(frame.film_shape, dtype=np.uint8)
    for value in range(1, len(probability)):
        share = frame.back(probability[value])
        larger = share > best
        labels[larger], best[larger] = value, share[larger]
    rows, columns = frame.film_shape
    places = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).astype(np.float64)
    labels[(labels > 0) & (lead_of(places, heads) < 0)] += LEFT_OFFSET
    return labels


def segments_of(
    labels: Labels, probability: Floats, frame: FilmFrame, heads: Sequence[FoundHead], image: sitk.Image
) -> tuple[Segment, ...]:
    """The segments that ``labels`` hold, in label order, with one-slice fields on the film's own place."""
    counts = np.bincount(labels.ravel(), minlength=256)
    rows, columns = frame.shape
    places = frame.to_film(np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1))
    lead = np.clip(lead_of(places, heads), -1, 1).astype(np.float32)
    return tuple(
        Segment(label, _field(label, probability, lead, frame, image), int(counts[label.value]))
        for label in HIP_RADIOGRAPH
        if counts[label.value]
    )


def _field(label: Label, probability: Floats, lead: Floats, frame: FilmFrame, image: sitk.Image) -> sitk.Image:
    """How much surer a label is than the best of the others, cut to its surroundings, as one slice where it lies."""
    value = label.value % LEFT_OFFSET
    others = np.delete(probability, value, axis=0).max(axis=0)
    field = np.minimum(probability[value] - others, lead if label.side == "right" else -lead)
    box = bounding_box(field[None] > 0, 2) or (slice(0, 1), slice(0, 2), slice(0, 2))
    cut = sitk.GetImageFromArray(np.ascontiguousarray(field[None][box]))
    x, y = frame.to_film((box[2].start, box[1].start))
    cut.SetOrigin(image.TransformContinuousIndexToPhysicalPoint((float(x), float(y), 0.0)))
    across, down, thick = image.GetSpacing()
    cut.SetSpacing((across * frame.scale, down * frame.scale, thick))
    cut.SetDirection(image.GetDirection())
    return cut


def hip_labels(labels: Labels, side: Side) -> Labels:
    """The labels of one hip with the values 1 to 5, 0 elsewhere."""
    offset = 0 if side == "right" else LEFT_OFFSET
    own = (labels > offset) & (labels <= offset + 5)
    return np.where(own, labels - offset, 0).astype(np.uint8)
