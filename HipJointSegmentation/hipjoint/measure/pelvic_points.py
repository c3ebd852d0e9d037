"""The points of the pelvis that make its frame: spines and pubic tubercles, and the lowest points of the ischia."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.bone_shape import Bone
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import TABLE, Frame, angle_between, pelvic_frame
from hipjoint.measure.landmarks import ASIS, ISCHIUM, PUBIC_TUBERCLE, SIDES, Landmark, absent, placed
from hipjoint.measure.robust import tip

# In head radii from the centre of the hip: the iliac wing begins this far above, and spines lie this far above at
# least; the pubic bone is this far above at most, and this far from the middle of the patient at most.
_WING, _LEAST_SPINE, _PUBIS, _MEDIAL = 1.6, 2.2, 0.7, 2.0
_NEAR_CUT_MM = 6.0
# Spines, tubercles and ischia are blunt: where they reach farthest is taken from so wide and so deep a cap, in mm.
_CAP = (12.0, 2.5)
_ROUNDS, _SETTLED_DEGREES = 20, 0.02


@dataclass(frozen=True)
class Hip:
    """A hip bone with the centre (3,) of its joint in LPS mm and the radius of the head in mm, which gives the size."""

    bone: Bone
    centre: Floats
    radius: float


def find_pelvic_points(hips: Mapping[Side, Hip], reasons: Mapping[Side, str]) -> list[Landmark]:
    """Spines, pubic tubercles and ischia of both sides; ``reasons`` say why a hip is not in ``hips``.

    The plane of the pelvis is the one that touches it from the front: points that lie farthest to the front make a
    plane, its normal is the new front, until nothing changes. So it does not matter how the patient lies.
    """
    if len(hips) < 2:
        return [each for side in SIDES for each in _without_plane(side, hips, reasons)]
    frame, places = _settled(hips)
    found = []
    for side in SIDES:
        spine, pubis = places[side]
        found.append(_checked_spine(hips[side], side, spine, frame))
        found.append(_checked_pubis(hips[side], side, pubis))
    sound = all(each.found for each in found)
    return [*found, *(_lowest(hips[side], side, frame if sound else TABLE) for side in SIDES)]


def _without_plane(side: Side, hips: Mapping[Side, Hip], reasons: Mapping[Side, str]) -> list[Landmark]:
    """What can be said of a side where one of the hips is missing."""
    if side not in hips:
        return [absent(kind, side, reasons[side]) for kind in (ASIS, PUBIC_TUBERCLE, ISCHIUM)]
    other = next(each for each in SIDES if each not in hips)
    reason = f"The plane of the pelvis needs both hips: {reasons[other]}"
    return [*(absent(kind, side, reason) for kind in (ASIS, PUBIC_TUBERCLE)), _lowest(hips[side], side, TABLE)]


Places = dict[Side, tuple[Floats, Floats]]


def _settled(hips: Mapping[Side, Hip]) -> tuple[Frame, Places]:
    frame = TABLE
    for _ in range(_ROUNDS):
        places = {side: _front_points(hips, side, frame) for side in SIDES}
        (spine_right, pubis_right), (spine_left, pubis_left) = places["right"], places["left"]
        new = pelvic_frame(spine_right, spine_left, pubis_right, pubis_left)
        turned = max(angle_between(new.anterior, frame.anterior), angle_between(new.left, frame.left))
        frame = new
        if turned < _SETTLED_DEGREES:
            break
    return frame, places


def _front_points(hips: Mapping[Side, Hip], side: Side, frame: Frame) -> tuple[Floats, Floats]:
    """Where the iliac wing and the pubic bone of a side reach farthest to the front."""
    hip = hips[side]
    points = hip.bone.coarse.points
    middle = (hips["right"].centre + hips["left"].centre) / 2
    above = (points - hip.centre) @ frame.superior / hip.radius
    medial = np.abs((points - middle) @ frame.left) / hip.radius
    wing, pubis = above > _WING, (above < _PUBIS) & (medial < _MEDIAL)
    # A bone that is cut off has no points there: whatever there is will be refused afterwards.
    return tuple(tip(points[part] if part.any() else points, frame.anterior, *_CAP) for part in (wing, pubis))  # type: ignore[return-value]


def _checked_spine(hip: Hip, side: Side, place: Floats, frame: Frame) -> Landmark:
    reason = f"The scan does not show the {side} anterior superior iliac spine."
    if (place - hip.centre) @ frame.superior < _LEAST_SPINE * hip.radius:
        return absent(ASIS, side, reason)
    if hip.bone.to_cut(place[None])[0] < _NEAR_CUT_MM:
        return absent(ASIS, side, reason)
    return placed(ASIS, side, place)


def _checked_pubis(hip: Hip, side: Side, place: Floats) -> Landmark:
    far = np.linalg.norm(place - hip.centre) / hip.radius
    if hip.bone.to_cut(place[None])[0] < _NEAR_CUT_MM or not 1.5 < far < 6.0:
        return absent(PUBIC_TUBERCLE, side, f"The scan does not show the {side} pubic tubercle.")
    return placed(PUBIC_TUBERCLE, side, place)


def _lowest(hip: Hip, side: Side, frame: Frame) -> Landmark:
    """The lowest point along the frame; doubtful along the table, as the pelvis may lie obliquely."""
    place = tip(hip.bone.coarse.points, -frame.superior, *_CAP)
    if hip.bone.to_cut(place[None])[0] < _NEAR_CUT_MM or (hip.centre - place) @ frame.superior < hip.radius:
        return absent(ISCHIUM, side, f"The scan does not show the lowest point of the {side} ischium.")
    doubt = "Without the plane of the pelvis, lowest is meant along the table." if frame is TABLE else ""
    return placed(ISCHIUM, side, place, doubt=doubt)
