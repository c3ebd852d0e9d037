"""One femur in its hip: pose, neck angle, version, head shape, disease. A right hip; a left one is mirrored."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from Training.simulate.library import Femur
from Training.simulate.noise import Dice, ramp, rotation, smooth_min


@dataclass(frozen=True)
class FemurPose:
    """Everything random about one femur, drawn once a case. Lengths in mm of the patient unless said otherwise."""

    scale: float
    turn: torch.Tensor  # (3, 3) pose relative to the supine one
    shift: torch.Tensor  # (3,) of the head centre against the cup centre
    neck_angle: float  # rad added to the neck-shaft angle
    version: float  # rad added to the version
    neck_size: float
    gap: float
    osteophytes: tuple[tuple[torch.Tensor, float], ...]  # in head radii, radius in mm
    cam: float
    flattening: float
    cut_direction: torch.Tensor


def draw_pose(dice: Dice, femur: Femur, cup_radius: float) -> FemurPose:
    """Draw pose, shape and disease of a femur for a cup of ``cup_radius`` mm."""
    arthritic = dice.chance(0.3)
    gap = dice.log_uniform(0.2, 1.2) if arthritic else dice.log_uniform(1.0, 5.0)
    dysplastic = dice.chance(0.12)
    shift = (
        torch.tensor([-dice.uniform(1, 6), dice.normal(0, 1.5), dice.uniform(0, 5)])
        if dysplastic
        # The sphere of the socket is fitted to its fossa too, which a head does not reach.
        else dice.vector(0.7) - torch.tensor([dice.uniform(0.0, 3.5), 0.0, 0.0])
    )
    spurs = []
    for _ in range(dice.integer(3, 10) if arthritic else dice.integer(0, 2)):
        around = dice.direction()
        neck = torch.tensor([0.75, -0.2, 0.5])
        around = around - (around @ neck) * neck / (neck @ neck)
        spurs.append((around / around.norm() * 0.98 - neck * dice.uniform(0.0, 0.45), dice.uniform(1.5, 5.0)))
    angles = torch.tensor([dice.normal(0, 8), dice.normal(0, 5), dice.normal(0, 11)])
    up = torch.tensor([dice.normal(0.1, 0.25), dice.normal(-0.25, 0.25), 1.0])
    return FemurPose(
        scale=(cup_radius - max(gap, 0.8) - dice.uniform(0.0, 1.2)) / femur.radius,
        turn=rotation(angles),
        shift=shift,
        neck_angle=dice.normal(0, 0.11),
        version=dice.normal(0, 0.12),
        neck_size=dice.uniform(0.92, 1.1),
        gap=gap,
        osteophytes=tuple(spurs),
        cam=dice.uniform(1.0, 5.0) if dice.chance(0.2) else 0.0,
        flattening=dice.uniform(0.5, 6.0) if dice.chance(0.12) else 0.0,
        cut_direction=up / up.norm(),
    )


def _turned(p: torch.Tensor, axis: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    """Rodrigues' rotation of points (N, 3) about a unit axis by one angle a point."""
    c, s = angle.cos()[:, None], angle.sin()[:, None]
    return p * c + torch.linalg.cross(axis.expand_as(p), p) * s + axis * (p @ axis)[:, None] * (1 - c)


def _rotation_weight(p: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    """How much of the neck's turn a point takes part in: none at the shaft, all at the head."""
    length = base.norm()
    return ramp(((p - base) @ (-base / length)) / length, 0.05, 0.75)


def femur_distance(points: torch.Tensor, femur: Femur, pose: FemurPose) -> tuple[torch.Tensor, torch.Tensor]:
    """Distance (N,) in patient mm, and the points (N, 3) in the femur's own frame.

    ``points`` (N, 3) are relative to the centre of the cup, on a right hip, in patient mm.
    """
    shaft, neck, base = (torch.tensor(a, dtype=torch.float32) for a in (femur.shaft, femur.neck, femur.base))
    across = torch.linalg.cross(shaft, neck)
    local = ((points - pose.shift) @ pose.turn) / pose.scale
    one = torch.ones(1)
    back = _turned(_turned(-base[None], across, pose.neck_angle * one), shaft, pose.version * one)[0]
    local = local + base + back
    weight = _rotation_weight(local, base)
    arm = _turned(local - base, shaft, -weight * pose.version)
    local = _turned(arm, across, -weight * pose.neck_angle) + base
    beyond = local.norm(dim=-1) / femur.radius
    local = local / (1 + (pose.neck_size - 1) * ramp(beyond, 1.0, 1.7))[:, None]
    drop = (femur.cut + 15.0 - local[:, 2]).clamp(min=0)
    inside = local + (drop / shaft[2])[:, None] * shaft
    distance = femur.bone.sample(inside)
    for place, radius in pose.osteophytes:
        distance = smooth_min(distance, (local - place * femur.radius).norm(dim=-1) - radius / pose.scale, 2.0)
    if pose.cam:
        place = (-0.62 * -base / base.norm() + 0.55 * torch.tensor([-0.3, -0.75, 0.6])) * femur.radius
        distance = smooth_min(distance, (local - place).norm(dim=-1) - (0.25 * femur.radius + pose.cam), 5.0)
    if pose.flattening:
        top = (local @ pose.cut_direction) - (femur.radius - pose.flattening / pose.scale)
        distance = -smooth_min(-distance, -top, 1.5)
    return distance * pose.scale * min(1.0, pose.neck_size), local
