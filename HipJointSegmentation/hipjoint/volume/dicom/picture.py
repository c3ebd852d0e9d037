"""Which series of a DICOM folder is the picture to look at beside outlines: CT, MR or anything that lies in space."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hipjoint.errors import InputError
from hipjoint.volume.dicom.choice import LARGEST_SIDEWAYS, by_key, is_wanted
from hipjoint.volume.dicom.headers import Numbers
from hipjoint.volume.dicom.stacks import Stack
from hipjoint.volume.problem import Problem

# In mm: a finding may lie in the outer half of the first or last slice.
_MARGIN = 3.0


def choose_picture(stacks: Sequence[Stack], points: Numbers, wanted: str | None, shown: Path) -> Stack:
    """The series of grey 3D images that shows all ``points`` (n, 3) in LPS mm; ``wanted`` names one of several.

    Raises ``InputError`` about ``shown`` if there is none, or if several show them and none is named.
    """
    keyed = {key: stack for key, stack in by_key(stacks).items() if _is_picture(stack) and _shows(stack, points)}
    if not keyed:
        problem = Problem("holds no series that shows what is labelled", "give the scan that the labels are of")
        raise problem.error(shown)
    fitting = {key: stack for key, stack in keyed.items() if wanted is None or is_wanted(key, wanted)}
    if len(fitting) != 1:
        some = "several series that show" if fitting else f"no series {wanted} that shows"
        raise InputError(f"{shown} holds {some} what is labelled: choose one of {', '.join(fitting or keyed)}.")
    return next(iter(fitting.values()))


def _is_picture(stack: Stack) -> bool:
    several = stack.has_place and len(stack.frames) > 1
    return several and stack.header.samples == 1 and stack.sideways <= LARGEST_SIDEWAYS


def _shows(stack: Stack, points: Numbers) -> bool:
    """Whether the points lie in the box of the slices."""
    rows, columns = stack.header.shape
    across, down, _ = stack.spacing
    ends = np.array([(columns - 1) * across, (rows - 1) * down, float(stack.heights[-1])])
    places = (points - stack.positions[0]) @ stack.axes.T
    return bool(((places >= -_MARGIN) & (places <= ends + _MARGIN)).all())
