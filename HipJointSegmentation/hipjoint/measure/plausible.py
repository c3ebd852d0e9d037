"""Whether a label map can be one of femoral heads and their lesions: other labels have the same values."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.errors import InputError
from hipjoint.labels import ONFH, Side
from hipjoint.measure.boundary import Mask, in_space
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.osteonecrosis import SIDES

# A head of the largest radius that is fitted has 195 ml; one of a man of 58 mm diameter with 4 cm of neck about 140 ml
# over 75 mm. A femur in a CT of the hip goes on beyond its lesser trochanter, 100 mm below the top of the head.
LARGEST_ML, LONGEST_MM = 200.0, 95.0
# A lesion goes on into the neck at times; one of which less than this share lies at the head belongs to another one.
_LEAST_AT_HEAD = 0.1
# In radii from the centre of the sphere: outlines that are rough or lie on cartilage are still at the head.
_AT_HEAD = 1.15
_REMEDY = "give a label map of femoral heads (1 right, 2 left) and their lesions (3 right, 4 left)"


def refuse_other_labels(labels: sitk.Image, path: Path) -> None:
    """Raise ``InputError`` about ``path`` if head and lesion of a side are larger together than any femoral head.

    So are femur and hip bone, which have the values 1 to 4 in label maps of CT. ``labels`` has the values of
    ``labels.ONFH``, LPS mm.
    """
    values = sitk.GetArrayViewFromImage(labels)
    for head, dead in zip(ONFH[:2], ONFH[2:], strict=True):
        volume_ml, extent_mm = _size(np.isin(values, (head.value, dead.value)), labels)
        if volume_ml > LARGEST_ML or extent_mm > LONGEST_MM:
            marks = f"what it marks with {head.value} and {dead.value}"
            raise InputError(
                f"{path} holds no femoral head, as {marks} has {volume_ml:.0f} ml over {extent_mm:.0f} mm: {_REMEDY}."
            )


def _size(mask: Mask, grid: sitk.Image) -> tuple[float, float]:
    """Volume in ml and longest extent along an axis in mm of the largest piece of ``mask``; specks say nothing."""
    pieces, count = ndimage.label(mask, structure=np.ones((3, 3, 3), bool))
    if not count:
        return 0.0, 0.0
    counts = np.bincount(pieces.ravel())[1:]
    box = ndimage.find_objects(pieces)[int(counts.argmax())]
    extents = [(part.stop - part.start) * step for part, step in zip(box, grid.GetSpacing()[::-1], strict=True)]
    return float(counts.max()) * prod(grid.GetSpacing()) / 1000, float(max(extents))


def refuse_other_sides(labels: sitk.Image, spheres: Mapping[Side, Sphere], path: Path) -> None:
    """Raise ``InputError`` about ``path`` if the heads have exchanged sides, or a lesion is not at its head.

    ``labels`` has the values of ``labels.ONFH``; it and the ``spheres`` of the heads are in LPS mm.
    """
    if len(spheres) == 2 and spheres["right"].centre[0] > spheres["left"].centre[0]:
        raise InputError(
            f"{path} has its right femoral head left of the left one: check the sides of the labels, or the "
            "orientation in the header."
        )
    for side, head, dead in zip(SIDES, ONFH[:2], ONFH[2:], strict=True):
        if side in spheres and _share_at(spheres[side], labels, dead.value) < _LEAST_AT_HEAD:
            raise InputError(f"{path} has its {side} lesion off the {side} femoral head: {_REMEDY}.")
        if spheres and _marks(labels, dead.value) and not _marks(labels, head.value):
            raise InputError(f"{path} has a {side} lesion without a {side} femoral head: {_REMEDY}.")


def _marks(labels: sitk.Image, value: int) -> bool:
    return bool((sitk.GetArrayViewFromImage(labels) == value).any())


def _share_at(sphere: Sphere, labels: sitk.Image, value: int) -> float:
    """Share of the voxels of ``value`` that lie at the head; 1 if there are none."""
    index = np.argwhere(sitk.GetArrayViewFromImage(labels) == value)[:, ::-1].astype(np.float64)
    if not len(index):
        return 1.0
    away = np.linalg.norm(in_space(index, labels) - sphere.centre, axis=1)
    return float((away <= _AT_HEAD * sphere.radius).mean())
