"""Landmarks of the hip bone on a film, in the label image of one hip: teardrop, edge, joint space, foramen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.film_case import FORAMEN_HEIGHT, FORAMEN_WIDTH, RIM, SPACES, TEARDROP, Level
from hipjoint.measure.film_outline import Labels, Mask, along, outline, turned
from hipjoint.measure.landmarks import Landmark, LandmarkType, absent, placed
from hipjoint.measure.robust import tip
from hipjoint.tasks.clean import largest_piece

HEAD_LABELS, DROP, SPACE, BONE = (1, 2), 3, 4, 5
# The rays of the joint space: medial of the edge, of the apical ray; and how far to both sides a width is averaged.
_FROM_EDGE, _MEDIAL, _FAN = 5.0, 30.0, 2.0
_LATERALMOST = 110.0  # degrees from upwards: farther round lies no roof
_LEAST_FORAMEN = 0.1  # of the head's area


def find_teardrop(labels: Labels, side: Side, down: Floats, radius: float) -> Landmark:
    """The lowest point of the teardrop; ``radius`` is that of a head, in pixels."""
    points = outline(largest_piece(labels == DROP))
    if len(points) < 8:
        return absent(TEARDROP, side, "The film shows no teardrop on this side.")
    return placed(TEARDROP, side, tip(points, down, 0.15 * radius, 0.04 * radius))


def find_edge(labels: Labels, side: Side, head: Landmark, level: Level) -> Landmark:
    """The lateral edge of the acetabulum."""
    if not head.found:
        return absent(RIM, side, "Without the head the edge of the acetabulum cannot be told.")
    space, bone = outline(labels == SPACE), outline(labels == BONE)
    if len(space) < 8 or len(bone) < 8:
        return absent(RIM, side, "The film shows no joint space under a hip bone on this side.")
    roof = space[cKDTree(bone).query(space)[0] < 0.6]
    angles = angle_of(roof - head.point, level, side)
    roof, angles = roof[np.abs(angles) < _LATERALMOST], angles[np.abs(angles) < _LATERALMOST]
    if len(roof) < 4:
        return absent(RIM, side, "The film shows no roof of the acetabulum above the head.")
    return placed(RIM, side, roof[angles >= angles.max() - 0.4].mean(axis=0))


def angle_of(offsets: Floats, level: Level, side: Side) -> Floats:
    """Angles (n,) in degrees of vectors (n, 2) from upwards, positive to lateral."""
    return np.asarray(np.degrees(np.arctan2(offsets @ level.lateral(side), -(offsets @ level.down))))


def find_spaces(labels: Labels, side: Side, head: Landmark, edge: Landmark, level: Level) -> tuple[Landmark, ...]:
    """The joint space at three places, from the head to the hip bone."""
    places: Mapping[str, float | None] = {
        "lateral": _edge_angle(head, edge, level, side) if edge.found else None,
        "apical": 0.0 if head.found else None,
        "medial": -_MEDIAL if head.found else None,
    }
    return tuple(
        absent(kind, side, edge.reason) if angle is None else _space(labels, kind, head, angle, level)
        for kind, angle in ((SPACES[place], angle) for place, angle in places.items())
    )


def _edge_angle(head: Landmark, edge: Landmark, level: Level, side: Side) -> float:
    return float(angle_of(edge.points - head.point, level, side)[0]) - _FROM_EDGE


def _space(labels: Labels, kind: LandmarkType, head: Landmark, angle: float, level: Level) -> Landmark:
    side, up = head.side, -level.down
    steps = np.arange(0.6, 2.2, 0.1 / head.radius) * head.radius
    found = []
    for turn in np.arange(-_FAN, _FAN + 0.5, 0.5):
        way = turned(up, level.lateral(side), angle + turn)
        ray = along(labels, head.points, way, steps)[0]
        bone = np.flatnonzero(ray == BONE)
        if not bone.size:
            continue
        femur = np.flatnonzero(np.isin(ray[: bone[0]], HEAD_LABELS))
        if femur.size:
            found.append((steps[femur[-1]], steps[bone[0]] - 0.1))
    if len(found) < 3:
        return absent(kind, side, "No hip bone lies above the head here.")
    first, last = np.mean(found, axis=0)
    middle = turned(up, level.lateral(side), angle)
    doubt = "The hip bone touches the head here." if last - first < 0.02 * head.radius else ""
    return placed(kind, side, head.point + first * middle, head.point + last * middle, doubt=doubt)


def find_foramen(labels: Labels, side: Side, head: Landmark, drop: Landmark, level: Level) -> tuple[Landmark, Landmark]:
    """Width and height of the obturator foramen, the hole in the lower part of the hip bone."""
    reason = "The film shows no closed obturator foramen on this side."
    hole = _hole(labels, head, drop, level, side) if head.found and drop.found else None
    if hole is None:
        return absent(FORAMEN_WIDTH, side, reason), absent(FORAMEN_HEIGHT, side, reason)
    points = outline(hole)
    across, height = points @ level.left, points @ level.down
    ends = (across.min(), across.max()), (height.min(), height.max())
    middle = [sum(each) / 2 for each in ends]
    width = [x * level.left + middle[1] * level.down for x in ends[0]]
    tall = [middle[0] * level.left + y * level.down for y in ends[1]]
    return placed(FORAMEN_WIDTH, side, *width), placed(FORAMEN_HEIGHT, side, *tall)


def _hole(labels: Labels, head: Landmark, drop: Landmark, level: Level, side: Side) -> Mask | None:
    """The largest hole in a hip below and medial of its head, None if there is none."""
    pieces, _ = ndimage.label(np.pad(labels == 0, 1, constant_values=True))
    best, area = 0, _LEAST_FORAMEN * np.pi * head.radius**2
    counts = np.bincount(pieces.ravel())
    for number in range(2, len(counts)):  # the first is what lies round the hip
        if counts[number] <= area:
            continue
        middle = np.argwhere(pieces == number).mean(axis=0)[::-1] - 1
        below = (middle - drop.point) @ level.down > 0
        medial = (middle - head.point) @ level.lateral(side) < 0
        if below and medial:
            best, area = number, float(counts[number])
    return np.asarray(pieces[1:-1, 1:-1] == best) if best else None
