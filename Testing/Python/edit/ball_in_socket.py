"""A hip of spheres whose truth is known: a femoral head on its neck in a socket, with a joint space between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# z, y, x in mm; across the plane of the neck it is a slice of the joint.
SIZE_MM = (84.0, 46.0, 84.0)
CENTRE = np.array([42.0, 23.0, 42.0])
HEAD_MM = 23.0
PLATE_MM = 1.5
NECK = np.array([-0.75, 0.0, 0.66]) / np.hypot(0.75, 0.66)
ROOF = -NECK  # the socket opens towards the neck
SOFT, SPONGE, CORTEX = 50.0, 250.0, 1000.0  # HU


@dataclass(frozen=True)
class Phantom:
    """HU and masks of femur and hip bone [z, y, x], their true ones and those of a segmentation that stuck together."""

    hu: Floats
    truth: tuple[Mask, Mask]
    stuck: tuple[Mask, Mask]
    spacing: tuple[float, float, float]

    def line(self, start: Floats, end: Floats) -> Floats:
        """Points (n, 3) in voxels along a straight stroke between places in mm."""
        steps = np.linspace(0, 1, 60)[:, None]
        return (start + steps * (end - start)) / self.spacing

    def strokes(self) -> tuple[Floats, Floats]:
        """A stroke across the head, and one along the socket in the plane of the neck."""
        across = np.cross(NECK, [0.0, 1.0, 0.0])
        turn = np.linspace(-1.2, 1.2, 80)[:, None]
        arc = CENTRE + (HEAD_MM + 7.0) * (np.cos(turn) * ROOF + np.sin(turn) * across)
        return self.line(CENTRE - 12 * across, CENTRE + 12 * across), arc / self.spacing


def ball_in_socket(
    gap_mm: float, spacing: tuple[float, float, float], blur_mm: float = 0.5, noise: float = 25.0, seed: int = 0
) -> Phantom:
    """The hip with a joint space of ``gap_mm``, in voxels of ``spacing`` (z, y, x) mm, blurred, with noise in HU."""
    count = [round(size / step) for size, step in zip(SIZE_MM, spacing, strict=True)]
    place = np.moveaxis(np.indices(count), 0, -1) * np.array(spacing) - CENTRE
    depths = _femur(place), _socket(place, gap_mm)
    hu = np.full(count, SOFT)
    voxel = float(np.mean(spacing))
    for depth in depths:
        for value, deeper in ((CORTEX, 0.0), (SPONGE, PLATE_MM)):
            share = np.clip((depth - deeper) / voxel + 0.5, 0, 1)
            hu = hu * (1 - share) + value * share
    hu = ndimage.gaussian_filter(hu, [blur_mm / step for step in spacing])
    hu += np.random.default_rng(seed).normal(0, noise, count)
    return Phantom(hu, (depths[0] > 0, depths[1] > 0), _stuck(place, depths), spacing)


def _stuck(place: Floats, depths: tuple[Floats, Floats]) -> tuple[Mask, Mask]:
    """All that lies near both bones filled, and cut by a plane through the head instead of along the joint space."""
    union = np.maximum(*depths) > 0
    union |= np.minimum(*depths) > -3.5
    socket = union & (place @ ROOF > 16.0)
    return union & ~socket, socket


def _femur(place: Floats) -> Floats:
    """Depth in mm below the surface of head and neck, negative outside."""
    head = HEAD_MM - np.linalg.norm(place, axis=-1)
    along = place @ NECK
    neck = np.minimum(12.0 - np.linalg.norm(place - along[..., None] * NECK, axis=-1), along)
    return np.maximum(head, neck)


def _socket(place: Floats, gap_mm: float) -> Floats:
    """Depth in mm below the surface of a block with a round hollow that holds half of the head."""
    radius = np.linalg.norm(place, axis=-1)
    return np.minimum(np.minimum(radius - HEAD_MM - gap_mm, HEAD_MM + 14.0 - radius), place @ ROOF - 2.0)
