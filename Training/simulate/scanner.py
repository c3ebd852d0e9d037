"""From tissue to a CT: slices, reconstruction kernel, noise, streaks, field of view. HU in, HU out, grids (Z, Y, X)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

from Training.simulate.edge import Kernel
from Training.simulate.noise import Dice

COARSE_BLUR = (1.4, 2.3)  # mm; what the voxels of the coarse network average over
FINE_BLUR = (0.42, 1.0)
# Voxels (sd) of the blur whose difference to the picture sharpens it.
SHARPENED_OVER = 1.2


@dataclass(frozen=True)
class Scanner:
    """One protocol. ``blur`` is the sd in mm of the in-plane point spread, already in the tissue's edges."""

    blur: float
    slice_mm: float
    noise: float
    grain: float
    sharpen: float
    shift: float
    gain: float
    streaks: float
    axis: int

    def kernel(self, spacing: float) -> Kernel:
        """The in-plane point spread on a grid of ``spacing`` mm, in units of ``blur``."""
        return Kernel(self.sharpen, math.hypot(self.blur, SHARPENED_OVER * spacing) / self.blur)


def draw_scanner(dice: Dice, *, coarse: bool) -> Scanner:
    """Draw a protocol: thin or thick slices, smooth or sharp kernel, low or high dose."""
    kind = dice.uniform(0, 1)
    slice_mm = 1.0 if kind < 0.65 else dice.uniform(1.5, 3.2) if kind < 0.9 else dice.uniform(3.2, 6.0)
    return Scanner(
        blur=dice.uniform(*(COARSE_BLUR if coarse else FINE_BLUR)),
        slice_mm=slice_mm,
        noise=dice.log_uniform(4, 60),
        grain=dice.uniform(0.0, 1.3),
        sharpen=dice.uniform(0.2, 1.1) if dice.chance(0.3) else 0.0,
        shift=dice.normal(0, 12),
        gain=dice.uniform(0.94, 1.06),
        streaks=dice.uniform(0, 25) if dice.chance(0.5) else 0.0,
        axis=dice.integer(1, 3) if dice.chance(0.05) else 0,
    )


def gauss(image: torch.Tensor, sd: tuple[float, float, float]) -> torch.Tensor:
    """Gaussian blur of (Z, Y, X) by ``sd`` voxels an axis."""
    out = image[None, None]
    for axis, s in enumerate(sd):
        if s < 0.15:
            continue
        r = max(1, math.ceil(2.5 * s))
        x = torch.arange(-r, r + 1, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (x / s) ** 2)
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = 2 * r + 1
        pad = [0] * 6
        pad[5 - 2 * axis] = pad[4 - 2 * axis] = r
        out = F.conv3d(F.pad(out, pad, mode="replicate"), (kernel / kernel.sum()).reshape(shape))
    return out[0, 0]


def _noise(dice: Dice, shape: tuple[int, int, int], grain: float, streaks: float) -> torch.Tensor:
    """Unit noise whose power falls off with the kernel; ``streaks`` adds photon starvation between the hips."""
    noise = gauss(dice.lattice(*shape), (0.3, grain, grain))
    noise = noise - gauss(noise, (0.0, 4.0, 4.0)) * 0.6  # ramp filter: little power at low frequency
    noise = noise / noise.std().clamp(min=1e-3)
    if streaks:
        lines = gauss(dice.lattice(*shape), (0.0, 0.4, 8.0))
        noise = noise + lines / lines.std() * streaks
    return noise


def scan(dice: Dice, scanner: Scanner, tissue: torch.Tensor, spacing: float) -> torch.Tensor:
    """HU (Z, Y, X) as scanned and brought back to the grid it is given on."""
    image = tissue.movedim(scanner.axis, 0)
    shape = image.shape
    thick = scanner.slice_mm > 1.4 * spacing
    if thick:
        n = max(4, round(shape[0] * spacing / scanner.slice_mm))
        image = gauss(image, (0.42 * scanner.slice_mm / spacing, 0, 0))
        image = F.interpolate(image[None, None], size=(n, *shape[1:]), mode="trilinear", align_corners=True)[0, 0]
    if scanner.sharpen:
        image = image + scanner.sharpen * (image - gauss(image, (0, SHARPENED_OVER, SHARPENED_OVER)))
    level = scanner.noise / math.sqrt(max(spacing, 1.0))
    image = image + level * _noise(dice, tuple(image.shape), scanner.grain, scanner.streaks / 25 * 0.7)
    if thick:
        image = F.interpolate(image[None, None], size=tuple(shape), mode="trilinear", align_corners=True)[0, 0]
    image = (image + 1000) * scanner.gain - 1000 + scanner.shift
    return image.movedim(0, scanner.axis).clamp(-1024, 3071)


def metal_streaks(dice: Dice, world: torch.Tensor, centre: torch.Tensor, reach: float) -> torch.Tensor:
    """HU (N,) of the rays that metal at ``centre`` throws across its slices."""
    x, y, z = (world - centre).unbind(-1)
    angle = torch.atan2(y, x)
    rays = sum(dice.normal(0, 1) * torch.cos(k * angle + dice.uniform(0, 6.3)) for k in range(2, 40, 2))
    away = (x.square() + y.square()).sqrt()
    fall = torch.exp(-away / 70) * torch.exp(-(z / reach).square())
    return torch.as_tensor(rays) * dice.uniform(20, 130) * fall
