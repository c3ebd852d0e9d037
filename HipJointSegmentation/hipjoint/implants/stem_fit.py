"""How a stem at a pose lies in the canal, which size fits, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hipjoint.implants.canal import Canal, Shaft
from hipjoint.implants.pose import placed, pose_of
from hipjoint.implants.stem import STEMS, Stem, body_points
from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import Frame, square_to
from hipjoint.measure.landmarks import Landmark
from hipjoint.measure.measure import Unmeasurable
from hipjoint.measure.shaft import up_of

# A stem lies inside if no more than this share of its surface is more than this far, in mm, in the cortex.
INSIDE_MM, INSIDE_SHARE = 0.5, 0.02


@dataclass(frozen=True)
class StemFit:
    """``outside``: share of the body's surface in cortex; ``deepest``: mm; ``fill``: width of stem over canal.

    ``fill`` is the mean over the lower half of the stem, None where the canal's width is not known there.
    """

    outside: float
    deepest: float
    fill: float | None

    @property
    def inside(self) -> bool:
        """Whether the body lies in the canal."""
        return self.outside <= INSIDE_SHARE


@dataclass(frozen=True)
class Change:
    """What implants change against the native hip in mm: positive is a longer leg, a larger offset."""

    leg_length: float
    offset: float


def stem_pose(stem: Stem, shaft: Shaft, head: Floats) -> Floats:
    """Along the shaft's axis, turned to the native head, with the stem's head as high as that head (3,) in LPS mm."""
    height = (head - shaft.middle) @ shaft.up - stem.head[2]
    return pose_of(shaft.middle + height * shaft.up, shaft.medial, shaft.up)


def stem_fit(stem: Stem, pose: Floats, canal: Canal) -> StemFit:
    """How the body of a stem at a ``pose`` (4, 4) lies in a canal.

    Raises ``Unmeasurable`` if the stem goes farther down than the canal is known.
    """
    points, shares = body_points(stem)
    beyond = canal.beyond(placed(points, pose))
    if np.isnan(beyond).any():
        raise Unmeasurable(
            f"The scan shows the canal {-canal.heights[0]:.0f} mm below the lesser trochanter: a stem of size "
            f"{stem.size} goes farther down."
        )
    outside = float(shares[beyond > INSIDE_MM].sum())
    return StemFit(outside, float(max(0.0, beyond.max())), _fill(stem, pose, canal))


def _fill(stem: Stem, pose: Floats, canal: Canal) -> float | None:
    levels = np.linspace(-0.95, -0.5, 10) * stem.length
    medial, lateral, _ = stem.extents(levels)
    top = float((pose[:3, 3] - canal.middle) @ canal.up)
    widths = np.array([canal.width(top + level) for level in levels])
    return float(((medial + lateral) / widths).mean()) if np.isfinite(widths).all() else None


def size_stem(canal: Canal, head: Floats) -> tuple[Stem, str]:
    """The largest stem that lies inside when placed by ``stem_pose``, and why it is doubtful, if it is.

    Larger ones that go farther down than the canal is known were not judged. Raises ``Unmeasurable`` if none fits.
    """
    reason = ""
    for stem in reversed(STEMS):
        try:
            fit = stem_fit(stem, stem_pose(stem, canal, head), canal)
        except Unmeasurable as problem:
            reason = str(problem)
            continue
        if fit.inside:
            return stem, reason and f"{reason} It may fit."
        # What is too wide does not become narrower by being longer.
        reason = ""
    raise Unmeasurable(reason or "The canal is too narrow, or too bent, for the smallest stem.")


def change(stem: Stem, pose: Floats, head: Landmark, axis: Landmark, cup_centre: Floats, frame: Frame) -> Change:
    """What stem and cup change: the stem against the native ``head`` and shaft ``axis``, the cup in the ``frame``.

    Leg length: how much higher the stem's head stands along the shaft, less how much higher the cup's centre lies than
    the native head's. Offset: of the stem's head from the shaft's axis less that of the native head, and how much
    farther lateral the cup's centre lies.
    """
    side: Side = head.side
    up = up_of(axis)
    new = placed(stem.head[None], pose)[0]
    moved = cup_centre - head.point
    offsets = [np.linalg.norm(square_to(centre - axis.point, up)) for centre in (new, head.point)]
    return Change(
        float((new - head.point) @ up - moved @ frame.superior),
        float(offsets[0] - offsets[1] + moved @ frame.lateral(side)),
    )
