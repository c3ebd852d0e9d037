"""Where the half-maximum edge of a blurred cortical shell lies.

Reference segmentations draw the periosteal surface at the local half-maximum. A shell thinner than the scanner's blur
has its half-maximum outside its true surface, a thick one on it; training labels follow the half-maximum, so that the
network learns the surface that a person would draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

THICKNESS = torch.linspace(0, 8, 65)  # cortex thickness / blur
RATIO = torch.linspace(-0.3, 1.2, 31)  # (trabecular - soft) / (cortical - soft)


@dataclass(frozen=True)
class Kernel:
    """A Gaussian of standard deviation 1, less the share ``sharpen`` of a wider one (sd ``wide``); its sum is one."""

    sharpen: float = 0.0
    wide: float = 1.0

    def step(self, x: torch.Tensor) -> torch.Tensor:
        """The edge that the kernel makes of a sharp one at 0."""
        return (1 + self.sharpen) * phi(x) - self.sharpen * phi(x / self.wide)


GAUSSIAN = Kernel()


def phi(x: torch.Tensor) -> torch.Tensor:
    """Cumulative normal distribution."""
    return 0.5 * (1 + torch.erf(x / math.sqrt(2)))


@cache
def _table(kernel: Kernel) -> torch.Tensor:
    """Depth of the half-maximum in units of the blur, (RATIO, THICKNESS); negative is outside the true surface."""
    x = torch.linspace(-4, 11, 1501)
    tau, ratio = THICKNESS[None, :, None], RATIO[:, None, None]
    profile = kernel.step(x) - (1 - ratio) * kernel.step(x - tau)
    peak = torch.where(x < tau + 2.0, profile, torch.tensor(-9.0)).amax(-1, keepdim=True)
    first = (profile >= peak / 2).float().argmax(-1)
    edge = x[first]
    return torch.where(peak[..., 0] < 0.08, torch.zeros(()), edge).clamp(-1.5, 0.5)


def half_maximum_depth(
    thickness: torch.Tensor, blur: float, ratio: torch.Tensor, kernel: Kernel = GAUSSIAN
) -> torch.Tensor:
    """Depth (N,) in mm at which the edge of a cortex of ``thickness`` (N,) mm shows under a ``blur`` in mm (sd).

    ``ratio`` (N,) is the contrast of what lies behind the cortex to that of the cortex; a sharp ``kernel`` is in units
    of the blur.
    """
    u = (thickness / blur / 4 - 1).clamp(-1, 1)
    v = ((ratio + 0.3) / 0.75 - 1).clamp(-1, 1)
    grid = torch.stack([u, v], -1).reshape(1, 1, -1, 2)
    found = F.grid_sample(_table(kernel)[None, None], grid, align_corners=True, padding_mode="border")
    return found.reshape(thickness.shape) * blur
