"""The pictures of the hip's geometry: each measure drawn on the bones that it is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hipjoint.labels import HIP_CT, Side
from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.alpha_angle import clock_directions
from hipjoint.measure.boundary import Floats
from hipjoint.measure.coverage import crossings
from hipjoint.measure.femoral_measures import base_of_neck, clock_face
from hipjoint.measure.frames import TABLE, Frame, square_to, unit
from hipjoint.measure.landmarks import (
    ACETABULUM,
    ASIS,
    CONDYLES,
    GREATER_TROCHANTER,
    HEAD,
    ISCHIUM,
    KNEE_CENTRE,
    LESSER_TROCHANTER,
    NECK_CENTRE,
    PUBIC_TUBERCLE,
    RIM,
    SHAFT_AXIS,
    SIDES,
    LandmarkType,
)
from hipjoint.measure.measure import Case
from hipjoint.measure.shaft import up_of
from hipjoint.report.picture import Ball, Camera, Colour, Mesh, Picture, Point, Sheet, Tube

BONE: Colour = (226, 217, 196)
RED: Colour = (200, 30, 40)
BLUE: Colour = (20, 90, 190)
GREEN: Colour = (20, 140, 70)
ORANGE: Colour = (235, 130, 0)
_DOT_MM, _THIN_MM = 2.6, 0.7
# Colours of the joint space run from the first (red) to the second (blue) width in mm.
SPACE_MM = (0.0, 6.0)


@dataclass(frozen=True)
class Shown:
    """A picture, its title, what the colours in it mean, and the names of the values that it shows."""

    title: str
    caption: str
    picture: Picture
    values: tuple[str, ...]
    side: Side | None = None


def pictures(case: Case) -> dict[str, Shown]:
    """All pictures that the landmarks of ``case`` allow, by a name that is a file's."""
    found = {"pelvis": _pelvis(case)}
    for side in SIDES:
        found[f"femur_{side}"] = _femur(case, side)
        found[f"version_{side}"] = _version(case, side)
        found[f"acetabulum_{side}"] = _acetabulum(case, side)
        found[f"coverage_{side}"] = _coverage(case, side)
        found[f"alpha_{side}"] = _alpha(case, side)
    return {name: shown for name, shown in found.items() if shown is not None}


def space_picture(case: Case, side: Side) -> Shown:
    """The joint space on the head, seen from inside the socket; its surface is "joint_space_<side>"."""
    head = case[HEAD, side]
    _, opening, _ = rim_plane(case[RIM, side])
    camera = Camera(as_point(head.point), as_point(opening), as_point(TABLE.superior), 1.5 * head.radius)
    meshes = (Mesh(f"joint_space_{side}", BONE, 1.0, SPACE_MM), Mesh(f"femur_{side}", BONE, 0.12))
    caption = f"Seen from the socket. Red {SPACE_MM[0]:.0f} mm, blue {SPACE_MM[1]:.0f} mm and more."
    return Shown("Joint space", caption, Picture(camera, meshes), ("joint_space_least", "joint_space_mean"), side)


def _has(case: Case, side: Side, *kinds: LandmarkType) -> bool:
    return all(case[kind, side].found for kind in kinds)


def as_point(point: Floats) -> Point:
    """A point or direction (3,) as a picture holds it."""
    x, y, z = (float(value) for value in point)
    return x, y, z


def _dot(point: Floats, colour: Colour = RED) -> Ball:
    return Ball(as_point(point), _DOT_MM, colour)


def _line(*points: Floats, colour: Colour, radius: float = _THIN_MM) -> Tube:
    return Tube(tuple(as_point(point) for point in points), colour, radius=radius)


def _ball(case: Case, kind: LandmarkType, side: Side, colour: Colour, opacity: float = 0.35) -> Ball:
    found = case[kind, side]
    return Ball(as_point(found.point), found.radius, colour, opacity)


def _bones(case: Case, opacity: float, *names: str) -> tuple[Mesh, ...]:
    colours = {label.name: label.colour for label in HIP_CT}
    there = case.anatomy.bones if case.anatomy is not None else {}
    return tuple(Mesh(name, _pale(colours[name]), opacity) for name in names if name in there)


def _pale(colour: Colour) -> Colour:
    """Bones are pale, so that what is drawn on them stands out."""
    r, g, b = (round(0.25 * own + 0.75 * bone) for own, bone in zip(colour, BONE, strict=True))
    return r, g, b


