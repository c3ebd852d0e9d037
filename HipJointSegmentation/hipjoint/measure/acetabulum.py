"""The acetabulum in a hip bone: the sphere of its joint surface and its rim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.measure.bone_shape import FINE_MM, Bone, Surface, field_at
from hipjoint.measure.boundary import Boundary, Floats, Mask
from hipjoint.measure.frames import square_to, unit
from hipjoint.measure.head_sphere import SMALLEST_RADIUS, Sphere, fit_sphere
from hipjoint.measure.landmarks import ACETABULUM, RIM, Landmark, absent, placed
from hipjoint.measure.robust import fit_plane
from hipjoint.measure.sphere_votes import voted_sphere

# Where the joint surface is looked for round the head: how far outside its sphere, and how squarely it must face it.
_INSIDE_MM, _OUTSIDE_MM, _FACING = 2.0, 12.0, 0.75
# Without a head: spheres of these radii are looked for.
_VOTE_RADII = np.arange(18.0, 33.0, 2.0)
_LEAST_POINTS = 150
_BOX = 2.1
# Half-planes round the axis, each of which sees this far (radians) to both sides: neighbours overlap, so that it does
# not matter where the first one lies. Angles from the depth of the socket; how far from the sphere it still is socket.
_PLANES, _ASIDE, _LOWEST, _HIGHEST, _STEP = 144, np.pi / 72, 20.0, 140.0, 1.0
_RAY_FROM, _RAY_STEP_MM, _RIM_MM = 0.7, 0.4, 2.5
# The edge is looked for this many degrees to each side of where the socket seems to end, this far outside and inside.
_ABOUT_DEGREES, _EDGE_MM, _OVERHANG_MM = 9.0, 6.0, 2.5
_ROUNDS = 3
# A rim is no plane: it rises and falls by this much (standard deviation), and the plane must not follow a part of it.
# A rim point much farther from the plane of the others is none: the notch, or a bone that is cut.
_UNEVEN_MM, _OFF_PLANE_MM = 2.5, 7.0
# The edge is found for each half-plane by itself and is as rough as voxels are: it is evened out over so many of them.
_EVEN_PLANES = 2.4
# Of the evened curve every second point is kept: enough for its shape, and a person can still move one.
_EVERY = 2
_GOOD_SHARE, _LEAST_SHARE = 0.8, 0.4


@dataclass(frozen=True)
class Socket:
    """Sphere of an acetabulum, about the direction (3,) in which it opens, and the hip bone round it (0.8 mm).

    ``bearing`` (3,) goes to the middle of the hip bone: the rim is looked for from there on, however a scan lies.
    """

    sphere: Sphere
    opening: Floats
    bearing: Floats
    field: sitk.Image
    surface: Surface


def find_acetabulum(bone: Bone, head: Landmark | None, side: Side) -> tuple[Landmark, Socket | None]:
    """The acetabular sphere, looked for round the head if there is one in the socket, else in the whole bone."""
    socket = _socket_round(bone, Sphere(head.point, head.radius)) if head is not None else None
    if socket is None:
        start = _start_by_votes(bone.coarse)
        socket = None if start is None else _socket_round(bone, start)
    if socket is None:
        return absent(ACETABULUM, side, f"The {side} hip bone shows no acetabulum."), None
    sphere = socket.sphere
    doubt = ""
    if len(bone.cut) and (np.linalg.norm(bone.cut - sphere.centre, axis=1) < 1.3 * sphere.radius).any():
        doubt = f"The {side} acetabulum is cut by the edge of the scan."
    return placed(ACETABULUM, side, sphere.centre, doubt=doubt, radius=sphere.radius, residual=sphere.rms_mm), socket


def _socket_round(bone: Bone, start: Sphere) -> Socket | None:
    field = bone.field(bone.fine, start.centre, _BOX * start.radius)
    surface = bone.surface_of(field)
    facing = _facing(surface, start)
    if np.count_nonzero(facing) < _LEAST_POINTS:
        return None
    part = surface.chosen(facing)
    count = len(part.points)
    try:
        sphere = fit_sphere(Boundary(part.points, part.normals, np.full(count, FINE_MM), np.full(count, FINE_MM**2)))
    except InputError:
        return None
    if np.linalg.norm(sphere.centre - start.centre) > start.radius / 2:
        return None
    near = np.abs(sphere.depth(part.points)) < _RIM_MM
    opening = -unit(sphere.directions(part.points[near]).mean(axis=0))
    return Socket(sphere, opening, bone.middle - sphere.centre, field, surface)


def _facing(surface: Surface, sphere: Sphere) -> Mask:
    """Whether points (n,) of a hip bone face the centre of a head, at the distance of a joint."""
    depth = sphere.depth(surface.points)
    squarely = -(sphere.directions(surface.points) * surface.normals).sum(axis=1) > _FACING
    return np.asarray(squarely & (depth < _INSIDE_MM) & (depth > -_OUTSIDE_MM))


def _start_by_votes(surface: Surface) -> Sphere | None:
    """The hollow of a hip bone that is most of a sphere, if it is large enough to be a socket."""
    found = voted_sphere(surface, _VOTE_RADII, hollow=True) if len(surface.points) >= _LEAST_POINTS else None
    if found is None:
        return None
    sphere, share = found
    return sphere if share * 4 * sphere.radius**2 > SMALLEST_RADIUS**2 else None


@dataclass(frozen=True)
class _Edge:
    """Rim points (n, 3), which of them (n,) were found, and the directions (n, 3) of their half-planes."""

    points: Floats
    found: Mask
    outward: Floats


def find_rim(bone: Bone, socket: Socket, side: Side) -> Landmark:
    """The rim as a closed curve; where the socket has none (the notch) it is bridged."""
    found = _most_of_rim(socket)
    if found is None:
        return absent(RIM, side, f"The {side} hip bone shows too little of the acetabular rim.")
    edge, on_plane, plane = found
    share = np.count_nonzero(on_plane) / _PLANES
    if share < _LEAST_SHARE:
        return absent(RIM, side, f"The {side} acetabular rim lies in no plane.")
    doubt = "" if share >= _GOOD_SHARE else f"Only {100 * share:.0f} % of the {side} acetabular rim can be seen."
    if len(bone.cut) and bone.to_cut(edge.points[on_plane]).min() < 2 * FINE_MM:
        doubt = f"The {side} acetabular rim is cut by the edge of the scan."
    return placed(RIM, side, *_bridged(edge, on_plane, socket.sphere, plane), doubt=doubt)


def _most_of_rim(socket: Socket) -> tuple[_Edge, Mask, tuple[Floats, Floats]] | None:
    """The edge, which of its points (n,) are rim, and a point and the normal of its plane; None if there is too little.

    Looked for round the axis of the plane that the last round found. That need not settle: the notch may be taken for
    rim in one round and not in the next, so the round counts that holds most of the rim.
    """
    axis, best, most = socket.opening, None, -1
    for _ in range(_ROUNDS):
        edge = _edge(socket, axis)
        if np.count_nonzero(edge.found) < _LEAST_SHARE * _PLANES:
            break
        middle, normal, _ = fit_plane(edge.points[edge.found], _UNEVEN_MM)
        on_plane = edge.found & (np.abs((edge.points - middle) @ normal) < _OFF_PLANE_MM)
        axis = normal * np.sign(normal @ axis)
        if np.count_nonzero(on_plane) >= most:
            best, most = (edge, on_plane, (middle, axis)), int(np.count_nonzero(on_plane))
    return best


def _edge(socket: Socket, axis: Floats) -> _Edge:
    """The rim point in each half-plane round ``axis``, counted from the middle of the hip bone."""
    surface, sphere = socket.surface, socket.sphere
    across = unit(square_to(socket.bearing, axis))
    down = np.cross(axis, across)
    turns = 2 * np.pi * np.arange(_PLANES) / _PLANES
    outward = np.cos(turns)[:, None] * across + np.sin(turns)[:, None] * down
    ends = _socket_ends(socket.field, sphere, axis, outward)
    points = np.zeros((_PLANES, 3))
    found = np.zeros(_PLANES, bool)
    offset = surface.points - sphere.centre
    distance = np.linalg.norm(offset, axis=1)
    near = (distance < sphere.radius + _EDGE_MM) & (distance > sphere.radius - _OVERHANG_MM)
    offset, distance, close = offset[near], distance[near], surface.points[near]
    angle = np.degrees(np.arccos(np.clip(-(offset @ axis) / distance, -1, 1)))
    turn = np.arctan2(offset @ down, offset @ across)
    for plane in np.flatnonzero(np.isfinite(ends)):
        aside = np.abs((turn - turns[plane] + np.pi) % (2 * np.pi) - np.pi) < _ASIDE
        here = aside & (np.abs(angle - ends[plane]) < _ABOUT_DEGREES)
        if np.count_nonzero(here) >= 3:
            points[plane] = _outermost(close[here], outward[plane], axis, float(ends[plane]))
            found[plane] = True
    return _Edge(points, found, outward)


def _socket_ends(field: sitk.Image, sphere: Sphere, axis: Floats, outward: Floats) -> Floats:
    """Angle (n,) in degrees from the depth of the socket at which its surface ends in each half-plane, NaN if none."""
    angles = np.deg2rad(np.arange(_LOWEST, _HIGHEST, _STEP))
    rays = -np.cos(angles)[:, None] * axis + np.sin(angles)[:, None] * outward[:, None]
    distance = np.arange(_RAY_FROM * sphere.radius, sphere.radius + _RIM_MM, _RAY_STEP_MM)
    points = sphere.centre + rays[:, :, None] * distance[:, None]
    hit = np.asarray((field_at(field, points) > 0).any(axis=2))
    last = hit.shape[1] - 1 - hit[:, ::-1].argmax(axis=1)
    return np.where(hit.any(axis=1), np.degrees(angles[last]), np.nan)


def _outermost(points: Floats, outward: Floats, axis: Floats, angle: float) -> Floats:
    """The point of an edge: farthest half-way between along the socket's surface and in towards its centre."""
    turn = np.deg2rad(angle)
    along = np.sin(turn) * axis + np.cos(turn) * outward
    inward = np.cos(turn) * axis - np.sin(turn) * outward
    reach = points @ unit(along + inward)
    return np.asarray(points[np.argsort(reach)[-3:]].mean(axis=0))


