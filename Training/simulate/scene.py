"""One simulated patient: which bones, how placed and deformed; answers with distances at any points."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit

from Training.simulate.femur import FemurPose, draw_pose, femur_distance
from Training.simulate.library import Femur, Pelvis
from Training.simulate.noise import Dice, bounds, capsule, inside, rotation, smooth_min, touches
from Training.simulate.spine import Vertebra, disc_distance, draw_vertebrae, vertebra_distance

FAR = 30.0
VERTEBRA = 75.0  # mm from its middle within which a vertebra lies
BONES = ("femur_right", "femur_left", "hip_right", "hip_left", "sacrum")


@dataclass(frozen=True)
class Lattice:
    """Random displacements (1, 3, D, H, W) in mm on a coarse grid of ``spacing`` mm round the pelvis."""

    values: torch.Tensor
    spacing: float

    def at(self, points: torch.Tensor) -> torch.Tensor:
        """Displacement (N, 3) at ``points`` (N, 3) relative to the lattice's middle."""
        n = torch.tensor(self.values.shape[:1:-1])
        grid = points / (self.spacing * (n - 1) / 2)
        found = F.grid_sample(self.values, grid.reshape(1, 1, 1, -1, 3), align_corners=True, padding_mode="border")
        return found.reshape(3, -1).T


def _lattice(dice: Dice, spacing: float, amplitude: float, extent: float = 440.0) -> Lattice:
    n = round(extent / spacing) + 1
    return Lattice(dice.lattice(1, 3, n, n, n) * amplitude, spacing)


@dataclass
class Scene:
    """All that is fixed for one patient. World points are LPS mm with the pelvis' middle at the origin."""

    pelvis: Pelvis
    femora: dict[str, Femur]
    poses: dict[str, FemurPose]
    frame: torch.Tensor  # (3, 3) world to pelvis, with the size in it
    size: float
    middle: torch.Tensor
    lattices: tuple[Lattice, ...]
    vertebrae: list[Vertebra]
    spurs: dict[str, list[tuple[torch.Tensor, float]]]
    sacroiliac_gap: float
    rods: list[tuple[torch.Tensor, torch.Tensor, float]] = field(default_factory=list)

    def to_pelvis(self, world: torch.Tensor) -> torch.Tensor:
        """World points (N, 3) in the undeformed pelvis' own frame."""
        moved = world
        for lattice in self.lattices:
            moved = moved + lattice.at(world)
        return moved @ self.frame.T + self.middle

    def to_world(self, place: torch.Tensor) -> torch.Tensor:
        """About where a point of the pelvis' frame lies in the world (the smooth deformation left out)."""
        return torch.linalg.solve(self.frame, place - self.middle)


def draw_scene(dice: Dice, pelvis: Pelvis, femora: dict[str, Femur]) -> Scene:
    """Draw one patient from a pelvis and a femur a side."""
    cups = {s: torch.tensor(v, dtype=torch.float32) for s, v in pelvis.acetabula.items()}
    middle = (cups["right"][:3] + cups["left"][:3]) / 2 + torch.tensor([0.0, 25.0, 30.0])
    size = dice.uniform(0.88, 1.12)
    stretch = torch.diag(torch.tensor([dice.normal(1, 0.03), dice.normal(1, 0.03), dice.normal(1, 0.03)]))
    turn = rotation(torch.tensor([dice.normal(0, 8), dice.normal(0, 4), dice.normal(0, 5)]))
    spurs: dict[str, list[tuple[torch.Tensor, float]]] = {}
    for side, cup in cups.items():
        spurs[side] = []
        for _ in range(dice.integer(0, 6) if dice.chance(0.35) else 0):
            around = dice.direction()
            opening = torch.tensor([-0.75 if side == "right" else 0.75, -0.35, -0.55])
            rim = around - (around @ opening) * opening / (opening @ opening)
            place = cup[:3] + cup[3] * (rim / rim.norm() * 1.03 + opening * dice.uniform(0.0, 0.25))
            spurs[side].append((place, dice.uniform(1.5, 4.0)))
    return Scene(
        pelvis=pelvis,
        femora=femora,
        poses={s: draw_pose(dice, femora[s], float(cups[s][3])) for s in ("right", "left")},
        frame=turn @ stretch / size,
        size=size,
        middle=middle,
        lattices=(_lattice(dice, 55.0, dice.uniform(0.5, 3.5)), _lattice(dice, 22.0, dice.uniform(0.1, 0.9))),
        vertebrae=draw_vertebrae(
            dice,
            torch.tensor(pelvis.endplate, dtype=torch.float32),
            torch.tensor(pelvis.upward, dtype=torch.float32),
        ),
        spurs=spurs,
        sacroiliac_gap=dice.log_uniform(0.4, 5.0),
        rods=_draw_rods(dice),
    )


