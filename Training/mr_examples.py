"""Examples of task onfh-mri: from stored MR patches to what a network sees, randomised at every look."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

from hipjoint.tasks.inputs import stretched
from Training.config import MrConfig
from Training.examples import BEYOND, Patches, crop, field_of_view, narrow_scan, shares

AIR = 0.0  # signal beyond the edge of a scan


def head_shares(depth: torch.Tensor, spacing: float) -> torch.Tensor:
    """Share (3, ...) of each voxel that is background, living head and lesion, from depths (2, ...) in mm."""
    head, lesion = (depth / spacing + 0.5).clamp(0, 1)
    lesion = torch.minimum(head, lesion)
    return torch.stack([1 - head, head - lesion, lesion])


def turned(
    rng: np.random.Generator, image: torch.Tensor, depth: torch.Tensor, degrees: float, size: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Image (Z, Y, X) and depths (K, Z, Y, X) turned about a random axis and made larger or smaller."""
    axis = rng.standard_normal(3)
    axis *= np.deg2rad(rng.uniform(0, degrees)) / np.linalg.norm(axis)
    scale = np.exp(rng.uniform(-size, size))
    x, y, z = axis
    spin = torch.linalg.matrix_exp(torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float32)) / scale
    both = torch.cat([image[None], depth])[None]
    grid = F.affine_grid(F.pad(spin, (0, 1))[None], list(both.shape), align_corners=False)
    moved = F.grid_sample(both, grid, padding_mode="border", align_corners=False)[0]
    return moved[0], moved[1:] * scale


def _blurred(rng: np.random.Generator, image: torch.Tensor) -> torch.Tensor:
    """Averaged along one axis, as by thick slices."""
    axis, n = int(rng.integers(0, 3)), int(rng.integers(2, 4))
    kernel = [1, 1, 1]
    kernel[axis] = 2 * n - 1
    pad = [k // 2 for k in kernel]
    return F.avg_pool3d(image[None, None], kernel, 1, pad, count_include_pad=False)[0, 0]


def look(rng: np.random.Generator, image: torch.Tensor) -> torch.Tensor:
    """Another gamma, noise, shading or sharpness of an image of signal 0 and more."""
    top = float(image.mean()) * 2 + 1e-3
    image = top * (image / top).clamp(min=0) ** float(np.exp(rng.uniform(-0.35, 0.35)))
    if rng.random() < 0.15:
        image = _blurred(rng, image)
    if rng.random() < 0.5:
        noise = torch.from_numpy(rng.standard_normal(image.shape, dtype=np.float32))
        image = (image + noise * top * float(rng.uniform(0.005, 0.06))).abs()
    ramps = torch.meshgrid(*[torch.linspace(-1, 1, n) for n in image.shape], indexing="ij")
    return image * sum(r * float(rng.normal(0, 0.12)) for r in ramps).exp()  # type: ignore[union-attr]


def make_mr_example(
    rng: np.random.Generator, image: np.ndarray, counts: np.ndarray, config: MrConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs (1, Z, Y, X) and class shares (K, Z, Y, X) from stored signal (Z, Y, X) and depth counts (2, Z, Y, X)."""
    place = crop(rng, image.shape, config.crop)
    signal = torch.from_numpy(image[place].astype(np.float32))
    depth = torch.from_numpy(counts[(slice(None), *place)].astype(np.float32)) * config.depth_step
    if config.sided and rng.random() < 0.5:
        signal, depth = signal.flip(-1), depth.flip(-1).flip(0)
    if rng.random() < 0.6:
        signal, depth = turned(rng, signal, depth, 15.0, 0.12)
    signal = look(rng, signal)
    cut = narrow_scan if config.sided and rng.random() < 0.5 else field_of_view
    signal, depth = cut(rng, signal, depth, AIR)
    seen = torch.from_numpy(stretched(signal.numpy(), config.percentiles))[None]
    return seen, (shares if config.sided else head_shares)(depth.clamp(min=BEYOND) + config.grow, config.spacing)


class HeadPatches(Patches):
    """Endless random examples from a folder of MR patches, simulated and real ones."""

    config: MrConfig

    def example(self, rng: np.random.Generator, stored: np.lib.npyio.NpzFile) -> tuple[torch.Tensor, ...]:
        """What a training takes from one file."""
        return make_mr_example(rng, stored["image"], stored["depth"], self.config)