def _bridged(edge: _Edge, good: Mask, sphere: Sphere, plane: tuple[Floats, Floats]) -> Floats:
    """The points of the curve; the ligament that bridges the notch lies in the ``plane`` (point and normal) of the rim.

    Between good points the distance from the axis changes evenly.
    """
    middle, normal = plane
    centre = sphere.centre + ((middle - sphere.centre) @ normal) * normal
    number, at = np.arange(len(edge.points)), np.flatnonzero(good)
    outward = square_to(edge.outward, normal)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    reach = np.linalg.norm(square_to(edge.points - centre, normal), axis=1)
    even = np.interp(number, np.r_[at - len(number), at, at + len(number)], np.tile(reach[at], 3))
    curve = np.where(good[:, None], edge.points, centre + even[:, None] * outward)
    return np.asarray(ndimage.gaussian_filter1d(curve, _EVEN_PLANES, axis=0, mode="wrap")[::_EVERY])


def rim_plane(rim: Landmark) -> tuple[Floats, Floats, float]:
    """A point (3,) and the unit normal (3,) of the plane of the rim, out of the socket, and its residual in mm."""
    middle, normal, residuals = fit_plane(rim.points, _UNEVEN_MM)
    offset = rim.points - rim.points.mean(axis=0)
    turning = np.cross(offset, np.roll(offset, -1, axis=0)).sum(axis=0)
    outward = normal * np.sign(normal @ turning)
    return middle, outward, float(np.sqrt(np.mean(residuals**2)))
