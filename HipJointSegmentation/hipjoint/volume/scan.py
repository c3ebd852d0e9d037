"""A scan that the tasks can use, and the checks and amendments that make one of what was read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from hipjoint.volume.checks import grid_problem, slices_problem, value_problem
from hipjoint.volume.modality import CT, Modality
from hipjoint.volume.orientation import is_sheared, right_angled, tilt
from hipjoint.volume.problem import Problem
from hipjoint.volume.resample import AIR

STEEPEST_TILT = 45.0
THICK_SLICES = 3.0


@dataclass(frozen=True)
class Volume:
    """A scan of the hip: ``image`` is float32, 3D, LPS mm, at right angles, in any direction; of a CT in HU.

    ``name`` is safe to show and to write: "series-3" for DICOM, "scan" for everything else, since the names that people
    give to files often are the names of patients. ``notes`` say in words what was chosen or changed in reading.
    """

    image: sitk.Image
    name: str
    notes: tuple[str, ...] = ()


def usable_volume(
    image: sitk.Image, name: str, shown: str, notes: tuple[str, ...] = (), modality: Modality = CT
) -> Volume:
    """Check what was read (float32, 3D, grid perhaps sheared) and make a ``Volume`` of it.

    Raises ``InputError`` about ``shown``, what the user calls the scan, if it cannot be a ``modality`` of a hip.
    """
    values = sitk.GetArrayViewFromImage(image)
    low, high = float(values.min()), float(values.max())
    angle = tilt(image)
    problem = value_problem(values, low, high, modality) or _tilt_problem(angle)
    if problem:
        raise problem.error(shown)
    if modality is CT and low < AIR:
        notes += (f"Values below {AIR:.0f} HU (lowest: {low:.0f}) were set to {AIR:.0f} HU.",)
        image = sitk.Clamp(image, lowerBound=AIR, upperBound=float(np.finfo(np.float32).max))
    if is_sheared(image):
        notes += (f"The slices lie aslant (gantry tilt of {angle:.1f} degrees): resampled at right angles.",)
    image = right_angled(image)
    grid = image.GetSize(), image.GetSpacing()
    problem = slices_problem(*grid, modality.fewest_slices) or grid_problem(*grid)
    if problem:
        raise problem.error(shown)
    return Volume(image, name, notes + (_thick_slices(image) if modality is CT else ()))


def _tilt_problem(angle: float) -> Problem | None:
    if angle <= STEEPEST_TILT:
        return None
    return Problem(f"has axes {angle:.0f} degrees off right angles", "export it again on a right-angled grid")


def _thick_slices(image: sitk.Image) -> tuple[str, ...]:
    coarsest = max(image.GetSpacing())
    if coarsest <= THICK_SLICES:
        return ()
    return (f"The slices are {coarsest:.3g} mm apart: thin bone and the joint space will be less exact.",)
