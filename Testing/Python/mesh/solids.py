"""Fields of solids whose size and shape are known exactly, on grids that lie in space in any way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import SimpleITK as sitk
import trimesh
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.mesh.arrays import arrays

Distance = Callable[[np.ndarray], np.ndarray]

OBLIQUE = np.array(sitk.VersorTransform((0.3, -0.5, 0.2), 0.6).GetMatrix()).reshape(3, 3)
FLIPPED = np.diag([-1.0, -1.0, 1.0])
MIRRORED = np.diag([1.0, -1.0, 1.0])


def sphere(centre: tuple[float, float, float], radius: float) -> Distance:
    """Distance (mm, positive inside) of points (..., 3) from a sphere."""
    return lambda points: radius - np.linalg.norm(points - np.array(centre), axis=-1)


def torus(centre: tuple[float, float, float], large: float, small: float) -> Distance:
    """Distance from a ring in the plane across z."""

    def distance(points: np.ndarray) -> np.ndarray:
        offset = points - np.array(centre)
        return small - np.hypot(np.linalg.norm(offset[..., :2], axis=-1) - large, offset[..., 2])

    return distance


def box(low: float, high: float) -> Distance:
    """Distance from the nearest side of a cube from ``low`` to ``high`` on each axis."""
    return lambda points: np.minimum(points - low, high - points).min(axis=-1)


def field(
    distance: Distance,
    size: tuple[int, int, int] = (44, 44, 44),
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    direction: np.ndarray | None = None,
    middle: tuple[float, float, float] = (12.3, -45.6, 78.9),
) -> sitk.Image:
    """A solid's field, clipped as a task's fields are, on a grid round the point ``middle`` (LPS mm)."""
    turned = np.eye(3) if direction is None else direction
    axes = turned * spacing
    index = np.stack(np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in size), indexing="ij"), axis=-1)
    values = np.clip(distance(index @ axes.T + middle) / 3, -1, 1)
    image = sitk.GetImageFromArray(values.transpose(2, 1, 0).astype(np.float32))
    image.SetSpacing(spacing)
    image.SetDirection(turned.ravel().tolist())
    image.SetOrigin((np.array(middle) - axes @ ((np.array(size) - 1) / 2)).tolist())
    return image


def judged(surface: vtkPolyData) -> trimesh.Trimesh:
    """The surface as trimesh sees it, none of its points merged or moved."""
    points, triangles = arrays(surface)
    return trimesh.Trimesh(points, triangles, process=False)
