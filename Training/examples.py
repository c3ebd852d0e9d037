"""From stored patches to what a network sees and what it should answer, randomised at every look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

from hipjoint.tasks.inputs import normalised
from Training.config import Config, CtConfig

MIRRORED = [1, 0, 3, 2, 4]  # the bones of a patient seen in a mirror
OUTSIDE = -1024.0  # HU beyond the edge of a scan
BEYOND = -99.0  # mm, the depth there
COARSE = 3.0  # mm, the grid of the first stage


@dataclass(frozen=True)
class Example:
    """``inputs`` (C, Z, Y, X), ``target`` (K, Z, Y, X) class shares, ``boundary`` (1, Z, Y, X) joint surfaces."""

    inputs: torch.Tensor
    target: torch.Tensor
    boundary: torch.Tensor


def _classes(depth: torch.Tensor, sided: bool) -> torch.Tensor:
    """Depths (5, ...) by bone to depths by class without background: five sided or three side-blind ones."""
    if sided:
        return depth
    return torch.stack([depth[:2].amax(0), depth[2:4].amax(0), depth[4]])


def shares(depth: torch.Tensor, spacing: float) -> torch.Tensor:
    """Share (K + 1, ...) of each voxel that each class fills, background first, from depths (K, ...) in mm."""
    filled = (depth / spacing + 0.5).clamp(0, 1)
    total = filled.sum(0, keepdim=True)
    filled = filled / total.clamp(min=1)
    return torch.cat([1 - filled.sum(0, keepdim=True), filled])


def joint_surfaces(depth: torch.Tensor) -> torch.Tensor:
    """1 on the facing surfaces of femur and hip bone, falling off within 1.5 mm; (1, ...) of depths (5, ...)."""
    femur, hip = depth[:2].amax(0), depth[2:4].amax(0)
    facing = (femur > -5.5) & (hip > -5.5)
    return (torch.exp(-(torch.minimum(femur.abs(), hip.abs()) / 1.5).square()) * facing)[None]


def _blobs(rng: np.random.Generator, shape: tuple[int, ...], wavelength: float, spacing: float) -> torch.Tensor:
    n = [max(3, int(s * spacing / wavelength) + 2) for s in shape]
    field = torch.from_numpy(rng.standard_normal((1, 1, *n)).astype(np.float32))
    return F.interpolate(field, size=shape, mode="trilinear", align_corners=True)[0, 0]


def doubtful(rng: np.random.Generator, depth: torch.Tensor, spacing: float) -> torch.Tensor:
    """A coarse network's answer (3, Z, Y, X) as it might have been: blurred, displaced, wrong in places."""
    shape = depth.shape[1:]
    small = tuple(max(4, round(n * spacing / COARSE)) for n in shape)
    low = F.interpolate(depth[None], size=small, mode="area")[0]
    # From a good answer to a poor one: a coarse network that never saw a patient is often off by a centimetre.
    amplitude, softness = np.exp(rng.uniform(np.log(0.4), np.log(7.0))), rng.uniform(0.6, 4.0)
    noise = torch.stack([_blobs(rng, small, rng.uniform(14, 50), COARSE) for _ in range(len(low))])
    wrong = low + noise * amplitude + rng.uniform(-0.4, 0.4) * amplitude
    if rng.random() < 0.45:  # a region where one bone is missed or taken for another
        region = (_blobs(rng, small, 30, COARSE) > rng.uniform(0.6, 1.6)).float()
        wrong = wrong * (1 - region) + wrong[rng.permutation(len(low))] * region
    answer = torch.sigmoid(wrong / softness)
    answer = answer / answer.sum(0, keepdim=True).clamp(min=1)
    if rng.random() < 0.06:
        answer = torch.zeros_like(answer)
    return F.interpolate(answer[None], size=shape, mode="trilinear", align_corners=False)[0]


