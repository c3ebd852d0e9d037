"""The acetabulum in a hip bone: the sphere of its joint surface and its rim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.measure.bone_shape import COARSE_MM, FINE_MM, Bone, Surface, field_at
from hipjoint.measure.boundary import Boundary, Floats, Mask
from hipjoint.measure.frames import square_to, unit
from hipjoint.measure.head_neck import plane_axes
from hipjoint.measure.head_sphere import SMALLEST_RADIUS, Sphere, fit_sphere
from hipjoint.measure.landmarks import ACETABULUM, RIM, Landmark, absent, placed
from hipjoint.measure.robust import fit_plane

# Where the joint surface is looked for round the head: how far outside its sphere, and how squarely it must face it.
_INSIDE_MM, _OUTSIDE_MM, _FACING = 2.0, 12.0, 0.75
# Without a head: spheres of these radii before a point of the coarse surface, and how many points vote.
_VOTE_RADII, _CANDIDATES, _VOTERS, _VOTE_MM, _SEED = np.arange(18.0, 33.0, 2.0), 500, 4000, 2.0, 5
_LEAST_POINTS = 150
_BOX = 2.1
# Half-planes round the axis; angles from the depth of the socket; how far from the sphere the surface still is socket.
_PLANES, _LOWEST, _HIGHEST, _STEP = 72, 20.0, 140.0, 1.0
_RAY_FROM, _RAY_STEP_MM, _RIM_MM = 0.7, 0.4, 2.5
# The edge is looked for this many degrees to each side of where the socket seems to end, this far outside and inside.
_ABOUT_DEGREES, _EDGE_MM, _OVERHANG_MM = 9.0, 6.0, 2.5
_ROUNDS = 3
# A rim point this far from the plane of the others is none: the notch, or a bone that is cut.
_OFF_PLANE_MM = 5.0
_GOOD_SHARE, _LEAST_SHARE = 0.6, 0.4


@dataclass(frozen=True)
class Socket:
    """Sphere of an acetabulum, about the direction (3,) in which it opens, and the hip bone round it (0.8 mm)."""

    sphere: Sphere
    opening: Floats
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
    return Socket(sphere, -unit(sphere.directions(part.points[near]).mean(axis=0)), field, surface)


def _facing(surface: Surface, sphere: Sphere) -> Mask:
    """Whether points (n,) of a hip bone face the centre of a head, at the distance of a joint."""
    depth = sphere.depth(surface.points)
    squarely = -(sphere.directions(surface.points) * surface.normals).sum(axis=1) > _FACING
    return np.asarray(squarely & (depth < _INSIDE_MM) & (depth > -_OUTSIDE_MM))


def _start_by_votes(surface: Surface) -> Sphere | None:
    """The sphere that most points of a surface face from its distance (as a Hough vote, Ballard 1981)."""
    count = len(surface.points)
    if count < _LEAST_POINTS:
        return None
    random = np.random.default_rng(_SEED)
    chosen = random.permutation(count)
    voters = surface.chosen(chosen[:_VOTERS])
    best, most = None, 0.0
    for number in chosen[:_CANDIDATES]:
        for radius in _VOTE_RADII:
            sphere = Sphere(surface.points[number] + radius * surface.normals[number], float(radius))
            near = np.abs(sphere.depth(voters.points)) < _VOTE_MM
            facing = -(sphere.directions(voters.points[near]) * voters.normals[near]).sum(axis=1) > 0.9
            # Large spheres find more points by chance.
            votes = np.count_nonzero(facing) / radius**2
            if votes > most:
                best, most = sphere, votes
    seen = 0.0 if best is None else most * best.radius**2 * (count / len(voters.points)) * COARSE_MM**2
    return best if best is not None and seen > np.pi * SMALLEST_RADIUS**2 else None


@dataclass(frozen=True)
class _Edge:
    """Rim points (n, 3), which of them (n,) were found, and the frame round the axis that they were found in."""

    points: Floats
    found: Mask
    axis: Floats


def find_rim(bone: Bone, socket: Socket, side: Side) -> Landmark:
    """The rim as a closed curve; where the socket has none (the notch) it is bridged."""
    sphere, axis = socket.sphere, socket.opening
    for _ in range(_ROUNDS):
        edge = _edge(socket.field, socket.surface, sphere, axis)
        if np.count_nonzero(edge.found) < _LEAST_SHARE * _PLANES:
            return absent(RIM, side, f"The {side} hip bone shows too little of the acetabular rim.")
        middle, normal, _ = fit_plane(edge.points[edge.found])
        on_plane = edge.found & (np.abs((edge.points - middle) @ normal) < _OFF_PLANE_MM)
        axis = normal * np.sign(normal @ axis)
    share = np.count_nonzero(on_plane) / _PLANES
    if share < _LEAST_SHARE:
        return absent(RIM, side, f"The {side} acetabular rim lies in no plane.")
    doubt = "" if share >= _GOOD_SHARE else f"Only {100 * share:.0f} % of the {side} acetabular rim can be seen."
    if len(bone.cut) and bone.to_cut(edge.points[on_plane]).min() < 2 * FINE_MM:
        doubt = f"The {side} acetabular rim is cut by the edge of the scan."
    return placed(RIM, side, *_bridged(edge, on_plane, sphere, (middle, axis)), doubt=doubt)


def _edge(field: sitk.Image, surface: Surface, sphere: Sphere, axis: Floats) -> _Edge:
    """The rim point in each half-plane round ``axis``."""
    across, down = _round_axis(axis)
    turns = 2 * np.pi * np.arange(_PLANES) / _PLANES
    outward = np.cos(turns)[:, None] * across + np.sin(turns)[:, None] * down
    ends = _socket_ends(field, sphere, axis, outward)
    points = np.zeros((_PLANES, 3))
    found = np.zeros(_PLANES, bool)
    offset = surface.points - sphere.centre
    distance = np.linalg.norm(offset, axis=1)
    angle = np.degrees(np.arccos(np.clip(-(offset @ axis) / distance, -1, 1)))
    turn = np.arctan2(offset @ down, offset @ across)
    near = (distance < sphere.radius + _EDGE_MM) & (distance > sphere.radius - _OVERHANG_MM)
    for plane in np.flatnonzero(np.isfinite(ends)):
        aside = np.abs((turn - turns[plane] + np.pi) % (2 * np.pi) - np.pi) < np.pi / _PLANES
        here = near & aside & (np.abs(angle - ends[plane]) < _ABOUT_DEGREES)
        if np.count_nonzero(here) >= 3:
            points[plane] = _outermost(surface.points[here], outward[plane], axis, float(ends[plane]))
            found[plane] = True
    return _Edge(points, found, axis)


def _round_axis(axis: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors that with ``axis`` make a right-handed frame: from the first to the second is round the axis."""
    across, down = plane_axes(axis)
    return (across, down) if np.cross(across, down) @ axis > 0 else (down, across)


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
    """All points of the curve; the ligament that bridges the notch lies in the ``plane`` (point and normal) of the rim.

    Between good points the distance from the axis changes evenly.
    """
    middle, normal = plane
    centre = sphere.centre + ((middle - sphere.centre) @ normal) * normal
    number, at = np.arange(len(edge.points)), np.flatnonzero(good)
    across, down = _round_axis(edge.axis)
    turns = 2 * np.pi * number / len(number)
    outward = np.cos(turns)[:, None] * across + np.sin(turns)[:, None] * down
    outward -= (outward @ normal)[:, None] * normal
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    reach = np.linalg.norm(square_to(edge.points - centre, normal), axis=1)
    even = np.interp(number, np.r_[at - len(number), at, at + len(number)], np.tile(reach[at], 3))
    return np.where(good[:, None], edge.points, centre + even[:, None] * outward)


def rim_plane(rim: Landmark) -> tuple[Floats, Floats, float]:
    """A point (3,) and the unit normal (3,) of the plane of the rim, out of the socket, and its residual in mm."""
    middle, normal, residuals = fit_plane(rim.points)
    offset = rim.points - rim.points.mean(axis=0)
    turning = np.cross(offset, np.roll(offset, -1, axis=0)).sum(axis=0)
    outward = normal * np.sign(normal @ turning)
    return middle, outward, float(np.sqrt(np.mean(residuals**2)))
