"""Landmarks of the femur on a film, in the label image of one hip: head, neck, shaft, lesser trochanter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.film_case import HEAD, LESSER_TROCHANTER, NECK_CENTRE, SHAFT_AXIS, Level
from hipjoint.measure.film_outline import Labels, Mask, along, outline, turned
from hipjoint.measure.frames import unit
from hipjoint.measure.landmarks import Landmark, absent, placed
from hipjoint.measure.robust import fit_circle, fit_line
from hipjoint.tasks.clean import largest_piece

FEMUR, SPACE = (1, 2), 4
# All lengths in head radii.
_RINGS = (0.25, 0.1, 0.06)  # from the circle so far, in which the outline's points are fitted
_TOUCHES = 0.6  # pixels between the outlines of two labels that border on one another
_LEAST_ARC = 0.35  # of the full circle
_ROUGHEST = 0.04
# From the head's centre; degrees from lateral to the feet that a neck may have, and by how many its middle may lie off.
_NECK, _NECK_ANGLES, _ASTRAY, _AS_NARROW = (1.0, 1.6), np.arange(20.0, 70.5, 0.5), 1.5, 0.03
_SHAFT, _SHAFT_LENGTH = 3.2, 4.0
_LEAST_SHAFT, _SHORT_SHAFT, _BELOW_TIP = 0.35, 1.0, 0.8
_TROCHANTER, _CHORD, _STEP = (1.5, 3.6), 0.5, 0.02
_LEAST_TIP, _CAP = 0.03, 0.85
_SHORT = "The film shows little of the shaft below the lesser trochanter."


def femur_mask(labels: Labels) -> Mask:
    """The femur of one hip: the largest piece of L1 and L2."""
    return largest_piece(np.isin(labels, FEMUR))


def _fine(radius: float) -> float:
    """The step in pixels at which edges are looked for: a tenth of a pixel, on large films a 200th of the radius."""
    return max(0.1, radius / 200)


def find_head(labels: Labels, side: Side, level: Level) -> Landmark:
    """The head's circle."""
    femur = femur_mask(labels)
    points = outline(femur)
    if len(points) < 20:
        return absent(HEAD, side, "The film shows no femur on this side.")
    centre, radius = _at_space(points, labels) or _inscribed(femur, -level.lateral(side) - level.down)
    for ring in _RINGS:
        near = np.abs(np.linalg.norm(points - centre, axis=1) - radius) < ring * radius
        if np.count_nonzero(near) < 20:
            return absent(HEAD, side, "The outline shows no round head.")
        centre, radius = fit_circle(points[near], 0.01 * radius)
    away = np.linalg.norm(points - centre, axis=1) - radius
    on_it = np.abs(away) < _RINGS[-1] * radius
    residual = float(np.sqrt(np.mean(away[on_it] ** 2)))
    doubt = ""
    if _arc(points[on_it] - centre) < _LEAST_ARC or residual > _ROUGHEST * radius:
        doubt = "Little of the head's outline is round."
    return placed(HEAD, side, centre, doubt=doubt, radius=radius, residual=residual)


def _at_space(points: Floats, labels: Labels) -> tuple[Floats, float] | None:
    """Centre and radius of the circle through the part of the outline (n, 2) that borders on the joint space.

    None where there is little of that.
    """
    space = outline(labels == SPACE)
    if not len(space):
        return None
    facing = points[cKDTree(space).query(points)[0] < _TOUCHES]
    if len(facing) < 12:
        return None
    middle = facing.mean(axis=0)
    offset = facing - middle
    # The algebraic circle (Kasa 1976), which is good enough to begin with.
    terms = np.column_stack([2 * offset, np.ones(len(offset))])
    x, y, rest = np.linalg.lstsq(terms, (offset**2).sum(axis=1), rcond=None)[0]
    radius = float(np.sqrt(max(rest + x * x + y * y, 0.0)))
    extent = float(np.linalg.norm(np.ptp(facing, axis=0)))
    return (middle + np.array([x, y]), radius) if radius <= extent else None