def _frame(case: Case) -> Frame:
    whole = all(_has(case, side, ASIS, PUBIC_TUBERCLE) for side in SIDES)
    return case.pelvis() if whole else TABLE


def _pelvis(case: Case) -> Shown | None:
    if not all(_has(case, side, ASIS, PUBIC_TUBERCLE) for side in SIDES):
        return None
    frame = case.pelvis()
    pubis = np.mean([case[PUBIC_TUBERCLE, side].point for side in SIDES], axis=0)
    dots: list[Ball] = []
    tubes: list[Tube] = []
    for side in SIDES:
        dots += [_dot(case[kind, side].point) for kind in (ASIS, PUBIC_TUBERCLE)]
        dots += [_dot(case[kind, side].point, BLUE) for kind in (ISCHIUM, LESSER_TROCHANTER) if _has(case, side, kind)]
        if _has(case, side, HEAD):
            dots.append(_ball(case, HEAD, side, GREEN, 0.5))
    if all(_has(case, side, ISCHIUM) for side in SIDES):
        tubes.append(_line(*(case[ISCHIUM, side].point for side in SIDES), colour=BLUE))
    wide, high = 130 * frame.left, frame.superior
    top, bottom = frame.origin + 25 * high, pubis - 25 * high
    corners = (as_point(top - wide), as_point(top + wide), as_point(bottom + wide), as_point(bottom - wide))
    focus = (frame.origin + pubis) / 2 - 25 * high
    camera = Camera(as_point(focus), as_point(-frame.anterior), as_point(frame.superior), 165.0)
    meshes = _bones(case, 1.0, *(label.name for label in HIP_CT))
    values = ("pelvic_tilt", "pelvic_obliquity", "pelvic_rotation", "leg_length_difference", "global_offset_difference")
    caption = (
        "Seen along the normal of the anterior pelvic plane (green). Red: spines and pubic tubercles. Blue: lowest "
        "points of the ischia and tips of the lesser trochanters."
    )
    sheets = (Sheet(corners, GREEN, 0.18),)
    return Shown("Pelvis and legs", caption, Picture(camera, meshes, tuple(dots), tuple(tubes), sheets), values)


def _femur(case: Case, side: Side) -> Shown | None:
    if not _has(case, side, HEAD, NECK_CENTRE, SHAFT_AXIS):
        return None
    head, neck, axis = case[HEAD, side], case[NECK_CENTRE, side].point, case[SHAFT_AXIS, side]
    up = up_of(axis)
    foot = axis.point + ((head.point - axis.point) @ up) * up
    medial = unit(head.point - foot)
    front = np.cross(up, medial) if side == "left" else np.cross(medial, up)
    long = 3.6 * head.radius
    tubes = [
        _line(foot + 10 * up, foot - long * up, colour=BLUE),
        _line(head.point, head.point + 2.4 * (neck - head.point), colour=RED),
        _line(head.point, foot, colour=ORANGE),
    ]
    dots = [_dot(head.point), _dot(neck), _ball(case, HEAD, side, GREEN, 0.3)]
    dots += [
        _dot(case[kind, side].point, ORANGE)
        for kind in (GREATER_TROCHANTER, LESSER_TROCHANTER)
        if _has(case, side, kind)
    ]
    focus = (head.point + foot) / 2 - 1.3 * head.radius * up
    camera = Camera(as_point(focus), as_point(-front), as_point(up), 3.0 * head.radius)
    caption = "Red: axis of the neck. Blue: axis of the shaft. Orange: offset, tips of the trochanters. Green: sphere."
    values = ("head_diameter", "neck_shaft_angle", "femoral_offset", "neck_diameter")
    picture = Picture(camera, _bones(case, 0.55, f"femur_{side}"), tuple(dots), tuple(tubes))
    return Shown("Head, neck and shaft", caption, picture, values, side)


