"""Both hips as solids whose geometry is known exactly: sockets with a rim plane, heads, necks, shafts, condyles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import HIP_CT, Side
from hipjoint.measure.orientation import axis_of

SIDES: tuple[Side, ...] = ("right", "left")
HEAD, SOCKET, SHELL, NECK, SHAFT = 24.0, 27.0, 34.0, 14.0, 13.0
# Lateral, anterior, superior of the hip's centre (the pelvis' middle for the first), in mm.
HALF_WIDTH = 90.0
SPINE, PUBIS, ISCHIUM = (30.0, 60.0, 85.0), (-62.0, 60.0, -20.0), (-33.0, -38.0, -75.0)
BALL = {"spine": 6.0, "pubis": 6.0, "ischium": 11.0}
VALUES = {label.name: label.value for label in HIP_CT}


@dataclass(frozen=True)
class Leg:
    """The truth of one femur and its socket; degrees and mm."""

    neck_shaft: float = 125.0
    version: float = 15.0
    neck: float = 50.0
    inclination: float = 45.0
    anteversion: float = 20.0
    lesser: float = 58.0
    length: float = 170.0
    condyles: bool = False


@dataclass(frozen=True)
class Body:
    """Two legs in a pelvis that lies on the table as the rotation ``pose`` (to LPS) says; ``bones`` are in the map."""

    legs: dict[Side, Leg] = field(default_factory=lambda: {"right": Leg(), "left": Leg()})
    pose: np.ndarray = field(default_factory=lambda: np.eye(3))
    middle: tuple[float, float, float] = (12.3, -45.6, 301.2)
    bones: tuple[str, ...] = ("femur_right", "femur_left", "hip_right", "hip_left")

    def place(self, side: Side, parts: Iterable[float]) -> np.ndarray:
        """LPS mm of a point that many mm lateral, anterior and superior of the centre of a hip."""
        lateral, anterior, superior = parts
        outward = (HALF_WIDTH + lateral) * (-1 if side == "right" else 1)
        return self.pose @ np.array([outward, -anterior, superior]) + self.middle

    def direction(self, side: Side, parts: Iterable[float]) -> np.ndarray:
        """The same for a direction."""
        return self.place(side, parts) - self.place(side, (0, 0, 0))

    def to_head(self, side: Side) -> np.ndarray:
        """Lateral, anterior, superior of the unit vector from the shaft along the neck to the head."""
        leg = self.legs[side]
        lean, version = np.deg2rad([leg.neck_shaft - 90.0, leg.version])
        return np.array([-np.cos(lean) * np.cos(version), np.cos(lean) * np.sin(version), np.sin(lean)])

    def lesser_tip(self, side: Side) -> np.ndarray:
        """Lateral, anterior, superior of the lesser trochanter's tip, 23 mm off the axis."""
        leg = self.legs[side]
        turn = np.deg2rad(leg.version - 60.0)
        out = np.array([-np.cos(turn), np.sin(turn), 0.0])
        return self.shaft_at(side, -leg.lesser) + 23.0 * out

    def shaft_at(self, side: Side, height: float) -> np.ndarray:
        """Lateral, anterior, superior of the shaft's axis at a height above the head's centre."""
        foot = -self.legs[side].neck * self.to_head(side)
        return np.array([foot[0], foot[1], height])


Solid = list[tuple[np.ndarray, np.ndarray, float]]


def rods_of_femur(body: Body, side: Side) -> Solid:
    """Rods (end, end, radius) in LPS mm that make a femur."""
    leg, foot = body.legs[side], body.shaft_at(side, 0.0)
    base = -leg.neck * body.to_head(side)
    tip = body.lesser_tip(side)
    inwards = (body.shaft_at(side, -leg.lesser) - tip) / 23.0
    rods = [
        ((0, 0, 0), (0, 0, 0), HEAD),
        ((0, 0, 0), base, NECK),
        (body.shaft_at(side, base[2]), body.shaft_at(side, -leg.length), SHAFT),
        (foot + np.array([6.0, 0, -32]), foot + np.array([12.0, 0, -7]), 9.0),
        (tip + 7 * inwards, tip + 12 * inwards, 7.0),
    ]
    if leg.condyles:
        knee = body.shaft_at(side, -leg.length)
        rods += [(knee + np.array([x, 4.0, 0]), knee + np.array([x, -8.0, 0]), 20.0) for x in (-24.0, 24.0)]
    return [(body.place(side, a), body.place(side, b), radius) for a, b, radius in rods]


