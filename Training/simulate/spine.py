"""Lumbar vertebrae above the sacrum, made of simple bodies: background that must not be called sacrum."""

from __future__ import annotations

import torch

from Training.simulate.noise import Dice, capsule, smooth_min


def _disc(p: torch.Tensor, wide: float, deep: float, high: float) -> torch.Tensor:
    """Distance to an elliptic cylinder along z with a waist and slightly hollow ends."""
    waist = 1 - 0.12 * (1 - (p[:, 2] / high).square().clamp(max=1))
    radial = ((p[:, 0] / (wide * waist)).square() + (p[:, 1] / (deep * waist)).square()).sqrt()
    side = (radial - 1) * min(wide, deep)
    hollow = 1.5 * (1 - radial.clamp(max=1).square())
    return torch.maximum(side, p[:, 2].abs() - high + hollow)


def draw_vertebrae(dice: Dice, endplate: torch.Tensor) -> list[dict[str, float | torch.Tensor]]:
    """L5 to L1 as parameters: frame, sizes; the gap to the bone below is the disc, 2-12 mm."""
    lean = dice.uniform(0.25, 0.75)
    place, out = endplate.clone(), []
    for _ in range(5):
        up = torch.tensor([dice.normal(0, 0.04), -lean, 1.0])
        up = up / up.norm()
        high = dice.uniform(11, 15)
        middle = place + up * (dice.uniform(2, 12) + high) + torch.tensor([0.0, 2.0, 0.0])
        out.append(
            {"middle": middle, "up": up, "wide": dice.uniform(21, 28), "deep": dice.uniform(15, 20), "high": high}
        )
        place, lean = middle + up * high, lean * 0.4
    return out


def vertebra_distance(points: torch.Tensor, v: dict[str, float | torch.Tensor]) -> torch.Tensor:
    """Distance (N,) in mm to one vertebra; ``points`` (N, 3) in the pelvis frame (LPS mm)."""
    up, wide, deep, high = v["up"], float(v["wide"]), float(v["deep"]), float(v["high"])
    front = torch.linalg.cross(up, torch.tensor([1.0, 0.0, 0.0]))
    front = front / front.norm()
    frame = torch.stack([torch.linalg.cross(front, up), front, up])  # rows: right-to-left, backward, upward
    p = (points - v["middle"]) @ frame.T
    q = torch.stack([p[:, 0].abs(), p[:, 1], p[:, 2]], -1)  # the two sides are alike
    body = _disc(p, wide, deep, high)
    at = lambda x, y, z: torch.tensor([x, y, z])  # noqa: E731 - three numbers to a point
    for a, b, r in (
        (at(wide * 0.6, deep * 0.7, 4.0), at(wide * 0.75, deep + 12, 3.0), 5.0),  # pedicle
        (at(wide * 0.75, deep + 10, 4.0), at(wide * 0.7, deep + 17, -high - 6), 5.5),  # facets
        (at(wide * 0.75, deep + 8, 4.0), at(wide + 17, deep + 10, 6.0), 4.0),  # transverse process
        (at(wide * 0.6, deep + 15, 0.0), at(0.0, deep + 24, -4.0), 3.5),  # lamina
        (at(0.0, deep + 22, -4.0), at(0.0, deep + 42, -8.0), 4.0),  # spinous process
    ):
        body = smooth_min(body, capsule(q, a, b, r), 3.0)
    return body
