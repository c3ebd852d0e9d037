"""Masks of solids whose measures are known exactly: heads, necks, collapsed caps and lesions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import SimpleITK as sitk

Solid = Callable[[np.ndarray], np.ndarray]

CENTRE = np.array([-91.3, -12.4, 35.7])
RADIUS = 24.0
# Into the neck of a right hip, and up and forward where collapse is seen first.
NECK = np.array([-0.77, 0.12, -0.63]) / np.linalg.norm([-0.77, 0.12, -0.63])
CAP = np.array([-0.25, -0.45, 0.86]) / np.linalg.norm([-0.25, -0.45, 0.86])
ISO = (1.0, 1.0, 1.0)
CORONAL_SLICES = (0.9, 5.0, 0.9)
AXIAL_SLICES = (0.9, 0.9, 5.0)
TURNED = np.array(sitk.VersorTransform((0.3, -0.5, 0.2), 0.3).GetMatrix()).reshape(3, 3)


def at(x: float, y: float, z: float) -> np.ndarray:
    """A point that many mm left of, behind and above the centre."""
    return CENTRE + np.array([x, y, z])


def ball(radius: float = RADIUS, centre: np.ndarray = CENTRE) -> Solid:
    return lambda p: np.linalg.norm(p - centre, axis=-1) <= radius


def beneath(direction: np.ndarray, height: float, centre: np.ndarray = CENTRE) -> Solid:
    """The half-space on the near side of a plane ``height`` mm from the centre in ``direction``."""
    return lambda p: (p - centre) @ direction <= height


def tapered(start_mm: float, end_mm: float, radius: float, growth: float, centre: np.ndarray = CENTRE) -> Solid:
    """A neck: cylinder or cone round the neck's axis with ``radius`` at the centre, ``growth`` mm a mm."""

    def inside(p: np.ndarray) -> np.ndarray:
        along = (p - centre) @ NECK
        off = np.linalg.norm((p - centre) - along[..., None] * NECK, axis=-1)
        return (along >= start_mm) & (along <= end_mm) & (off <= radius + growth * along)

    return inside


def sector(low: float, high: float, plane: str, centre: np.ndarray = CENTRE, lateral: float = -1.0) -> Solid:
    """Between two half-planes through the centre; degrees from superior, to lateral or to anterior."""

    def inside(p: np.ndarray) -> np.ndarray:
        offset = p - centre
        towards = lateral * offset[..., 0] if plane == "coronal" else -offset[..., 1]
        angle = np.degrees(np.arctan2(towards, offset[..., 2]))
        return (angle >= low) & (angle <= high)

    return inside


def both(*solids: Solid) -> Solid:
    return lambda p: np.logical_and.reduce([solid(p) for solid in solids])


def either(*solids: Solid) -> Solid:
    return lambda p: np.logical_or.reduce([solid(p) for solid in solids])


def but(solid: Solid, hole: Solid) -> Solid:
    return lambda p: solid(p) & ~hole(p)


def head(cut_mm: float = 18.0, collapse_mm: float = 0.0, cap: np.ndarray = CAP) -> Solid:
    """A ball that is cut at the neck and, by ``collapse_mm``, at a cap."""
    return both(ball(), beneath(NECK, cut_mm), beneath(cap, RADIUS - collapse_mm))


def grid(
    spacing: tuple[float, float, float] = ISO,
    direction: np.ndarray | None = None,
    extent_mm: float = 70.0,
    middle: np.ndarray = CENTRE,
) -> sitk.Image:
    """An empty label map round ``middle`` (LPS mm) that lies a fraction of a voxel off it."""
    turned = np.eye(3) if direction is None else direction
    size = [int(np.ceil(extent_mm / step)) for step in spacing]
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetSpacing(spacing)
    image.SetDirection(turned.ravel().tolist())
    image.SetOrigin((middle + 0.21 - turned @ (np.array(spacing) * (np.array(size) - 1) / 2)).tolist())
    return image


def points(image: sitk.Image) -> np.ndarray:
    """LPS mm [z, y, x, 3] of the voxel centres."""
    size = image.GetSize()
    index = np.stack(np.meshgrid(*(np.arange(n) for n in size), indexing="ij"), axis=-1).transpose(2, 1, 0, 3)
    axes = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    return index @ axes.T + np.array(image.GetOrigin())


def mask(solid: Solid, image: sitk.Image) -> np.ndarray:
    return solid(points(image))


def label_map(image: sitk.Image, *painted: tuple[int, Solid]) -> sitk.Image:
    """The grid with label values painted in order."""
    places = points(image)
    values = np.zeros(places.shape[:3], np.uint8)
    for value, solid in painted:
        values[solid(places)] = value
    result = sitk.GetImageFromArray(values)
    result.CopyInformation(image)
    return result
