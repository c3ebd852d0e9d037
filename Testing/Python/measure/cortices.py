"""CT images of tubes and shells whose cortex has a known thickness, blurred by a known point spread."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy.special import erf, ndtr

SOFT, CORTEX, MARROW = 30.0, 1200.0, 60.0


def grid(spacing: tuple[float, float, float], extent: tuple[float, float, float]) -> sitk.Image:
    """An empty image (x, y, z) round the origin that lies a fraction of a voxel off it."""
    size = [round(e / s) for e, s in zip(extent, spacing, strict=True)]
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetOrigin([-(n - 1) / 2 * s + 0.13 for n, s in zip(size, spacing, strict=True)])
    return image


def places(image: sitk.Image) -> np.ndarray:
    """LPS mm [z, y, x, 3] of the voxel centres."""
    axes = [
        np.arange(n) * s + o for n, s, o in zip(image.GetSize(), image.GetSpacing(), image.GetOrigin(), strict=True)
    ]
    z, y, x = np.meshgrid(*axes[::-1], indexing="ij")
    return np.stack([x, y, z], axis=-1)


def blurred_ball(distance: np.ndarray, radius: float, blur: float) -> np.ndarray:
    """A ball of ones at ``distance`` from its centre, blurred by a Gaussian of standard deviation ``blur``; exact."""
    r = np.maximum(distance, 1e-6)
    a, b = (radius - r) / (np.sqrt(2) * blur), (radius + r) / (np.sqrt(2) * blur)
    tails = blur / (np.sqrt(2 * np.pi) * r) * (np.exp(-(b**2)) - np.exp(-(a**2)))
    return (erf(a) + erf(b)) / 2 + tails


def blurred_disc(distance: np.ndarray, radius: float, blur: float) -> np.ndarray:
    """A long cylinder of ones, blurred across its axis; by the mean of its chords (exact to 1e-4)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    out = np.zeros_like(distance)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        half = np.sqrt(np.clip(radius**2 - (blur * node) ** 2, 0, None))
        out += weight * (ndtr((distance + half) / blur) - ndtr((distance - half) / blur))
    return out


def noisy(hu: np.ndarray, image: sitk.Image, noise: float, seed: int = 3) -> sitk.Image:
    made = sitk.GetImageFromArray(
        (hu + np.random.default_rng(seed).normal(0, max(noise, 1e-9), hu.shape)).astype(np.float32)
    )
    made.CopyInformation(image)
    return made


def shell(
    thickness: float, blur: float, *, radius: float = 22.0, marrow: float = 250.0, noise: float = 0.0
) -> sitk.Image:
    """A ball with a cortex, on 0.7 mm voxels."""
    image = grid((0.7, 0.7, 0.7), (2 * radius + 16,) * 3)
    away = np.linalg.norm(places(image), axis=-1)
    outer, inner = blurred_ball(away, radius, blur), blurred_ball(away, radius - thickness, blur)
    return noisy(SOFT + (CORTEX - SOFT) * outer + (marrow - CORTEX) * inner, image, noise)


def tube(
    thickness: float,
    blur: float,
    *,
    radius: float = 15.0,
    length: float = 30.0,
    noise: float = 0.0,
    less_dense: float = 0.0,
) -> sitk.Image:
    """A tube along z, 1 mm slices; towards -x its cortex is less dense by the share ``less_dense``."""
    image = grid((0.6, 0.6, 1.0), (2 * radius + 16, 2 * radius + 16, length))
    at = places(image)[..., :2]
    away = np.linalg.norm(at, axis=-1)
    outer, inner = blurred_disc(away, radius, blur), blurred_disc(away, radius - thickness, blur)
    # Round the tube the change is slow against the blur.
    cortex = CORTEX * (1 - less_dense * ndtr(-4 * at[..., 0] / np.maximum(away, 1e-6)))
    return noisy(SOFT + (cortex - SOFT) * outer + (MARROW - cortex) * inner, image, noise)


def on_ball(radius: float, count: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Points and outward normals, even on a ball (Fibonacci lattice)."""
    number = np.arange(count) + 0.5
    height = 1 - 2 * number / count
    turn = np.pi * (1 + np.sqrt(5)) * number
    ring = np.sqrt(1 - height**2)
    normals = np.column_stack([ring * np.cos(turn), ring * np.sin(turn), height])
    return normals * radius, normals


def on_tube(radius: float, length: float, count: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    turn = np.arange(count) * 2.399963
    normals = np.column_stack([np.cos(turn), np.sin(turn), np.zeros(count)])
    points = normals * radius
    points[:, 2] = np.linspace(-length / 2, length / 2, count)
    return points, normals