def _inscribed(femur: Mask, medial_up: Floats) -> tuple[Floats, float]:
    """Centre and radius of that of the largest circles in the femur which lies most to medial and up."""
    depth = ndimage.distance_transform_edt(femur)
    pieces, count = ndimage.label(depth >= 0.75 * depth.max())
    centres = np.array(ndimage.maximum_position(depth, pieces, range(1, count + 1)))[:, ::-1]
    best = int(np.argmax(centres @ medial_up))
    return centres[best].astype(np.float64), float(ndimage.maximum(depth, pieces, best + 1))


def _arc(offsets: Floats) -> float:
    """The share of the full circle over which points (n, 2) round its centre are spread."""
    bins = np.floor(np.degrees(np.arctan2(offsets[:, 1], offsets[:, 0])) / 10).astype(int)
    return len(np.unique(bins)) / 36


def find_shaft(femur: Mask, side: Side, head: Landmark, level: Level, start: float = _SHAFT) -> Landmark:
    """The axis of the shaft from ``start`` head radii below the head on; its first point is the upper one."""
    if not head.found:
        return absent(SHAFT_AXIS, side, "Without the head it is not known where the shaft begins.")
    radius = head.radius
    heights = np.arange(start, start + _SHAFT_LENGTH, _STEP) * radius
    lateral, down = level.lateral(side), level.down
    steps = np.arange(-3 * radius, 4 * radius, _fine(radius))
    starts = head.point + heights[:, None] * down
    inside = along(femur.view(np.uint8), starts, lateral, steps) > 0
    whole = inside.any(axis=1) & ~inside[:, 0] & ~inside[:, -1] & _on_film(starts, inside, steps, lateral, femur.shape)
    if np.count_nonzero(whole) * _STEP < _LEAST_SHAFT:
        return absent(SHAFT_AXIS, side, "The film ends too near to the lesser trochanter to show the shaft's axis.")
    first, last = inside.argmax(axis=1), inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    middles = starts + ((steps[first] + steps[last]) / 2)[:, None] * lateral
    point, way = fit_line(middles[whole], 0.01 * radius)
    way = way if way @ down > 0 else -way
    ends = [point + ((starts[whole][at] - point) @ way) * way for at in (0, -1)]
    short = np.count_nonzero(whole) * _STEP < _SHORT_SHAFT
    return placed(SHAFT_AXIS, side, *(np.asarray(end) for end in ends), doubt=_SHORT if short else "")


def shaft_and_trochanter(femur: Mask, side: Side, head: Landmark, level: Level) -> tuple[Landmark, Landmark]:
    """The axis of the shaft, begun below the lesser trochanter where the film reaches so far, and the tip of that."""
    shaft = find_shaft(femur, side, head, level)
    tip = find_lesser_trochanter(femur, side, head, shaft)
    if not tip.found:
        return shaft, tip
    below = float((tip.point - head.point) @ level.down) / head.radius + _BELOW_TIP
    if below <= _SHAFT:
        return shaft, tip
    lower = find_shaft(femur, side, head, level, below)
    if not lower.found:
        return replace(shaft, quality="doubtful", reason=_SHORT), tip
    return lower, find_lesser_trochanter(femur, side, head, lower)


def _on_film(starts: Floats, inside: Mask, steps: Floats, lateral: Floats, shape: tuple[int, ...]) -> Mask:
    """Whether both walls of a section lie within the film and not at its edge."""
    columns = shape[1]
    ends = [inside.argmax(axis=1), inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)]
    x = np.stack([(starts + steps[end][:, None] * lateral)[:, 0] for end in ends])
    return np.asarray(((x > 0.5) & (x < columns - 1.5)).all(axis=0))


