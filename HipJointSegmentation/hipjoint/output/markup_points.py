"""Landmarks as the points that a person moves, and measures as planes and angles that are drawn (LPS mm)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.acetabular_measures import LCE, LCE_TABLE
from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.boundary import Floats
from hipjoint.measure.coverage import crossings
from hipjoint.measure.femoral_measures import NECK_SHAFT
from hipjoint.measure.frames import TABLE, Frame, square_to, unit
from hipjoint.measure.head_neck import plane_axes
from hipjoint.measure.landmarks import (
    ASIS,
    HEAD,
    NECK_CENTRE,
    PUBIC_TUBERCLE,
    RIM,
    SHAFT_AXIS,
    SIDES,
    Landmark,
    LandmarkType,
)
from hipjoint.measure.measure import Case
from hipjoint.measure.shaft import up_of

# A closed curve is moved by hand: as many points as a person wants to move.
_CURVE_POINTS = 24
_HALF_PLANE_MM, _RAY_MM = 30.0, 45.0
# Nobody moves a point by less, but a scene file keeps no more digits.
_MOVED_MM = 0.005
_OF_A_SIDE = ("rim_plane", "neck_shaft_angle", "centre_edge_angle", "inclination")
DRAWINGS = ("pelvic_plane", *(f"{name}_{side}" for side in SIDES for name in _OF_A_SIDE))


@dataclass(frozen=True)
class Drawing:
    """A plane or an angle (first ray, vertex, second ray) by three points (3, 3); ``name`` is one of ``DRAWINGS``."""

    name: str
    title: str
    kind: Literal["plane", "angle"]
    points: Floats
    side: Side | None = None


def control_points(each: Landmark) -> Floats:
    """The points (n, 3) to move a landmark by: of a sphere its centre and the point above it, of a curve some."""
    if each.type.kind == "curve":
        return np.asarray(each.points[_chosen(each)])
    if each.type.kind == "sphere":
        # Slicer has no markup of that kind.
        return np.array([each.point, each.point + each.radius * TABLE.superior])
    return each.points


def moved(each: Landmark, points: Floats) -> Landmark:
    """The landmark with its control points at ``points`` (n, 3): edited, or as it was where none has moved.

    Of a curve the points between two control points move with both of them. Who moves a landmark answers for it: it is
    good then, whatever it was, and even if it was not found.
    """
    before = control_points(each) if each.found else points
    if each.found and np.abs(points - before).max() <= _MOVED_MM:
        return each
    radius = each.radius
    if each.type.kind == "sphere":
        radius, points = float(np.linalg.norm(points[1] - points[0])), points[:1]
    elif each.type.kind == "curve":
        points = each.points + _between(points - before, _chosen(each), len(each.points)) if each.found else points
    return replace(each, points=points, radius=radius, quality="good", reason="", edited=True)


def drawings(case: Case) -> list[Drawing]:
    """The planes and angles whose landmarks were found and lie so that there is one."""
    makers = (_rim_plane, _neck_shaft, _centre_edge, _inclination)
    with np.errstate(all="ignore"):
        found = [_pelvic_plane(case), *(make(case, side) for side in SIDES for make in makers)]
    return [each for each in found if each is not None and np.isfinite(each.points).all()]


def _chosen(each: Landmark) -> Floats:
    return np.linspace(0, len(each.points), _CURVE_POINTS, endpoint=False).astype(int)


def _between(shifts: Floats, at: Floats, count: int) -> Floats:
    """Shifts (count, 3) of all points of a closed curve from those (k, 3) of the points with the numbers ``at``."""
    numbers = np.arange(count)
    return np.stack([np.interp(numbers, at, shifts[:, axis], period=count) for axis in range(3)], axis=1)


def _has(case: Case, side: Side, *kinds: LandmarkType) -> bool:
    return all(case[kind, side].found for kind in kinds)


def _has_pelvis(case: Case) -> bool:
    return all(_has(case, side, ASIS, PUBIC_TUBERCLE) for side in SIDES)


def _frame(case: Case) -> Frame:
    return case.pelvis() if _has_pelvis(case) else TABLE


def _pelvic_plane(case: Case) -> Drawing | None:
    if not _has_pelvis(case):
        return None
    spines = [case[ASIS, side].point for side in SIDES]
    pubis = np.mean([case[PUBIC_TUBERCLE, side].point for side in SIDES], axis=0)
    return Drawing("pelvic_plane", "Anterior pelvic plane", "plane", np.array([*spines, pubis]))


def _rim_plane(case: Case, side: Side) -> Drawing | None:
    """With the normal out of the socket."""
    if not _has(case, side, RIM):
        return None
    middle, normal, _ = rim_plane(case[RIM, side])
    across, _ = plane_axes(normal)
    points = middle + _HALF_PLANE_MM * np.array([np.zeros(3), across, np.cross(normal, across)])
    return Drawing(f"rim_plane_{side}", "Plane of the acetabular rim", "plane", points, side)


def _neck_shaft(case: Case, side: Side) -> Drawing | None:
    """At the point of the neck's axis that is nearest to the shaft's: the two need not meet."""
    if not _has(case, side, HEAD, NECK_CENTRE, SHAFT_AXIS):
        return None
    head, axis = case[HEAD, side].point, case[SHAFT_AXIS, side]
    neck, up = case.neck_axis(case[NECK_CENTRE, side]), up_of(axis)
    away, along = square_to(head - axis.point, up), square_to(neck, up)
    if along @ along < 1e-6:
        return None
    vertex = head - (away @ along) / (along @ along) * neck
    points = np.array([head, vertex, vertex - 2 * _RAY_MM * up])
    return Drawing(f"neck_shaft_angle_{side}", NECK_SHAFT.title, "angle", points, side)


def _centre_edge(case: Case, side: Side) -> Drawing | None:
    if not _has(case, side, HEAD, RIM):
        return None
    head, frame = case[HEAD, side].point, _frame(case)
    edges = crossings(case[RIM, side].points, head, frame.anterior)
    if not len(edges) or ((edges - head) @ frame.superior).max() <= 0:
        return None
    edge = edges[int(np.argmax((edges - head) @ frame.superior))]
    points = np.array([head + _RAY_MM * frame.superior, head, edge])
    title = (LCE_TABLE if frame is TABLE else LCE).title
    return Drawing(f"centre_edge_angle_{side}", title, "angle", points, side)


def _inclination(case: Case, side: Side) -> Drawing | None:
    """Radiographic: the axis of the acetabulum seen from the front, against the way down."""
    if not _has(case, side, RIM):
        return None
    middle, axis, _ = rim_plane(case[RIM, side])
    frame = _frame(case)
    seen = unit(square_to(axis, frame.anterior))
    points = np.array([middle - _RAY_MM * frame.superior, middle, middle + _RAY_MM * seen])
    words = "table" if frame is TABLE else "anterior pelvic plane"
    return Drawing(f"inclination_{side}", f"Acetabular inclination, radiographic, {words}", "angle", points, side)
