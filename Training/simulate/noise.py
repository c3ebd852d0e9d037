"""Smooth random fields and other small random helpers, all on torch."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit


class Dice:
    """Random numbers from one seeded generator, so that a case can be made again."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def uniform(self, low: float, high: float) -> float:
        """One number between ``low`` and ``high``."""
        return low + (high - low) * float(torch.rand(1, generator=self.generator))

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        """One normal number, no further than 2.5 sd from the mean."""
        return mean + sd * float(torch.randn(1, generator=self.generator).clamp(-2.5, 2.5))

    def log_uniform(self, low: float, high: float) -> float:
        """One number between two positive limits, every ratio equally likely."""
        return math.exp(self.uniform(math.log(low), math.log(high)))

    def chance(self, p: float) -> bool:
        """True with probability ``p``."""
        return float(torch.rand(1, generator=self.generator)) < p

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high)."""
        return int(torch.randint(low, high, (1,), generator=self.generator))

    def vector(self, sd: float = 1.0) -> torch.Tensor:
        """Three normal numbers."""
        return torch.randn(3, generator=self.generator).clamp(-2.5, 2.5) * sd

    def direction(self) -> torch.Tensor:
        """A random unit vector."""
        v = torch.randn(3, generator=self.generator)
        return v / v.norm()

    def lattice(self, *shape: int) -> torch.Tensor:
        """Normal numbers on a grid."""
        return torch.randn(*shape, generator=self.generator)

    def smooth(self, shape: tuple[int, int, int], spacing: float, wavelength: float) -> torch.Tensor:
        """A field (Z, Y, X) of about unit variance whose features are about ``wavelength`` mm long."""
        step = max(wavelength / 2 / spacing, 1.0)
        size = [math.ceil(n / step) + 3 for n in shape]
        field = self.lattice(1, 1, *size) * 1.6
        whole = [max(n, round(s * step)) for n, s in zip(shape, size, strict=True)]
        fine = F.interpolate(field, size=whole, mode="trilinear", align_corners=False)[0, 0]
        starts = [self.integer(0, w - n + 1) for w, n in zip(whole, shape, strict=True)]
        return fine[tuple(slice(s, s + n) for s, n in zip(starts, shape, strict=True))]


def rotation(angles_deg: torch.Tensor) -> torch.Tensor:
    """Rotation matrix from angles about x, y and z in degrees."""
    a, b, c = (torch.deg2rad(angles_deg)).tolist()
    rx = torch.tensor([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    ry = torch.tensor([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    rz = torch.tensor([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    return rz @ ry @ rx


def smooth_min(a: torch.Tensor, b: torch.Tensor, k: float) -> torch.Tensor:
    """Union of two distance fields with a fillet of about ``k`` mm."""
    h = (0.5 + 0.5 * (b - a) / k).clamp(0, 1)
    return b + (a - b) * h - k * h * (1 - h)


def ramp(x: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def capsule(points: torch.Tensor, a: torch.Tensor, b: torch.Tensor, radius: float) -> torch.Tensor:
    """Distance (...) to a rod with round ends from ``a`` to ``b``."""
    axis = b - a
    t = (((points - a) @ axis) / (axis @ axis)).clamp(0, 1)
    return (points - a - t[..., None] * axis).norm(dim=-1) - radius


def ellipsoid(points: torch.Tensor, centre: torch.Tensor, radii: torch.Tensor) -> torch.Tensor:
    """About the distance (...) to an ellipsoid along the axes."""
    return (((points - centre) / radii).norm(dim=-1) - 1) * float(radii.min())


def bounds(points: torch.Tensor, margin: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """About the lowest and the highest corner of points (N, 3), from every 13th of them, widened by ``margin``."""
    few = points[::13]
    return few.amin(0) - margin, few.amax(0) + margin


def inside(points: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """Indices (M,) of the points (N, 3) in the box from ``low`` to ``high``: far things cost nothing."""
    found = torch.arange(len(points))
    for axis in range(3):
        x = points[found, axis]
        found = found[(x > low[axis]) & (x < high[axis])]
    return found


def block(
    first: torch.Tensor, spacing: float, shape: tuple[int, int, int], low: torch.Tensor, high: torch.Tensor
) -> tuple[slice, slice, slice] | None:
    """Slices [z, y, x] of the part of a grid from ``low`` to ``high``; ``first`` is the grid's origin."""
    size = torch.tensor(shape[::-1])
    begin = ((low - first) / spacing).floor().long().clamp(min=0)
    end = torch.minimum(((high - first) / spacing).ceil().long() + 1, size)
    if bool((end <= begin).any()):
        return None
    z, y, x = (slice(int(a), int(b)) for a, b in zip(begin.flip(0), end.flip(0), strict=True))
    return z, y, x


def touches(box: tuple[torch.Tensor, torch.Tensor], centre: torch.Tensor, reach: float | torch.Tensor) -> bool:
    """True if the box round ``centre`` meets ``box``."""
    return bool(((centre + reach > box[0]) & (centre - reach < box[1])).all())