def find_neck(femur: Mask, side: Side, head: Landmark, level: Level) -> Landmark:
    """The middle of the narrowest section of the neck."""
    if not head.found:
        return absent(NECK_CENTRE, side, "Without the head the neck cannot be found.")
    found = []
    for angle in _NECK_ANGLES:
        way = turned(level.lateral(side), level.down, angle)
        section = _narrowest(femur, head, way)
        if section is not None and _turn(way, section[0] - head.point) <= _ASTRAY:
            found.append(section)
    if not found:
        return absent(NECK_CENTRE, side, "The neck cannot be told from the greater trochanter (it is foreshortened).")
    narrowest = min(width for _, width in found)
    middles = [middle for middle, width in found if width <= narrowest + _AS_NARROW * head.radius]
    return placed(NECK_CENTRE, side, np.mean(middles, axis=0))


def _turn(way: Floats, other: Floats) -> float:
    """The angle in degrees between a unit vector (2,) and another vector."""
    return float(np.degrees(np.arccos(np.clip(way @ unit(other), -1, 1))))


def _narrowest(femur: Mask, head: Landmark, way: Floats) -> tuple[Floats, float] | None:
    """Middle and width of the narrowest section of the femur square to a line from the head's centre, None if none."""
    radius = head.radius
    square = np.array([-way[1], way[0]])
    starts = head.point + np.arange(*_NECK, _STEP)[:, None] * radius * way
    reach = np.arange(0, 2 * radius, _fine(radius))
    up, low = (along(femur.view(np.uint8), starts, sign * square, reach) == 0 for sign in (1, -1))
    ends = up.any(axis=1) & low.any(axis=1) & ~up[:, 0]
    if not ends.any():
        return None
    a, b = reach[up.argmax(axis=1)], reach[low.argmax(axis=1)]
    width = np.where(ends, a + b, np.inf)
    near = width <= width.min() + _AS_NARROW * radius
    return (starts + ((a - b) / 2)[:, None] * square)[near].mean(axis=0), float(width.min())


def find_lesser_trochanter(femur: Mask, side: Side, head: Landmark, shaft: Landmark) -> Landmark:
    """The tip of the lesser trochanter."""
    if not shaft.found:
        return absent(LESSER_TROCHANTER, side, shaft.reason)
    radius, down = head.radius, unit(shaft.points[1] - shaft.points[0])
    medial = np.array([-down[1], down[0]])
    medial = medial if medial @ (head.point - shaft.point) > 0 else -medial
    foot = shaft.point + ((head.point - shaft.point) @ down) * down
    heights = np.arange(_TROCHANTER[0] - _CHORD, _TROCHANTER[1] + _CHORD, _STEP) * radius
    reach = np.arange(0, 4 * radius, _fine(radius))
    outside = along(femur.view(np.uint8), foot + heights[:, None] * down, medial, reach) == 0
    width = ndimage.gaussian_filter1d(reach[outside.argmax(axis=1)], 0.04 / _STEP)
    chord = round(_CHORD / _STEP)
    stands_out = width[chord:-chord] - (width[: -2 * chord] + width[2 * chord :]) / 2
    stands_out = np.where(outside[chord:-chord].any(axis=1), stands_out, -np.inf)
    top = float(stands_out.max())
    if top < _LEAST_TIP * radius:
        return absent(LESSER_TROCHANTER, side, "The lesser trochanter does not stand out (the leg is turned inwards).")
    cap = _cap(stands_out, _CAP * top)
    height = float(np.average(heights[chord:-chord][cap], weights=stands_out[cap]))
    out = float(np.interp(height, heights, width))
    return placed(LESSER_TROCHANTER, side, foot + height * down + out * medial)


def _cap(values: Floats, least: float) -> slice:
    """The stretch round the highest of values (n,) in which they are ``least`` or more."""
    top = int(values.argmax())
    above = values >= least
    start = top - int(np.cumprod(above[top::-1]).sum()) + 1
    return slice(start, top + int(np.cumprod(above[top:]).sum()))
