"""From a stack of slices to a 3D image in HU."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from hipjoint.volume.dicom.headers import Header
from hipjoint.volume.dicom.stacks import Stack
from hipjoint.volume.problem import Problem
from hipjoint.volume.quiet import quiet_itk

UNCOMPRESSED = ("", ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)

Slices = npt.NDArray[np.float32]


def read_stack(stack: Stack, shown: Path) -> tuple[sitk.Image, tuple[str, ...]]:
    """The image (float32 HU, LPS mm) of the slices of ``stack``, and notes; a tilted gantry leaves its grid sheared.

    Where slices are missing or unevenly spaced, what lies between is interpolated linearly. Raises ``InputError`` about
    ``shown``, the path that the user gave, if a slice cannot be read.
    """
    slices = _read_slices(stack, shown)
    notes: tuple[str, ...] = ()
    if not stack.is_even:
        gaps = np.diff(stack.heights)
        range_mm = f"{gaps.min():.3g} to {gaps.max():.3g} mm"
        notes = (f"The slices are not evenly spaced ({range_mm}): what lies between was interpolated.",)
        slices = _evenly_spaced(slices, stack)
    return _image(slices, stack), notes


def _read_slices(stack: Stack, shown: Path) -> Slices:
    slices = np.empty((len(stack.frames), *stack.header.shape), np.float32)
    places = defaultdict(list)
    for place, frame in enumerate(stack.frames):
        places[frame.header.path].append((place, frame))
    for frames in places.values():
        pixels = _read_file(frames[0][1].header, shown)
        for place, frame in frames:
            slices[place] = pixels[frame.index]
    return slices


def _read_file(header: Header, shown: Path) -> Slices:
    try:
        with quiet_itk():
            image = sitk.ReadImage(str(header.path), sitk.sitkFloat32, "GDCMImageIO")
    except RuntimeError as error:
        raise _slice_problem(header).error(shown) from error
    return np.asarray(sitk.GetArrayFromImage(image))


def _slice_problem(header: Header) -> Problem:
    if header.transfer_syntax not in UNCOMPRESSED:
        kind = UID(header.transfer_syntax).name
        reason = f"holds a slice ({header.path.name}) that is damaged or cannot be decoded ({kind})"
        return Problem(reason, "export the series without compression")
    return Problem(f"holds a slice ({header.path.name}) that is damaged or cut short", "copy or export it again")


def _evenly_spaced(slices: Slices, stack: Stack) -> Slices:
    count = round(float(stack.heights[-1]) / stack.spacing[2]) + 1
    even = np.empty((count, *slices.shape[1:]), np.float32)
    places = np.interp(np.linspace(0, stack.heights[-1], count), stack.heights, np.arange(len(slices)))
    for target, place in zip(even, places, strict=True):
        below = min(int(place), len(slices) - 2)
        share = np.float32(place - below)
        target[:] = (1 - share) * slices[below] + share * slices[below + 1]
    return even


def _image(slices: Slices, stack: Stack) -> sitk.Image:
    across, down, _ = stack.spacing
    climb = stack.positions[-1] - stack.positions[0]
    length = float(np.linalg.norm(climb))
    image = sitk.GetImageFromArray(slices)
    image.SetOrigin(stack.positions[0].tolist())
    image.SetSpacing((across, down, length / (len(slices) - 1)))
    image.SetDirection(np.column_stack([*stack.axes[:2], climb / length]).ravel().tolist())
    return image
