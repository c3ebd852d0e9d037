"""Where the half-maximum edge of a blurred cortical shell lies.

Reference segmentations draw the periosteal surface at the local half-maximum. A shell thinner than the scanner's blur
has its half-maximum outside its true surface, a thick one on it; training labels follow the half-maximum, so that the
network learns the surface that a person would draw.
"""

from __future__ import annotations

import math
from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

THICKNESS = torch.linspace(0, 8, 65)  # cortex thickness / blur
RATIO = torch.linspace(-0.3, 1.2, 31)  # (trabecular - soft) / (cortical - soft)


def phi(x: torch.Tensor) -> torch.Tensor:
    """Cumulative normal distribution."""
    return 0.5 * (1 + torch.erf(x / math.sqrt(2)))


@cache
def _table() -> torch.Tensor:
    """Depth of the half-maximum in units of the blur, (RATIO, THICKNESS); negative is outside the true surface."""
    x = torch.linspace(-4, 11, 1501)
    tau, ratio = THICKNESS[None, :, None], RATIO[:, None, None]
    profile = phi(x) - (1 - ratio) * phi(x - tau)
    peak = torch.where(x < tau + 2.0, profile, torch.tensor(-9.0)).amax(-1, keepdim=True)
    first = (profile >= peak / 2).float().argmax(-1)
    edge = x[first]
    return torch.where(peak[..., 0] < 0.08, torch.zeros(()), edge).clamp(-1.5, 0.5)


def half_maximum_depth(thickness: torch.Tensor, blur: float, ratio: torch.Tensor) -> torch.Tensor:
    """Depth (N,) in mm at which the edge of a cortex of ``thickness`` (N,) mm shows under a ``blur`` in mm (sd)."""
    u = (thickness / blur / 4 - 1).clamp(-1, 1)
    v = ((ratio + 0.3) / 0.75 - 1).clamp(-1, 1)
    grid = torch.stack([u, v], -1).reshape(1, 1, -1, 2)
    found = F.grid_sample(_table()[None, None], grid, align_corners=True, padding_mode="border")
    return found.reshape(thickness.shape) * blur
