"""Lumbar vertebrae and discs above the sacrum: background that must not be called sacrum.

The lowest vertebra stands on the upper endplate of S1 as that endplate is inclined in each pelvis, because what tells
L5 from S1 is the disc between them and no place or density.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from Training.simulate.noise import Dice, capsule, rotation, smooth_min


@dataclass(frozen=True)
class Vertebra:
    """One vertebra in the pelvis' frame (LPS mm): half sizes of its body, and the disc below it."""

    middle: torch.Tensor
    frame: torch.Tensor  # rows: to the left, backward, upward
    wide: float
    deep: float
    high: float
    lip: float  # mm by which the edges of the endplates stand out
    disc: float  # mm
    arms: float  # mm from the body to the tips of the transverse processes
    stout: float  # mm by which pedicles and transverse processes are thicker than usual

    def local(self, points: torch.Tensor) -> torch.Tensor:
        """``points`` (N, 3) in the frame of this vertebra."""
        return (points - self.middle) @ self.frame.T


def _frame(up: torch.Tensor) -> torch.Tensor:
    back = torch.linalg.cross(up, torch.tensor([1.0, 0.0, 0.0]))
    back = back / back.norm()
    return torch.stack([torch.linalg.cross(back, up), back, up])


def draw_vertebrae(dice: Dice, endplate: torch.Tensor, upward: torch.Tensor) -> list[Vertebra]:
    """L5 to L1 on the endplate of S1 (its middle and its normal, (3,)); discs of 1-12 mm, more open in front."""
    up, place, vertebrae = upward, endplate, []
    for level in range(5):
        lowest = level == 0
        # Lordosis: each disc, and the wedge of each body, turns the next vertebra backward.
        open_in_front = dice.uniform(4, 20) if lowest else dice.uniform(2, 12)
        up = rotation(torch.tensor([-open_in_front, dice.normal(0, 2.0), 0.0])) @ up
        disc, high = dice.log_uniform(1.0, 12.0), dice.uniform(11.5, 15.5)
        middle = place + up * (disc + high) + torch.tensor([dice.normal(0, 1), dice.normal(0, 1.5), 0.0])
        vertebrae.append(
            Vertebra(
                middle=middle,
                frame=_frame(up),
                wide=dice.uniform(21, 28),
                deep=dice.uniform(14.5, 19),
                high=high,
                lip=dice.uniform(0, 4) if dice.chance(0.4) else 0.0,
                disc=disc,
                arms=dice.uniform(10, 24),
                stout=dice.uniform(0.5, 2.5) if lowest else 0.0,
            )
        )
        place = middle + up * high
    return vertebrae


def _radial(p: torch.Tensor, v: Vertebra) -> torch.Tensor:
    """0 on the axis of the body, 1 on its side; the waist is narrower, lipped edges are wider."""
    level = (p[:, 2] / v.high).square().clamp(max=1)
    width = 1 - 0.12 * (1 - level) + v.lip / v.wide * level**4
    return ((p[:, 0] / (v.wide * width)).square() + (p[:, 1] / (v.deep * width)).square()).sqrt()


def _body(p: torch.Tensor, v: Vertebra) -> torch.Tensor:
    """Distance (N,) to an elliptic cylinder along z with a waist and slightly hollow ends."""
    radial = _radial(p, v)
    hollow = 1.5 * (1 - radial.clamp(max=1).square())
    return torch.maximum((radial - 1) * min(v.wide, v.deep), p[:, 2].abs() - v.high + hollow)


def disc_distance(p: torch.Tensor, v: Vertebra) -> torch.Tensor:
    """Distance (N,) in mm to the disc below a vertebra; ``p`` (N, 3) in its frame. The disc reaches into both bones."""
    side = (_radial(p, v) - 1) * min(v.wide, v.deep) - 1.0
    half = v.disc / 2 + 3.0
    return torch.maximum(side, (p[:, 2] + v.high + v.disc / 2).abs() - half)


def vertebra_distance(p: torch.Tensor, v: Vertebra) -> torch.Tensor:
    """Distance (N,) in mm to one vertebra; ``p`` (N, 3) in its frame."""
    q = torch.stack([p[:, 0].abs(), p[:, 1], p[:, 2]], -1)  # the two sides are alike
    out = _body(p, v)
    at = lambda x, y, z: torch.tensor([x, y, z])  # noqa: E731 - three numbers to a point
    for a, b, r in (
        (at(v.wide * 0.6, v.deep * 0.7, 4.0), at(v.wide * 0.75, v.deep + 12, 3.0), 5.0 + v.stout),  # pedicle
        (at(v.wide * 0.75, v.deep + 10, 4.0), at(v.wide * 0.7, v.deep + 17, -v.high - 6), 5.5),  # facets
        (at(v.wide * 0.75, v.deep + 4, 4.0), at(v.wide + v.arms, v.deep + 9, 7.0), 4.0 + v.stout),  # transverse process
        (at(v.wide * 0.6, v.deep + 15, 0.0), at(0.0, v.deep + 24, -4.0), 3.5),  # lamina
        (at(0.0, v.deep + 22, -4.0), at(0.0, v.deep + 42, -8.0), 4.0),  # spinous process
    ):
        out = smooth_min(out, capsule(q, a, b, r), 3.0)
    return out
