"""From tissue signal to an MR image: chemical shift, slices, coil, noise, movement. Grids are (Z, Y, X)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from Training.simulate.noise import Dice
from Training.simulate.scanner import gauss


@dataclass(frozen=True)
class Sequence:
    """How one scan is taken. ``slices`` and ``read`` are array axes; noise and the like are shares of the signal."""

    slices: int
    read: int
    slice_mm: float  # from one slice to the next
    thickness: float  # mm
    blur: float  # mm, sd of the point spread in the plane
    shift: float  # mm, of fat along ``read``
    opposed: bool  # fat and water out of phase
    noise: float
    bias: float
    sharpen: float
    ghosts: tuple[tuple[float, float], ...]  # shift in mm along the phase axis, strength
    gamma: float

    @property
    def phase(self) -> int:
        """The axis along which the patient's movement throws ghosts."""
        return 3 - self.slices - self.read


def draw_sequence(dice: Dice, *, coarse: bool) -> Sequence:
    """Thin or thick slices in any of the three planes."""
    kind = dice.uniform(0, 1)
    thin, thick = (0.5, 1.5) if kind < 0.35 else (1.5, 3.5) if kind < 0.55 else (3.5, 6.2)
    slice_mm = dice.uniform(thin, thick)
    plane = dice.uniform(0, 1)
    slices = 1 if plane < 0.5 else 0 if plane < 0.8 else 2  # coronal, axial, sagittal
    read = [axis for axis in range(3) if axis != slices][dice.integer(0, 2)]
    ghosts = tuple(
        (dice.uniform(12, 50), dice.uniform(0.01, 0.07)) for _ in range(dice.integer(1, 3) if dice.chance(0.2) else 0)
    )
    return Sequence(
        slices=slices,
        read=read,
        slice_mm=slice_mm,
        thickness=slice_mm * dice.uniform(0.75, 1.0),
        blur=dice.uniform(1.4, 2.2) if coarse else dice.uniform(0.45, 0.95),
        shift=dice.normal(0, 0.9),
        opposed=dice.chance(0.05),
        noise=dice.log_uniform(0.008, 0.12) / (2.0 if coarse else 1.0),
        bias=dice.uniform(0.0, 0.45),
        sharpen=dice.uniform(0.3, 1.4) if dice.chance(0.4) else 0.0,
        ghosts=ghosts,
        gamma=dice.uniform(0.75, 1.3),
    )


def slicing(
    dice: Dice, sequence: Sequence, count: int, spacing: float
) -> tuple[torch.Tensor, torch.Tensor, float, float]:
    """What slices see of ``count`` points of a line (slices, count), and what is put between them (count, slices).

    Then the place of the first slice and the step to the next, in mm from the first point.
    """
    x = torch.arange(count) * spacing
    step = max(sequence.slice_mm, 0.25 * spacing)
    first = dice.uniform(-step, 0.0)
    centres = first + step * torch.arange(int((float(x[-1]) - first) / step) + 2)
    # Half the thickness is what lies within one sd, about, of a slice profile.
    seen = torch.exp(-0.5 * ((x - centres[:, None]) / max(0.42 * sequence.thickness, 0.35 * spacing)).square())
    between = (1 - ((x[:, None] - centres) / step).abs()).clamp(min=0)
    return seen / seen.sum(1, keepdim=True), between / between.sum(1, keepdim=True), first, step


def along(image: torch.Tensor, axis: int, weights: torch.Tensor) -> torch.Tensor:
    """Weighted sums (m, n) of the values of ``image`` along one axis of n."""
    return torch.tensordot(weights, image, dims=([1], [axis])).movedim(0, axis)


def shifted(image: torch.Tensor, axis: int, voxels: float) -> torch.Tensor:
    """``image`` displaced along an axis by a part of a voxel or more; the border is repeated."""
    n = image.shape[axis]
    place = (torch.arange(n) - voxels).clamp(0, n - 1)
    low = place.floor().long().clamp(max=n - 2)
    part = (place - low).reshape([-1 if a == axis else 1 for a in range(3)])
    return torch.lerp(image.index_select(axis, low), image.index_select(axis, low + 1), part)


@dataclass(frozen=True)
class Slices:
    """Slices along one axis of a grid: their places in mm from its first point, and weights (points, slices) back."""

    image: torch.Tensor
    first: float
    step: float
    between: torch.Tensor


def scan(dice: Dice, sequence: Sequence, signal: torch.Tensor, spacing: float) -> torch.Tensor:
    """Image (Z, Y, X) of tissue signal (2, Z, Y, X) of water and fat, brought back to the grid it is given on."""
    taken = sliced(dice, sequence, signal, spacing)
    return along(taken.image, sequence.slices, taken.between)


def sliced(dice: Dice, sequence: Sequence, signal: torch.Tensor, spacing: float) -> Slices:
    """The slices of tissue signal (2, Z, Y, X) of water and fat, as a scanner takes them."""
    water, fat = signal
    fat = shifted(fat, sequence.read, sequence.shift / spacing)
    image = (water - fat).abs() if sequence.opposed else water + fat
    shape = image.shape
    field = sum(dice.smooth(tuple(shape), spacing, w) * s for w, s in ((150.0, 0.7), (70.0, 0.3)))
    image = image * (sequence.bias * torch.as_tensor(field)).exp()
    for way, strength in sequence.ghosts:
        image = image + strength * image.roll(round(way / spacing), sequence.phase)
    if sequence.sharpen:
        sd = tuple(0.0 if axis == sequence.slices else 0.9 for axis in range(3))
        image = image + sequence.sharpen * (image - gauss(image, (sd[0], sd[1], sd[2])))
    seen, between, first, step = slicing(dice, sequence, shape[sequence.slices], spacing)
    image = along(image.clamp(min=0), sequence.slices, seen)
    level = float(image.mean()) + 1.5 * float(image.std())
    sd = sequence.noise * level
    image = ((image + sd * dice.lattice(*image.shape)).square() + (sd * dice.lattice(*image.shape)).square()).sqrt()
    return Slices(level * (image / level).pow(sequence.gamma), first, step, between)
