"""Outlines and rays in label images of films, in pixels (x, y)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.measure import find_contours

from hipjoint.measure.boundary import Floats

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8]


def outline(mask: Mask) -> Floats:
    """Points (n, 2) on the outline of a mask, half-way between pixels; none where the film's edge cuts it."""
    if not mask.any():
        return np.empty((0, 2))
    down, across = ndimage.find_objects(mask.astype(np.uint8))[0]
    corner = np.array([max(across.start - 1, 0), max(down.start - 1, 0)])
    part = mask[corner[1] : down.stop + 1, corner[0] : across.stop + 1]
    curves = find_contours(part.astype(np.float32), 0.5)
    return np.vstack(curves)[:, ::-1] + corner if curves else np.empty((0, 2))


def along(labels: Labels, starts: Floats, way: Floats, steps: Floats) -> Labels:
    """Labels (n, m) at ``steps`` (m,) pixels from ``starts`` (n, 2) along a unit vector (2,); 0 beyond the film."""
    places = starts[:, None] + steps[None, :, None] * way
    x, y = np.moveaxis(np.rint(places).astype(np.int64), -1, 0)
    inside = (x >= 0) & (y >= 0) & (x < labels.shape[1]) & (y < labels.shape[0])
    found = labels[np.where(inside, y, 0), np.where(inside, x, 0)]
    return np.where(inside, found, 0).astype(np.uint8)


def turned(way: Floats, towards: Floats, degrees: float) -> Floats:
    """A unit vector (2,) turned by ``degrees`` to another one that is square to it."""
    angle = np.radians(degrees)
    return np.asarray(np.cos(angle) * way + np.sin(angle) * towards)