def _draw_rods(dice: Dice) -> list[tuple[torch.Tensor, torch.Tensor, float]]:
    """Lower ribs, and a hand beside the hips in a tenth of the patients; world coordinates."""
    return _ribs(dice) + (_hand(dice) if dice.chance(0.12) else [])


def _ribs(dice: Dice) -> list[tuple[torch.Tensor, torch.Tensor, float]]:
    wide, deep, low = dice.uniform(105, 135), dice.uniform(75, 95), dice.uniform(150, 230)
    ribs = []
    for level in range(4):
        for side in (-1.0, 1.0):
            angles = torch.linspace(1.2, -0.5 - 0.3 * level, 6)
            nodes = [
                torch.tensor(
                    [side * wide * float(a.cos()), deep * float(a.sin()), low + 28 * level - 45 * (1.2 - float(a)) / 2]
                )
                for a in angles
            ]
            ribs += [(a, b, 4.5) for a, b in pairwise(nodes)]
    return ribs


def _hand(dice: Dice) -> list[tuple[torch.Tensor, torch.Tensor, float]]:
    """Metacarpals and phalanges as rods."""
    side = 1.0 if dice.chance(0.5) else -1.0
    wrist = torch.tensor([side * dice.uniform(165, 200), dice.uniform(-80, 60), dice.uniform(-60, 60)])
    rods = []
    for finger in range(5):
        start = wrist + torch.tensor([0.0, 18.0 * (finger - 2), 0.0])
        for length, radius in ((60.0, 5.0), (38.0, 4.5), (24.0, 4.0)):
            end = start + torch.tensor([dice.normal(0, 4), dice.normal(0, 4), -length])
            rods.append((start, end, radius))
            start = end + torch.tensor([0.0, 0.0, -10.0])
    return rods


@dataclass(frozen=True)
class Depths:
    """Depth (N,) in mm under each bone's surface (negative outside), and where the points are in the bones' frames."""

    bone: dict[str, torch.Tensor]
    other: torch.Tensor
    disc: torch.Tensor  # the same for the discs between the vertebrae
    femur_points: dict[str, torch.Tensor]
    off_midline: torch.Tensor  # mm to the side of the middle of the sacrum


Box = tuple[torch.Tensor, torch.Tensor]


def _hip(scene: Scene, side: str, p: torch.Tensor, box: Box) -> torch.Tensor:
    field = scene.pelvis.bones[f"hip_{side}"]
    if not field.reaches(box):
        return torch.full(p.shape[:1], FAR)
    distance = field.sample(p)
    for place, radius in scene.spurs[side]:
        if touches(box, place, radius + 6):
            distance = smooth_min(distance, (p - place).norm(dim=-1) - radius, 2.0)
    return distance


def _plain(scene: Scene, name: str, p: torch.Tensor, box: Box) -> torch.Tensor:
    field = scene.pelvis.bones[name]
    return field.sample(p) if field.reaches(box) else torch.full(p.shape[:1], FAR)


