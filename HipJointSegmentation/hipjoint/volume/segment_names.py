"""Slicer's segmentation file names its segments in the header, and numbers them in the order in which they were drawn.

Format: "Segmentation labelmap file format" in the developer guide of 3D Slicer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Label
from hipjoint.volume.problem import Problem

_NAME = re.compile(r"Segment(\d+)_Name")


def by_name(image: sitk.Image, table: Sequence[Label], path: Path) -> sitk.Image:
    """``image`` with the values of ``table`` where its header names segments as labels of it.

    A name is the title of a label or its name in files, in large or small letters. Other files stay as they are. Raises
    ``InputError`` about ``path`` if values would have to change and not all segments, or two of them, have such a name.
    """
    changes = _named(image, table)
    if all(value == wanted for value, wanted in changes.items()):
        return image
    if len(set(changes.values())) < len(changes):
        raise Problem("has two segments with the name of one label", "give each its own").error(path)
    if set(np.unique(sitk.GetArrayViewFromImage(image)).tolist()) - changes.keys() - {0}:
        reason = "numbers its segments in an order of its own and does not name all of them as labels"
        raise Problem(reason, f"name them {', '.join(label.title for label in table)}").error(path)
    return sitk.ChangeLabel(image, {float(value): float(wanted) for value, wanted in changes.items()})


def _named(image: sitk.Image, table: Sequence[Label]) -> dict[int, int]:
    """From the value in ``image`` to that in ``table``, of each segment that the header names as a label."""
    known = {text.casefold(): label.value for label in table for text in (label.title, label.name)}
    found = {}
    for match in filter(None, map(_NAME.fullmatch, image.GetMetaDataKeys())):
        wanted = known.get(image.GetMetaData(match[0]).strip().casefold())
        stored = f"Segment{match[1]}_LabelValue"
        if wanted is not None and image.HasMetaDataKey(stored):
            found[int(image.GetMetaData(stored))] = wanted
    return found
