"""A straight stem that widens to its shoulder, with neck and head, in its own frame.

Its origin is where the neck's axis leaves the stem's; z points up along the stem, x to medial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.errors import InputError
from hipjoint.implants.pose import placed
from hipjoint.measure.boundary import Floats
from hipjoint.mesh.arrays import arrays, surface_of
from hipjoint.mesh.surface import surface_from_field

NECK_SHAFT_DEGREES = 135.0
HEAD_DIAMETER_MM = 32.0
_NECK_RADIUS_MM = 6.0
# Shares of the length from the tip: where the stem begins to widen; how much of that lies medial; the tip's taper.
_WIDENS_AT, _TO_MEDIAL, _TIP = 0.55, 0.75, 0.85
_CURVE = 1.5
_STEP_MM = 0.8


@dataclass(frozen=True)
class Stem:
    """Sizes in mm: ``distal`` diameter, ``width`` (medial to lateral) and ``depth`` at the shoulder, ``length``.

    ``neck`` is the length from the stem's axis to the centre of the head.
    """

    size: int
    distal: float
    width: float
    depth: float
    length: float
    neck: float

    @property
    def head(self) -> Floats:
        """The centre (3,) of the head in the stem's own frame."""
        lean = np.deg2rad(NECK_SHAFT_DEGREES - 90.0)
        return self.neck * np.array([np.cos(lean), 0.0, np.sin(lean)])

    def extents(self, height: Floats) -> tuple[Floats, Floats, Floats]:
        """How far (n,) in mm the body reaches to medial, to lateral and to front and back at a height (n,)."""
        share = np.clip(1 + np.asarray(height, dtype=float) / self.length, 0, 1)
        radius = self.distal / 2 * (_TIP + (1 - _TIP) * np.minimum(share / _WIDENS_AT, 1))
        wider = np.clip((share - _WIDENS_AT) / (1 - _WIDENS_AT), 0, 1) ** _CURVE
        more = (self.width - self.distal) * wider
        deeper = (self.depth - self.distal) / 2 * wider
        return radius + _TO_MEDIAL * more, radius + (1 - _TO_MEDIAL) * more, radius + deeper


STEMS: tuple[Stem, ...] = tuple(
    Stem(number, 7.0 + number, 20.0 + 1.5 * number, 11.0 + 0.8 * number, 112.0 + 4 * number, 49.0 + 1.7 * number)
    for number in range(1, 11)
)


def stem_of(size: int) -> Stem:
    """The stem of a size. Raises ``InputError`` for one that there is not."""
    found = next((stem for stem in STEMS if stem.size == size), None)
    if found is None:
        raise InputError(f"{size} is no size of a stem: choose one of {STEMS[0].size} to {STEMS[-1].size}.")
    return found


def body_points(stem: Stem, heights: int = 60, turns: int = 48) -> tuple[Floats, Floats]:
    """Points (n, 3) on the surface of a stem's body in its own frame, and how much (n,) of it each stands for."""
    level = -stem.length * (np.arange(heights) + 0.5) / heights
    turn = 2 * np.pi * np.arange(turns) / turns
    medial, lateral, front = (each[:, None] for each in stem.extents(level))
    x = np.where(np.cos(turn) > 0, medial, lateral) * np.cos(turn)
    y = front * np.sin(turn)
    points = np.stack([x, y, np.broadcast_to(level[:, None], x.shape)], axis=-1)
    shares = np.linalg.norm(np.roll(points, -1, axis=1) - points, axis=-1)
    return points.reshape(-1, 3), (shares / shares.sum()).ravel()


def depth_in_stem(stem: Stem, x: Floats, y: Floats, z: Floats) -> Floats:
    """About how deep in mm points of its own frame lie in a stem, its neck and its head.

    ``x``, ``y`` and ``z`` have any shapes that go together, such as the axes of a grid, which is much faster.
    """
    medial, lateral, front = stem.extents(z)
    wide = np.where(x > 0, medial, lateral)
    reach = np.maximum(np.sqrt((x / wide) ** 2 + (y / front) ** 2), 1e-6)
    across = np.hypot(x, y)
    body = np.where(reach < 1e-3, np.minimum(wide, front), across / reach - across)
    body = np.minimum(body, np.minimum(-z, z + stem.length))
    to_medial, _, up = stem.head
    share = np.clip((x * to_medial + z * up) / stem.neck**2, 0, 1)
    neck = _NECK_RADIUS_MM - np.sqrt((x - share * to_medial) ** 2 + (z - share * up) ** 2 + y**2)
    ball = HEAD_DIAMETER_MM / 2 - np.sqrt((x - to_medial) ** 2 + (z - up) ** 2 + y**2)
    return np.asarray(np.maximum(np.maximum(body, neck), ball))


def stem_surface(stem: Stem, pose: Floats) -> vtkPolyData:
    """The closed surface of a stem with neck and head in LPS mm."""
    low = np.array([-stem.width, -HEAD_DIAMETER_MM / 2, -stem.length]) - 3.0
    high = stem.head + HEAD_DIAMETER_MM / 2 + 3.0
    size = np.ceil((high - low) / _STEP_MM).astype(int) + 1
    x, y, z = (first + _STEP_MM * np.arange(n) for first, n in zip(low, size, strict=True))
    values = depth_in_stem(stem, x, y[:, None], z[:, None, None])
    field = sitk.GetImageFromArray(values.astype(np.float32))
    field.SetOrigin(low.tolist())
    field.SetSpacing((_STEP_MM,) * 3)
    points, triangles = arrays(surface_from_field(field))
    return surface_of(placed(points.astype(np.float64), pose), triangles)