def _femur(scene: Scene, side: str, p: torch.Tensor, box: Box) -> tuple[torch.Tensor, torch.Tensor]:
    cup = torch.tensor(scene.pelvis.acetabula[side][:3], dtype=torch.float32)
    sign = 1.0 if side == "right" else -1.0
    # A femur lies lateral of the medial end of its head and below the tip of its great trochanter.
    if not _on_side(box, cup, sign):
        return torch.full(p.shape[:1], FAR), torch.full(p.shape, 300.0)
    flip = torch.tensor([sign, 1.0, 1.0])
    return femur_distance((p - cup) * flip, scene.femora[side], scene.poses[side])


def _on_side(box: Box, cup: torch.Tensor, sign: float) -> bool:
    medial = float(box[0][0] - cup[0]) if sign > 0 else float(cup[0] - box[1][0])
    above = float(box[0][2] - cup[2])
    return medial < 50 and above < 50


def _spine(scene: Scene, p: torch.Tensor, box: Box, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``other`` with the vertebrae in it, and the distance to the discs (N,)."""
    disc = torch.full_like(other, FAR)
    for vertebra in scene.vertebrae:
        if touches(box, vertebra.middle, VERTEBRA):
            near = inside(p, vertebra.middle - VERTEBRA, vertebra.middle + VERTEBRA)
            own = vertebra.local(p[near])
            other[near] = torch.minimum(other[near], vertebra_distance(own, vertebra))
            disc[near] = torch.minimum(disc[near], disc_distance(own, vertebra))
    return other, disc


def _with_rods(
    rods: list[tuple[torch.Tensor, torch.Tensor, float]], world: torch.Tensor, box: Box, other: torch.Tensor
) -> torch.Tensor:
    here = [rod for rod in rods if touches(box, (rod[0] + rod[1]) / 2, 50.0)]
    if not here:
        return other
    ends = torch.stack([end for a, b, _ in here for end in (a, b)])
    near = inside(world, ends.amin(0) - FAR, ends.amax(0) + FAR)
    places, distance = world[near], other[near]
    for a, b, r in here:
        distance = torch.minimum(distance, capsule(places, a, b, r))
    other[near] = distance
    return other


def depths(scene: Scene, world: torch.Tensor, rough: torch.Tensor, gap_noise: torch.Tensor) -> Depths:
    """Depths of all bones at world points (N, 3).

    ``rough`` (N,) mm is added to every surface (unevenness), ``gap_noise`` (N,) about 1 multiplies the joint gap. No
    bone comes nearer to its neighbour than the joint's gap: what would is carved away from the femur and the sacrum.
    """
    p = scene.to_pelvis(world)
    box, world_box = bounds(p, 6.0), bounds(world, 2.0)
    hips = {s: _hip(scene, s, p, box) for s in ("right", "left")}
    femora, places = {}, {}
    for side in ("right", "left"):
        distance, places[side] = _femur(scene, side, p, box)
        gap = scene.poses[side].gap * gap_noise
        femora[side] = torch.maximum(distance, gap - hips[side] - 0.5 * rough)
    hip_any = torch.minimum(hips["right"], hips["left"])
    sacrum = torch.maximum(_plain(scene, "sacrum", p, box), scene.sacroiliac_gap * gap_noise - hip_any)
    other, disc = _spine(scene, p, box, _plain(scene, "coccyx", p, box))
    other = torch.maximum(other, 1.2 - torch.minimum(sacrum, hip_any))
    size = scene.size
    bone = {
        "femur_right": -femora["right"] * size,
        "femur_left": -femora["left"] * size,
        "hip_right": -hips["right"] * size,
        "hip_left": -hips["left"] * size,
        "sacrum": -sacrum * size,
    }
    other = other * size
    other = _with_rods(scene.rods, world, world_box, other)
    off_midline = (p[:, 0] - float(scene.pelvis.endplate[0])).abs()
    return Depths({k: v + rough for k, v in bone.items()}, -other + rough, -disc * size, places, off_midline)
