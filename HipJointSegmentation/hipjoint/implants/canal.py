"""The medullary canal all round the shaft's axis: how far, in each direction and height, it is to the cortex."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from hipjoint.labels import Side
from hipjoint.measure.bone_shape import COARSE_MM, Bone, field_at
from hipjoint.measure.boundary import Floats
from hipjoint.measure.canal import canal_borders
from hipjoint.measure.frames import square_to, unit
from hipjoint.measure.landmarks import HEAD, LESSER_TROCHANTER, SHAFT_AXIS, LandmarkType
from hipjoint.measure.measure import Case, Unmeasurable
from hipjoint.measure.shaft import up_of

NEEDS: tuple[LandmarkType, ...] = (HEAD, SHAFT_AXIS, LESSER_TROCHANTER)
# Heights in mm from the lesser trochanter's tip, and directions.
_LOWEST, _HIGHEST, _STEP_MM, _TURNS = -150.0, 40.0, 2.5, 36
# Below this height cortex lies all round; above, the canal opens into spongy bone, where a ray may meet none.
_METAPHYSIS_MM = -10.0
_MOST_MISSING = 0.2
# No cortex is thinner; how far from the axis the bone's surface is looked for, in mm.
_THIN_MM, _REACH_MM = 1.0, 60.0


@dataclass(frozen=True)
class Shaft:
    """``middle`` (3,) in LPS mm lies on the shaft's axis at the height of the tip of the lesser trochanter.

    ``up`` and ``medial`` are unit vectors (3,).
    """

    middle: Floats
    up: Floats
    medial: Floats


@dataclass(frozen=True)
class Canal(Shaft):
    """``radii`` (n, m) in mm from the shaft's axis to the cortex at ``heights`` (n,) and even turns from medial.

    Height 0 is that of ``middle``. Where no cortex was met the radius is infinite.
    """

    heights: Floats
    radii: Floats

    @property
    def across(self) -> Floats:
        """The unit vector (3,) that makes a right-handed frame of ``medial``, it and ``up``."""
        return np.cross(self.up, self.medial)

    def beyond(self, points: Floats) -> Floats:
        """How far (n,) in mm points (n, 3) in LPS mm lie outside the canal, negative inside; NaN below what is known.

        What lies above the canal is not in it and not in cortex either: it counts as inside.
        """
        offset = points - self.middle
        height = offset @ self.up
        x, y = offset @ self.medial, offset @ self.across
        turn = np.arctan2(y, x) / (2 * np.pi) * self.radii.shape[1] % self.radii.shape[1]
        level = (height - self.heights[0]) / (self.heights[1] - self.heights[0])
        wrapped = np.concatenate([self.radii, self.radii[:, :1]], axis=1)
        # Infinity cannot be interpolated; a radius that no stem has can.
        radius = ndimage.map_coordinates(np.minimum(wrapped, 1e3), [level, turn], order=1, mode="nearest")
        found = np.hypot(x, y) - radius
        found[height > self.heights[-1]] = -np.inf
        found[level < -0.5] = np.nan
        return np.asarray(found)

    def width(self, height: float) -> float:
        """From medial to lateral at a height, infinite where one of them is not known."""
        row = self.radii[int(np.argmin(np.abs(self.heights - height)))]
        return float(row[0] + row[len(row) // 2])


def shaft_of(case: Case, side: Side) -> Shaft:
    """The shaft of a femur by its landmarks. Raises ``Unmeasurable`` with the reason if one of them was not found."""
    missing = [case[kind, side] for kind in NEEDS if not case[kind, side].found]
    if missing:
        raise Unmeasurable(" ".join(dict.fromkeys(each.reason for each in missing)))
    axis = case[SHAFT_AXIS, side]
    up = up_of(axis)
    middle = axis.point + ((case[LESSER_TROCHANTER, side].point - axis.point) @ up) * up
    return Shaft(middle, up, unit(square_to(case[HEAD, side].point - axis.point, up)))


def canal_of(case: Case, side: Side) -> Canal:
    """The canal of a femur as far as the scan shows it. Raises ``Unmeasurable`` with the reason if it does not."""
    shaft, scan = shaft_of(case, side), case.scan()
    middle, up, medial = shaft.middle, shaft.up, shaft.medial
    heights = np.arange(_LOWEST, _HIGHEST + 1, _STEP_MM)
    turn = 2 * np.pi * np.arange(_TURNS)[:, None] / _TURNS
    directions = np.cos(turn) * medial + np.sin(turn) * np.cross(up, medial)
    centres = middle + heights[:, None] * up
    radii = np.array([canal_borders(scan, centre, directions, up) for centre in centres])
    first = _lowest_whole(heights, radii)
    radii = np.minimum(_bridged(heights, radii), _to_surface(case.bones().femur(side), centres, directions))
    return Canal(middle, up, medial, heights[first:], radii[first:])


def _to_surface(bone: Bone | None, centres: Floats, directions: Floats) -> Floats:
    """How far (n, m) in mm it is from each centre to a thin cortex under the bone's surface; infinite without bone."""
    if bone is None:
        return np.full((len(centres), len(directions)), np.inf)
    distance = np.arange(0.0, _REACH_MM, COARSE_MM / 2)
    points = centres[:, None, None] + directions[:, None] * distance[:, None]
    outside = field_at(bone.field(COARSE_MM), points) <= 0
    first = np.where(outside.any(axis=2), distance[outside.argmax(axis=2)], np.inf)
    return np.asarray(np.maximum(first - _THIN_MM, 0.0))


def _lowest_whole(heights: Floats, radii: Floats) -> int:
    """The number of the lowest section from which on the cortex is seen all round up to the metaphysis."""
    whole = np.isnan(radii).mean(axis=1) <= _MOST_MISSING
    shaft = int(np.count_nonzero(heights <= _METAPHYSIS_MM))
    first = shaft - int(np.argmin(np.r_[whole[:shaft][::-1], False]))
    if shaft - first < 2:
        raise Unmeasurable("The scan does not show the canal of the femur and its cortex below the lesser trochanter.")
    return first


def _bridged(heights: Floats, radii: Floats) -> Floats:
    """Single rays that met no cortex get their neighbours' radius; above the shaft they meet none."""
    known = np.where(np.isnan(radii), np.inf, radii)
    for row in np.flatnonzero(heights <= _METAPHYSIS_MM):
        gaps = ~np.isfinite(known[row])
        if gaps.any() and not gaps.all():
            there = np.flatnonzero(~gaps)
            known[row, gaps] = np.interp(np.flatnonzero(gaps), there, known[row, there], period=len(gaps))
    return known
