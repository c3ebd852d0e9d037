"""Whether the scan shows a bone whole: in which directions the bone runs into the edge of what was scanned."""

from __future__ import annotations

from math import prod

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import Label
from hipjoint.tasks.result import SegmentationResult
from hipjoint.warning import BoneWarning

Box = tuple[slice, ...]

# A scanner fills what lies outside its round field of view with one value at or below air.
HIGHEST_PADDING_HU = -1000.0
# Contacts smaller than this are a label's ragged edge and not a bone that goes on outside the scan.
SMALLEST_CONTACT_MM2 = 20.0
# A contour that ends this near to the edge was ended by the edge: resampling moves contours by less.
REACH_MM = 1.5

_NAMES = (("right", "left"), ("anterior", "posterior"), ("inferior", "superior"))


def field_of_view_warnings(result: SegmentationResult) -> tuple[str, ...]:
    """A sentence for each bone of ``result`` that the scan does not show whole; a film never shows one whole."""
    if result.image.GetDepth() == 1:
        return ()
    sentences = []
    for segment in result.segments:
        directions = cut_by_field_of_view(result.labels, segment.label, result.image)
        if directions:
            where = " and ".join(directions)
            sentence = f"{segment.label.title} is cut by the field of view ({where}): sizes are of the part shown."
            sentences.append(BoneWarning(sentence, [segment.label]))
    return tuple(sentences)


def cut_by_field_of_view(labels: sitk.Image, label: Label, image: sitk.Image | None = None) -> list[str]:
    """Directions ("inferior", "left", ...) in which ``label`` meets the border of the scan, or its padding.

    ``labels`` is the label map; ``image`` is the scan on the same grid in HU, needed to see padding (the constant
    value outside a round field of view). Directions are those of the patient (LPS), the widest contact first.
    """
    spacing = labels.GetSpacing()
    reach = [1 + int(REACH_MM / step) for step in spacing]
    box = _box_around(labels, label.value, reach)
    if box is None:
        return []
    bone = _crop(sitk.GetArrayViewFromImage(labels), box, 0) == label.value
    outside = _outside(labels if image is None else image, box, padded=image is not None)
    areas: dict[str, float] = {}
    for axis in range(3):
        face_mm2 = prod(spacing) / spacing[axis]
        for side in (-1, 1):
            faces = _contact_faces(bone, outside, 2 - axis, side, reach[axis])
            areas[_direction_name(labels, axis, side)] = faces * face_mm2
    return sorted((name for name in areas if areas[name] >= SMALLEST_CONTACT_MM2), key=lambda name: -areas[name])


def _box_around(labels: sitk.Image, value: int, reach: list[int]) -> Box | None:
    """Index box [z, y, x] of the voxels of ``value``, ``reach`` (x, y, z) voxels larger; it may leave the image."""
    found = ndimage.find_objects(sitk.GetArrayViewFromImage(labels), max_label=value)[value - 1]
    if found is None:
        return None
    return tuple(slice(part.start - r, part.stop + r) for part, r in zip(found, reversed(reach), strict=True))


def _crop(array: np.ndarray, box: Box, beyond: float) -> np.ndarray:
    """The part of ``array`` in ``box``, with the value ``beyond`` where the box leaves the array."""
    crop = np.full([part.stop - part.start for part in box], beyond, array.dtype)
    ends = [(max(part.start, 0), min(part.stop, size)) for part, size in zip(box, array.shape, strict=True)]
    there = tuple(slice(low, high) for low, high in ends)
    here = tuple(slice(low - part.start, high - part.start) for (low, high), part in zip(ends, box, strict=True))
    crop[here] = array[there]
    return crop


def _outside(image: sitk.Image, box: Box, *, padded: bool) -> np.ndarray:
    """What was not scanned inside ``box``: beyond the image and, where it may be ``padded``, its padding."""
    values = sitk.GetArrayViewFromImage(image)
    lowest = float(values.min())
    if padded and lowest <= HIGHEST_PADDING_HU:
        return np.asarray(_crop(values, box, lowest) == lowest)
    return _crop(np.broadcast_to(np.False_, values.shape), box, True)


def _contact_faces(bone: np.ndarray, outside: np.ndarray, array_axis: int, side: int, reach: int) -> int:
    """Columns along ``array_axis`` in which bone is at most ``reach`` voxels from the outside, going to ``side``."""
    along = np.moveaxis(bone, array_axis, 0)[::side]
    beyond = np.moveaxis(outside, array_axis, 0)[::side]
    touching = np.zeros(along.shape[1:], bool)
    for shift in range(1, reach + 1):
        touching |= (along[:-shift] & beyond[shift:]).any(axis=0)
    return int(np.count_nonzero(touching))


def _direction_name(image: sitk.Image, axis: int, side: int) -> str:
    """Patient direction nearest to going along image axis ``axis`` towards its low (-1) or high (+1) end."""
    column = np.array(image.GetDirection()).reshape(3, 3)[:, axis] * side
    nearest = int(np.argmax(np.abs(column)))
    return _NAMES[nearest][int(column[nearest] > 0)]