def _version(case: Case, side: Side) -> Shown | None:
    if not _has(case, side, HEAD, NECK_CENTRE, LESSER_TROCHANTER, SHAFT_AXIS, CONDYLES, KNEE_CENTRE):
        return None
    head, knee, base = case[HEAD, side], case[KNEE_CENTRE, side].point, base_of_neck(case, side)
    up = unit(base - knee)
    medial_back, lateral_back = case[CONDYLES, side].points
    across = unit(square_to(medial_back - lateral_back, up))
    tubes = (
        _line(medial_back + 12 * across, lateral_back - 12 * across, colour=BLUE),
        _line(head.point, head.point + 2.2 * (case[NECK_CENTRE, side].point - head.point), colour=RED),
        _line(head.point, base, colour=ORANGE),
    )
    dots = (_dot(medial_back, BLUE), _dot(lateral_back, BLUE), _dot(head.point), _dot(base, ORANGE))
    front = np.cross(up, across) * (-1.0 if side == "right" else 1.0)
    camera = Camera(as_point((head.point + knee) / 2), as_point(up), as_point(front), 2.9 * head.radius)
    caption = "Seen from the knee along the femur, front up. Blue: table-top line. Red: neck. Orange: line of Murphy."
    picture = Picture(camera, _bones(case, 0.35, f"femur_{side}"), dots, tubes)
    return Shown("Femoral version", caption, picture, ("femoral_version", "femoral_version_murphy"), side)


def _acetabulum(case: Case, side: Side) -> Shown | None:
    if not _has(case, side, RIM, ACETABULUM):
        return None
    rim, sphere = case[RIM, side], case[ACETABULUM, side]
    middle, axis, _ = rim_plane(rim)
    tubes = (Tube(tuple(as_point(point) for point in rim.points), RED, closed=True, radius=_THIN_MM),)
    arrow = (_line(middle, middle + 40 * axis, colour=BLUE),)
    side_view = unit(axis + 0.35 * TABLE.superior)
    camera = Camera(as_point(middle), as_point(-side_view), as_point(TABLE.superior), 2.6 * sphere.radius)
    values = ("acetabular_inclination_radiographic_app", "acetabular_version_radiographic_app", "acetabular_diameter")
    picture = Picture(camera, _bones(case, 1.0, f"hip_{side}"), (), tubes + arrow)
    return Shown("Acetabulum", "Seen into the socket. Red: rim. Blue: its axis.", picture, values, side)


def _coverage(case: Case, side: Side) -> Shown | None:
    if not _has(case, side, RIM, HEAD):
        return None
    head, rim, frame = case[HEAD, side], case[RIM, side], _frame(case)
    edges = crossings(rim.points, head.point, frame.anterior)
    if not len(edges):
        return None
    edge = edges[int(np.argmax(edges @ frame.superior))]
    tubes = (
        Tube(tuple(as_point(point) for point in rim.points), RED, closed=True, radius=_THIN_MM),
        _line(head.point, head.point + 1.7 * head.radius * frame.superior, colour=BLUE),
        _line(head.point, head.point + 1.7 * (edge - head.point), colour=ORANGE),
    )
    dots = (_dot(head.point), _dot(edge, ORANGE), _ball(case, HEAD, side, GREEN))
    camera = Camera(as_point(head.point), as_point(-frame.anterior), as_point(frame.superior), 2.6 * head.radius)
    name = "app" if frame is not TABLE else "table"
    values = (f"lateral_centre_edge_{name}", "anterior_sector_angle", "posterior_sector_angle")
    caption = "Seen from the front. Blue: long axis. Orange: to the lateral edge of the rim. Green: sphere of the head."
    return Shown("Coverage", caption, Picture(camera, _bones(case, 0.45, f"hip_{side}"), dots, tubes), values, side)


def _alpha(case: Case, side: Side) -> Shown | None:
    if not _has(case, side, HEAD, NECK_CENTRE, SHAFT_AXIS) or case.anatomy is None or side not in case.anatomy.near:
        return None
    head, neck = case[HEAD, side], case.neck_axis(case[NECK_CENTRE, side])
    up = up_of(case[SHAFT_AXIS, side])
    face = clock_face(case, side)
    known = np.isfinite(face.alpha)
    turn = np.deg2rad(face.alpha[known])[:, None]
    rays = np.cos(turn) * neck + np.sin(turn) * clock_directions(neck, up, side, face.hours[known])
    dots = tuple(_dot(head.point + head.radius * ray, ORANGE if number else RED) for number, ray in enumerate(rays))
    front = clock_directions(neck, up, side, np.array([3.0]))[0]
    camera_at = unit(front + 0.6 * neck + 0.3 * up)
    camera = Camera(
        as_point(head.point + 0.5 * head.radius * neck), as_point(-camera_at), as_point(up), 2.2 * head.radius
    )
    caption = "From the front. Where the outline leaves the sphere, every half hour; red: 12 o'clock."
    picture = Picture(camera, _bones(case, 1.0, f"femur_{side}"), dots)
    return Shown("Alpha angle", caption, picture, ("alpha_anterior", "alpha_largest"), side)
