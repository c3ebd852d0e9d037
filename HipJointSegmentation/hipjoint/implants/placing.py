"""What a person does to implants: another size, other angles, another place; each gives a new implant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hipjoint.implants import stem_fit as fits
from hipjoint.implants.canal import Canal, shaft_of
from hipjoint.implants.cup import Cup
from hipjoint.implants.pose import cup_pose, placed
from hipjoint.implants.sizing import INCLINATION, VERSION, PlacedCup, PlacedStem, cup_frame
from hipjoint.implants.stem import Stem
from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.landmarks import ACETABULUM, HEAD
from hipjoint.measure.measure import Case, Unmeasurable

# A scene file keeps no more digits, in mm; the same on a lever of 100 mm for what turns.
_SAME_MM, _LEVER_MM = 0.005, 100.0


def new_cup(case: Case, side: Side, cup: Cup) -> PlacedCup:
    """A cup where one is proposed, whether its size fits or not. Raises ``Unmeasurable`` without an acetabulum."""
    sphere = case[ACETABULUM, side]
    if not sphere.found:
        raise Unmeasurable(sphere.reason)
    return PlacedCup(cup, cup_pose(sphere.point, INCLINATION, VERSION, cup_frame(case), side))


def new_stem(case: Case, side: Side, stem: Stem, canal: Canal | None, doubt: str = "") -> PlacedStem:
    """A stem where one is proposed, whether it fits or not; ``doubt`` says why the ``canal`` is not known.

    Raises ``Unmeasurable`` if a landmark of the shaft was not found.
    """
    shaft = shaft_of(case, side)
    return PlacedStem(stem, fits.stem_pose(stem, shaft, case[HEAD, side].point), canal, "" if canal else doubt)


def turned_cup(case: Case, side: Side, placed_cup: PlacedCup, inclination: float, version: float) -> PlacedCup:
    """The cup with other radiographic angles in degrees, in the frame of ``cup_frame``; its centre stays."""
    return replace(placed_cup, pose=cup_pose(placed_cup.pose[:3, 3], inclination, version, cup_frame(case), side))


def other_stem(placed_stem: PlacedStem, stem: Stem) -> PlacedStem:
    """Another size in the same direction and with its head as high along the stem."""
    pose = placed_stem.pose.copy()
    pose[:3, 3] += (placed_stem.stem.head - stem.head)[2] * pose[:3, 2]
    return PlacedStem(stem, pose, placed_stem.canal, "" if placed_stem.canal else placed_stem.doubt)


def same_place(one: Floats, other: Floats) -> bool:
    """Whether two poses (4, 4) are the same but for the digits of a file."""
    corners = _LEVER_MM * np.vstack([np.zeros(3), np.eye(3)])
    return bool(np.abs(placed(corners, one) - placed(corners, other)).max() <= _SAME_MM)


def head_of(placed_stem: PlacedStem) -> Floats:
    """The centre (3,) in LPS mm of the stem's head."""
    return np.asarray(placed(placed_stem.stem.head[None], placed_stem.pose)[0])
