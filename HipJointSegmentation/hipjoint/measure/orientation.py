"""How the acetabulum opens: inclination and version in the three definitions of Murray (1993)."""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, asin, atan2, degrees

import numpy as np

from hipjoint.measure.boundary import Floats

SOURCE = "Murray, J Bone Joint Surg Br 1993;75:228-232"


@dataclass(frozen=True)
class Orientation:
    """Inclination and version (anteversion, negative for retroversion) in degrees in one definition."""

    inclination: float
    version: float


def radiographic(axis: Floats) -> Orientation:
    """Inclination: between the long axis and the axis projected on the coronal plane; version: axis to that plane.

    ``axis`` is the unit vector (3,) out of the socket as components to lateral, anterior and superior.
    """
    lateral, anterior, superior = axis
    return Orientation(degrees(atan2(lateral, -superior)), degrees(asin(np.clip(anterior, -1, 1))))


def operative(axis: Floats) -> Orientation:
    """Inclination: between axis and sagittal plane; version: long axis to the axis projected on the sagittal plane."""
    lateral, anterior, superior = axis
    return Orientation(degrees(asin(np.clip(lateral, -1, 1))), degrees(atan2(anterior, -superior)))


def anatomic(axis: Floats) -> Orientation:
    """Inclination: between axis and long axis; version: transverse axis to the axis projected on its plane."""
    lateral, anterior, superior = axis
    return Orientation(degrees(acos(np.clip(-superior, -1, 1))), degrees(atan2(anterior, lateral)))


def axis_of(inclination: float, version: float) -> Floats:
    """Axis (3,) to lateral, anterior and superior of a cup at a radiographic inclination and version in degrees."""
    i, v = np.deg2rad([inclination, version])
    return np.array([np.sin(i) * np.cos(v), np.sin(v), -np.cos(i) * np.cos(v)])
