"""What is head in a simulated hip: the rule of ``hipjoint.measure.head_neck``, found once a femur.

The junction is found in the undeformed femur's own frame and follows it through pose and deformation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.measure.boundary import boundary
from hipjoint.measure.head_neck import MARGIN_MM, find_neck
from hipjoint.measure.head_sphere import fit_sphere
from Training.simulate.library import Femur

SHAFT = -45.0  # mm below the head's centre: what lies lower says nothing about the head


@dataclass(frozen=True)
class Head:
    """Head of a right femur in its own frame (LPS mm): sphere, axis of the neck, where along it the head ends."""

    centre: torch.Tensor
    radius: float
    axis: torch.Tensor
    junction: float

    def beyond(self, points: torch.Tensor) -> torch.Tensor:
        """How far (N,) in mm points (N, 3) lie inside the head's limits, the bone's surface apart; negative outside."""
        q = points - self.centre
        return torch.minimum(self.junction - q @ self.axis, self.radius + MARGIN_MM - q.norm(dim=-1))

    def frame(self, points: torch.Tensor) -> torch.Tensor:
        """Points (N, 3) from the centre, in radii."""
        return (points - self.centre) / self.radius


_known: dict[str, Head] = {}


def head_of_femur(femur: Femur) -> Head:
    """The head of a femur of the library, found at the first call."""
    if femur.name not in _known:
        _known[femur.name] = _found(femur)
    return _known[femur.name]


def _found(femur: Femur) -> Head:
    bone = femur.bone
    first = max(0, int((SHAFT - float(bone.origin[2])) / bone.spacing))
    field = -bone.values[first:].double().numpy()
    grid = sitk.GetImageFromArray(np.zeros(field.shape, np.uint8))
    grid.SetSpacing((bone.spacing,) * 3)
    grid.SetOrigin([float(v) for v in bone.origin[:2]] + [float(bone.origin[2]) + first * bone.spacing])
    sphere = fit_sphere(boundary(field > 0, grid))
    neck = find_neck(field, grid, sphere, "right")
    return Head(
        torch.tensor(sphere.centre, dtype=torch.float32),
        sphere.radius,
        torch.tensor(neck.axis, dtype=torch.float32),
        neck.junction_mm,
    )