def rods_of_hip(body: Body, side: Side) -> Solid:
    """What is fastened to the socket: the balls that are spine, tubercle and ischium, and their rods."""
    rods = []
    for name, end in (("spine", SPINE), ("pubis", PUBIS), ("ischium", ISCHIUM)):
        start = 32.0 * np.array(end) / np.linalg.norm(end) if name != "ischium" else np.array([-32.0, -4.0, -4.0])
        rods += [(start, np.array(end), 4.0), (np.array(end), np.array(end), BALL[name])]
    return [(body.place(side, a), body.place(side, b), radius) for a, b, radius in rods]


def depth(points: np.ndarray, rods: Solid) -> np.ndarray:
    """How far points (..., 3) lie inside the rods."""
    found = np.full(points.shape[:-1], -1e3, np.float32)
    for a, b, radius in rods:
        axis = b - a
        share = np.clip(((points - a) @ axis) / max(axis @ axis, 1e-9), 0, 1)
        np.maximum(found, radius - np.linalg.norm(points - a - share[..., None] * axis, axis=-1), out=found)
    return found


def label_map(body: Body, spacing: float | tuple[float, float, float] = 1.0) -> sitk.Image:
    """The label map of a body; its grid lies along LPS and shows everything, the shafts but for their lower ends."""
    step = np.broadcast_to(np.array(spacing, dtype=float), 3)
    corners = [end for side in SIDES for rod in rods_of_femur(body, side) + rods_of_hip(body, side) for end in rod[:2]]
    low, high = np.min(corners, axis=0) - 38.37, np.max(corners, axis=0) + 38.0
    if not any(leg.condyles for leg in body.legs.values()):
        low[2] += 38.37 + SHAFT
    size = np.ceil((high - low) / step).astype(int)
    values = np.zeros(tuple(reversed(size.tolist())), np.uint8)
    for name in body.bones:
        paint(values, body, name, low, step)
    image = sitk.GetImageFromArray(values)
    image.SetOrigin(low.tolist())
    image.SetSpacing(step.tolist())
    return image


def paint(values: np.ndarray, body: Body, name: str, low: np.ndarray, step: np.ndarray) -> None:
    """Draw a bone into the empty voxels of a label map whose first voxel lies at ``low``."""
    kind, side = name.split("_")
    bone = np.zeros(values.shape, bool)
    for a, b, radius in rods_of_femur(body, side) if kind == "femur" else rods_of_hip(body, side):
        box, points = part_of(values, np.array([a, b]), radius, low, step)
        bone[box] |= depth(points, [(a, b, radius)]) > 0
    if kind == "hip":
        leg, centre = body.legs[side], body.place(side, (0, 0, 0))
        axis = body.direction(side, axis_of(leg.inclination, leg.anteversion))
        box, points = part_of(values, centre[None], SHELL, low, step)
        distance = np.linalg.norm(points - centre, axis=-1)
        bone[box] |= (distance < SHELL) & ((points - centre) @ axis < 0)
        bone[box] &= distance > SOCKET
    values[bone & (values == 0)] = VALUES[name]


def part_of(
    values: np.ndarray, ends: np.ndarray, reach: float, low: np.ndarray, step: np.ndarray
) -> tuple[tuple[slice, ...], np.ndarray]:
    """The box [z, y, x] that holds everything within ``reach`` of the ends, and LPS mm of its voxels."""
    first = np.maximum(((ends.min(axis=0) - reach - low) / step).astype(int), 0)
    last = ((ends.max(axis=0) + reach - low) / step).astype(int) + 2
    box = tuple(slice(a, b) for a, b in zip(first[::-1].tolist(), last[::-1].tolist(), strict=True))
    shape = values[box].shape
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")[::-1], axis=-1)
    return box, (index + first) * step + low


def turned(labels: sitk.Image, rotation: np.ndarray) -> sitk.Image:
    """The same patient, turned on the table: the voxels stay, their places turn about the origin."""
    image = sitk.Image(labels)
    image.SetOrigin((rotation @ labels.GetOrigin()).tolist())
    image.SetDirection((rotation @ np.array(labels.GetDirection()).reshape(3, 3)).ravel().tolist())
    return image


def mirrored(labels: sitk.Image) -> sitk.Image:
    """The patient seen in a mirror: right is left, in place and in label."""
    exchanged = np.array([0, 2, 1, 4, 3, 5], np.uint8)[sitk.GetArrayViewFromImage(labels)][:, :, ::-1]
    image = sitk.GetImageFromArray(np.ascontiguousarray(exchanged))
    image.CopyInformation(labels)
    size, step, origin = labels.GetSize(), labels.GetSpacing(), labels.GetOrigin()
    image.SetOrigin((-(origin[0] + (size[0] - 1) * step[0]), *origin[1:]))
    return image


def rotation(*degrees: float) -> np.ndarray:
    """Turns about x, then y, then z of LPS."""
    a, b, c = np.deg2rad(degrees)
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return z @ y @ x