def field_of_view(
    rng: np.random.Generator, image: torch.Tensor, depth: torch.Tensor, outside: float = OUTSIDE
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut the patch off at up to two planes, as the edge of a scan does."""
    for _ in range(rng.integers(0, 3) if rng.random() < 0.35 else 0):
        axis, n = rng.integers(0, 3), image.shape[0]
        at = int(rng.uniform(0.05, 0.45) * n)
        cut: list[slice] = [slice(None)] * 3
        cut[axis] = slice(0, at) if rng.random() < 0.5 else slice(n - at, n)
        image[tuple(cut)] = outside
        depth[(slice(None), *cut)] = BEYOND
    return image, depth


def narrow_scan(
    rng: np.random.Generator, image: torch.Tensor, depth: torch.Tensor, outside: float = OUTSIDE
) -> tuple[torch.Tensor, torch.Tensor]:
    """Leave a box of half the patch's side or more: a scan of one hip, or of a few slices."""
    beyond = torch.ones_like(image, dtype=torch.bool)
    box = []
    for n in image.shape:
        side = int(n * rng.uniform(0.5, 1.0)) if rng.random() < 0.7 else n
        start = int(rng.integers(0, n - side + 1))
        box.append(slice(start, start + side))
    beyond[tuple(box)] = False
    return image.masked_fill(beyond, outside), depth.masked_fill(beyond, BEYOND)


def crop(rng: np.random.Generator, shape: tuple[int, ...], side: int) -> tuple[slice, ...]:
    """A random cube of at most ``side`` voxels."""
    starts = [int(rng.integers(0, max(n - side, 0) + 1)) for n in shape]
    return tuple(slice(s, s + side) for s in starts)


def make_example(
    rng: np.random.Generator,
    image: np.ndarray,
    counts: np.ndarray,
    config: CtConfig,
    hints: np.ndarray | None = None,
) -> Example:
    """One randomised example from stored HU (Z, Y, X) int16 and depth counts (5, Z, Y, X) int8.

    ``hints`` (3, Z/2, Y/2, X/2) uint8 are a real coarse network's; without them, and in a third of the examples, hints
    are made up.
    """
    place = crop(rng, image.shape, config.crop)
    image, counts = image[place], counts[(slice(None), *place)]
    said = None
    if hints is not None and rng.random() < 0.67:
        said = F.interpolate(torch.from_numpy(hints)[None].float() / 255, scale_factor=2, mode="trilinear")[0]
        said = said[(slice(None), *place)]
    hu = torch.from_numpy(image.astype(np.float32))
    depth = torch.from_numpy(counts.astype(np.float32)) * config.depth_step
    if rng.random() < 0.5:
        hu, depth = hu.flip(-1), depth.flip(-1)[MIRRORED]
        said = said if said is None else said.flip(-1)
    hu = (hu + 1000) * rng.uniform(0.93, 1.07) - 1000 + rng.normal(0, 12)
    if rng.random() < 0.5:
        hu = hu + torch.from_numpy(rng.standard_normal(hu.shape, dtype=np.float32)) * rng.uniform(2, 30)
    if config.sided and rng.random() < 0.5:
        hu, depth = narrow_scan(rng, hu, depth)
    else:
        hu, depth = field_of_view(rng, hu, depth)
    seen = torch.from_numpy(normalised(hu.numpy(), config.window))[None]
    classes = _classes(depth, config.sided)
    channels = [seen]
    if len(config.channels) > 1:
        if said is None:
            said = doubtful(rng, classes.clamp(-8, 8), config.spacing)
        else:
            said = said.masked_fill(depth[:1] <= BEYOND, 0.0)
        channels.append(said)
    return Example(torch.cat(channels), shares(classes, config.spacing), joint_surfaces(depth))


class Patches(torch.utils.data.IterableDataset[tuple[torch.Tensor, ...]]):
    """Endless random examples from a folder of patches that may still be growing."""

    def __init__(self, folder: Path, config: Config, seed: int) -> None:
        self.folder, self.config, self.seed = folder, config, seed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        info = torch.utils.data.get_worker_info()
        torch.set_num_threads(1)
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        while True:
            files = sorted(self.folder.glob("*.npz"))
            for index in rng.permutation(len(files))[:400]:
                with np.load(files[index]) as stored:
                    example = self.example(rng, stored)
                yield example

    def example(self, rng: np.random.Generator, stored: np.lib.npyio.NpzFile) -> tuple[torch.Tensor, ...]:
        """What a training takes from one file: inputs first, then what is asked."""
        raise NotImplementedError


class BonePatches(Patches):
    """Examples of task hip-ct."""

    config: CtConfig

    def example(self, rng: np.random.Generator, stored: np.lib.npyio.NpzFile) -> tuple[torch.Tensor, ...]:
        """Inputs, class shares and joint surfaces."""
        made = make_example(rng, stored["image"], stored["depth"], self.config, stored.get("hints"))
        return made.inputs, made.target, made.boundary
