"""How far the acetabular rim covers the head: lateral centre-edge angle and acetabular sector angles."""

from __future__ import annotations

from math import atan2, degrees

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import Frame


def crossings(rim: Floats, through: Floats, normal: Floats) -> Floats:
    """Where (k, 3) a closed curve (n, 3) crosses the plane through a point with a unit normal."""
    height = (rim - through) @ normal
    beyond = np.roll(height, -1)
    here = np.flatnonzero((height > 0) != (beyond > 0))
    share = (height[here] / (height[here] - beyond[here]))[:, None]
    return np.asarray(rim[here] * (1 - share) + np.roll(rim, -1, axis=0)[here] * share)


def lateral_centre_edge(rim: Floats, centre: Floats, frame: Frame, side: Side) -> float | None:
    """Degrees, in the coronal plane of ``frame`` through the head's centre, from superior to the lateral edge.

    Positive if the edge is lateral of the centre; None if the rim does not cross that plane above the centre.
    """
    edges = frame.parts(crossings(rim, centre, frame.anterior) - centre, side)
    if not len(edges) or edges[:, 2].max() <= 0:
        return None
    lateral, _, superior = edges[int(np.argmax(edges[:, 2]))]
    return degrees(atan2(lateral, superior))


def sector_angles(rim: Floats, centre: Floats, other: Floats, frame: Frame, side: Side) -> tuple[float, float] | None:
    """Degrees between the line to the ``other`` head's centre and the anterior, then the posterior edge.

    In the transverse plane of ``frame`` through the head's centre; None if the rim does not cross it on both sides.
    """
    edges = frame.parts(crossings(rim, centre, frame.superior) - centre, side)
    line = frame.parts(other - centre, side)
    if len(edges) < 2 or edges[:, 1].max() <= edges[:, 1].min():
        return None
    towards = atan2(line[1], -line[0])
    angles = []
    for number, sign in ((int(np.argmax(edges[:, 1])), 1.0), (int(np.argmin(edges[:, 1])), -1.0)):
        lateral, anterior, _ = edges[number]
        turn = degrees(sign * (atan2(anterior, -lateral) - towards))
        angles.append(turn % 360.0)
    return angles[0], angles[1]
