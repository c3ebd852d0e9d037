"""From what absorbs to a picture: spectrum, scatter, noise, the film's curve, processing, collimation, markers."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Attenuation at 40, 60 and 80 keV: 1/cm of water, and of bone that stands 1000 HU above water (NIST tables).
WATER = (0.268, 0.206, 0.184)
BONE = (0.62, 0.29, 0.19)


def blurred(image: torch.Tensor, sd: float) -> torch.Tensor:
    """Gaussian blur of (rows, columns) by ``sd`` pixels; wide ones on a coarser grid."""
    every = max(1, int(sd / 4))
    size = image.shape
    x = image[None, None]
    if every > 1:
        x = F.avg_pool2d(x, every, ceil_mode=True, count_include_pad=False)
    s = sd / every
    r = max(1, round(2.5 * s))
    kernel = torch.exp(-0.5 * (torch.arange(-r, r + 1, dtype=torch.float32) / s) ** 2)
    kernel = (kernel / kernel.sum()).reshape(1, 1, -1, 1)
    x = F.conv2d(F.pad(x, (0, 0, r, r), mode="replicate"), kernel)
    x = F.conv2d(F.pad(x, (r, r, 0, 0), mode="replicate"), kernel.movedim(2, 3))
    return x[0, 0] if every == 1 else F.interpolate(x, size=size, mode="bilinear", align_corners=False)[0, 0]


def _arrives(rng: np.random.Generator, soft: torch.Tensor, bone: torch.Tensor) -> torch.Tensor:
    """Intensity (rows, columns) behind the patient, with scatter, blur and noise."""
    low = rng.uniform(0.1, 0.45)
    weights = (low, 0.45, max(0.55 - low, 0.1))
    soft = soft * float(rng.uniform(0.6, 1.1))
    bone = bone * float(rng.uniform(0.9, 2.0))  # films are of denser patients too than those whose CT was simulated
    beams = zip(weights, WATER, BONE, strict=True)
    light = sum(w * torch.exp(-(a * soft + b * bone)) for w, a, b in beams)
    assert isinstance(light, torch.Tensor)  # noqa: S101 - three beams
    light = light + float(rng.uniform(0.02, 0.6)) * blurred(light, rng.uniform(20, 50))
    light = blurred(light, rng.uniform(0.35, 1.3))
    level = float(np.exp(rng.uniform(np.log(0.004), np.log(0.04))))
    noise = torch.from_numpy(rng.standard_normal(light.shape, dtype=np.float32))
    if rng.random() < 0.5:
        noise = blurred(noise, rng.uniform(0.5, 1.2)) * 2
    return light * (1 + level * noise * (light.median() / light).clamp(0.05, 20).sqrt()).clamp(min=0.1)


def _developed(rng: np.random.Generator, light: torch.Tensor) -> torch.Tensor:
    """The picture, 0 to about 1, bone white: a curve, and the even contrast that film processors and consoles give."""
    picture = -light.log()
    for sd, most, often in ((rng.uniform(30, 110), 0.95, 0.85), (rng.uniform(8, 25), 0.4, 0.4)):
        if rng.random() < often:
            picture = picture - float(rng.uniform(0, most)) * blurred(picture, sd)
    if rng.random() < 0.3:
        picture = picture + float(rng.uniform(0, 1.0)) * (picture - blurred(picture, 1.2))
    few = picture[::3, ::3].flatten()
    dark, white = float(few.quantile(rng.uniform(0.0, 0.3))), float(few.quantile(rng.uniform(0.97, 1.0)))
    picture = (picture - dark) / max(white - dark, 1e-3)
    picture = picture.clamp(0, float(rng.uniform(1.0, 1.3))) ** float(np.exp(rng.uniform(-0.6, 0.5)))
    if rng.random() < 0.4:
        steep = float(rng.uniform(2, 6))
        picture = torch.sigmoid(steep * (picture - float(rng.uniform(0.35, 0.6))))
    return picture


def _marked(rng: np.random.Generator, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Collimated edges, letters of lead and burnt-in text as plain blocks; and where the film was exposed."""
    rows, columns = picture.shape
    exposed = torch.ones(rows, columns, dtype=torch.bool)
    if rng.random() < 0.35:
        edge = float(rng.choice([float(picture.min()), float(picture.max()), float(picture.mean())]))
        for side in range(4):
            if rng.random() < 0.5:
                n = int(rng.uniform(0, 0.07) * (rows, columns)[side % 2])
                for part, value in ((picture.movedim(side % 2, 0), edge), (exposed.movedim(side % 2, 0), False)):
                    (part[:n] if side < 2 else part[len(part) - n :]).fill_(value)
    for _ in range(int(rng.integers(0, 3))):
        high, wide = int(rng.integers(4, 22)), int(rng.integers(4, 30))
        # Letters stand beside the patient, text in the corners.
        row = int(rng.integers(0, max(1, rows - high)))
        column = int(rng.choice([rng.uniform(0, 0.12), rng.uniform(0.85, 0.97)]) * columns)
        block = picture[row : row + high, column : column + wide]
        block[torch.from_numpy(rng.random(block.shape) < 0.6)] = float(picture.max()) * float(rng.uniform(0.9, 1.3))
    return picture, exposed


def picture_of(rng: np.random.Generator, soft: Floats, bone: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """A film (rows, columns), bone white, in 8 bits as it would be stored, of cm of water and of bone.

    And where it was exposed: the collimator hides its edges.
    """
    light = _arrives(rng, torch.from_numpy(soft.astype(np.float32)), torch.from_numpy(bone.astype(np.float32)))
    picture, exposed = _marked(rng, _developed(rng, light))
    low, high = picture.min(), picture.max()
    stored = ((picture - low) / (high - low).clamp(min=1e-6) * 255).round()
    return np.asarray(stored.numpy(), dtype=np.float32), exposed.numpy()


def restyled(rng: np.random.Generator, picture: NDArray[np.generic]) -> Floats:
    """A real film (rows, columns), bone white, as another machine would have shown it: curve, evenness, blur, noise."""
    x = torch.from_numpy(np.asarray(picture, dtype=np.float32))
    x = (x - x.min()) / (x.max() - x.min()).clamp(min=1e-6)
    x = x ** float(np.exp(rng.uniform(-0.4, 0.4)))
    if rng.random() < 0.3:
        x = x - float(rng.uniform(0, 0.5)) * blurred(x, rng.uniform(20, 60))
    if rng.random() < 0.5:
        x = x + float(rng.uniform(-0.7, 0.7)) * (x - blurred(x, rng.uniform(0.6, 1.2)))
    noise = torch.from_numpy(rng.standard_normal(x.shape, dtype=np.float32))
    return np.asarray((x + float(rng.uniform(0, 0.03)) * noise).numpy(), dtype=np.float32)
