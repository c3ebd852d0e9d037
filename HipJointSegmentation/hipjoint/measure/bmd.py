"""Bone mineral density from HU: a line that a calibration gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipjoint.errors import InputError

# Rods of a phantom that are needed for a line.
_LEAST_RODS = 2


@dataclass(frozen=True)
class Calibration:
    """BMD in mg/cm³ is ``slope`` times HU plus ``intercept``."""

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.slope, self.intercept]).all() and self.slope > 0):
            raise InputError(f"The BMD calibration has a slope of {self.slope:g}: give one above 0 (mg/cm3 a HU).")

    def bmd(self, hu: float) -> float:
        """BMD in mg/cm³."""
        return self.slope * hu + self.intercept


def from_phantom(rods: Sequence[tuple[float, float]]) -> Calibration:
    """The least-squares line through (HU, mg/cm³) of a phantom's rods. Raises ``InputError`` for less than two."""
    hu, bmd = np.array(rods, dtype=np.float64).reshape(-1, 2).T
    if len(np.unique(hu)) < _LEAST_RODS:
        raise InputError("The BMD calibration needs two or more phantom values with different HU: HU:MG,HU:MG.")
    slope, intercept = np.polyfit(hu, bmd, 1)
    return Calibration(float(slope), float(intercept))
