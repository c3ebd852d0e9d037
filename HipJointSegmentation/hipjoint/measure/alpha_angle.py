"""The alpha angle all round the neck: where the outline of the head leaves its sphere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.labels import Side
from hipjoint.measure.bone_shape import field_at
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import anterior_of, square_to, unit
from hipjoint.measure.head_sphere import Sphere

# The outline has left the sphere where it is this much outside: noise of a voxel must not end the head. It is looked
# for from where it is clearly outside, no farther than so many degrees, so that no bump of a head that is not quite
# round is taken for the neck; and along the slope between the two it is followed back to where it was on the sphere.
_OUT_MM, _CLEARLY_MM = 1.0, 3.0
_LARGEST_STEP, _LARGEST_STEP_BACK = 8.0, 5.0
# A sphere is certain to about half a millimetre: by how much alpha changes for so much more or less of it says how
# certain alpha is.
SPHERE_MM = 0.5
# Angles from the neck's axis, and how far out the outline is looked for, in radii.
_FROM, _TO, _STEP = 10.0, 130.0, 1.0
# So many steps without standing out are the head.
_STAYS = 12
_RAY_STEP_MM, _REACH = 0.4, 1.6
# Every half hour; as the outline is rough, it is looked at this many times as often and evened out over a quarter of an
# hour and two degrees (standard deviation).
CLOCK = np.arange(0.0, 12.0, 0.5)
_FINER, _EVEN_HOURS, _EVEN_DEGREES = 4, 0.25, 2.0


@dataclass(frozen=True)
class ClockFace:
    """Alpha in degrees (n,) at ``hours`` (n,): 12 is superior, 3 anterior on both sides; NaN where there is none.

    ``width`` (n,) is how many degrees lie between alpha with a sphere half a millimetre larger and smaller; infinite
    where the outline does not leave one of them.
    """

    hours: Floats
    alpha: Floats
    width: Floats

    def at(self, hour: float) -> float:
        """Alpha at an hour of ``CLOCK``."""
        return float(self.alpha[self._number(hour)])

    def width_at(self, hour: float) -> float:
        """How certain it is, at an hour of ``CLOCK``."""
        return float(self.width[self._number(hour)])

    def _number(self, hour: float) -> int:
        return int(np.argmin(np.abs((self.hours - hour + 6) % 12 - 6)))


def clock_directions(neck: Floats, up: Floats, side: Side, hours: Floats) -> Floats:
    """Unit vectors (n, 3) square to the neck's axis at hours of the clock-face.

    ``neck`` is the unit vector (3,) from the head's centre into the neck, ``up`` that of the shaft.
    """
    superior = unit(square_to(up, neck))
    anterior = anterior_of(-neck, superior, side)
    turn = np.deg2rad(hours * 30.0)[:, None]
    return np.asarray(np.cos(turn) * superior + np.sin(turn) * anterior)


def alpha_angles(field: sitk.Image, sphere: Sphere, neck: Floats, up: Floats, side: Side) -> ClockFace:
    """Alpha at every half hour in a femur whose ``field`` is positive inside."""
    step = 0.5 / _FINER
    directions = clock_directions(neck, up, side, np.arange(0.0, 12.0, step))
    angles = np.arange(_FROM, _TO, _STEP)
    turn = np.deg2rad(angles)[:, None]
    rays = np.cos(turn) * neck + np.sin(turn) * directions[:, None]
    excess = _outline(field, sphere, rays) - sphere.radius
    even = ndimage.gaussian_filter(excess, (_EVEN_HOURS / step, _EVEN_DEGREES / _STEP), mode=("wrap", "nearest"))
    rows = even[::_FINER]
    alpha = np.array([_leaves(row, angles) for row in rows])
    return ClockFace(CLOCK, alpha, np.array([_width(row, angles) for row in rows]))


def _outline(field: sitk.Image, sphere: Sphere, rays: Floats) -> Floats:
    """Distance (...) in mm from the centre to where the bone first ends along unit vectors (..., 3)."""
    distance = np.arange(0.5 * sphere.radius, _REACH * sphere.radius, _RAY_STEP_MM)
    values = field_at(field, sphere.centre + rays[..., None, :] * distance[:, None])
    outside = values <= 0
    first = np.where(outside.any(axis=-1), outside.argmax(axis=-1), len(distance) - 1)
    before = np.maximum(first - 1, 0)
    inner, outer = (np.take_along_axis(values, at[..., None], -1)[..., 0] for at in (before, first))
    share = np.divide(inner, inner - outer, out=np.zeros_like(inner), where=inner > outer)
    return np.asarray(distance[before] + np.clip(share, 0, 1) * _RAY_STEP_MM)


def _leaves(excess: Floats, angles: Floats) -> float:
    """The angle at which the outline leaves the sphere, coming from the head; NaN if it does not."""
    out = _comes_back(excess, angles, _OUT_MM)
    clearly = _comes_back(excess, angles, _CLEARLY_MM)
    if not np.isfinite(out) or not np.isfinite(clearly):
        return float("nan")
    back = np.clip((out - clearly) * _OUT_MM / (_CLEARLY_MM - _OUT_MM), 0, _LARGEST_STEP_BACK)
    return float(min(out, clearly + _LARGEST_STEP) + back)


def _width(excess: Floats, angles: Floats) -> float:
    """How many degrees larger alpha is with a sphere half a millimetre smaller than with one that much larger."""
    smaller, larger = (_leaves(excess + more, angles) for more in (SPHERE_MM, -SPHERE_MM))
    return smaller - larger if np.isfinite(smaller) and np.isfinite(larger) else float("inf")


def _comes_back(excess: Floats, angles: Floats, level: float) -> float:
    """Where, coming from the neck, the outline is no longer ``level`` mm outside, and stays so; NaN if it never was.

    What stands out of the head farther on, an osteophyte or a voxel, is not the neck.
    """
    over = excess >= level
    first = next((at for at in range(len(over)) if not over[at : at + _STAYS].any()), 0)
    if first == 0:
        return float("nan")
    high, low = excess[first - 1], excess[first]
    return float(angles[first - 1] + (high - level) / (high - low) * (angles[first] - angles[first - 1]))
