"""Two hips drawn with circles and straight lines, whose measures follow from how they are drawn.

All in pixels (x, y). The right hip is drawn; the left one is its mirror image.
"""

from __future__ import annotations

import numpy as np
from skimage.draw import polygon

ROWS, COLUMNS = 620, 760
RADIUS = 40.0
HEAD = np.array([230.3, 259.6])
NECK_SHAFT = 130.0  # degrees
EDGE = 30.0  # degrees of the lateral edge of the roof
SPACE = 6.0  # width of the joint space
SHAFT_X = 165.0  # of the shaft's axis, which is upright
DROP = np.array([290.0, 300.0])  # lowest point of the teardrop
TIP = np.array([193.0, 372.0])  # of the lesser trochanter
FORAMEN = np.array([330.0, 370.0, 22.0, 30.0])  # middle, half a width, half a height
MIRROR = (COLUMNS - 1) / 2


def right_hip(tip: np.ndarray = TIP, drop: np.ndarray = DROP) -> np.ndarray:
    """Label image (rows, columns) of the right hip, 0 to 5."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    labels = np.zeros((ROWS, COLUMNS), np.uint8)
    away = np.hypot(x - HEAD[0], y - HEAD[1])
    angle = np.degrees(np.arctan2(HEAD[0] - x, HEAD[1] - y))  # from upwards to lateral, which is left
    # Hip bone: a thick roof over the head, and a pubis with a foramen medial of it.
    roof = (away > RADIUS) & (away < RADIUS + 70) & (angle < EDGE) & (angle > -140)
    pubis = (abs(x - 330) < 45) & (y > 290) & (y < 430)
    labels[roof | pubis] = 5
    a, b, half, tall = FORAMEN
    labels[((x - a) / half) ** 2 + ((y - b) / tall) ** 2 < 1] = 0
    labels[roof & (away < RADIUS + SPACE) & (angle > -120)] = 4
    labels[_within([drop - np.array([8, 26]), drop + np.array([8, -26]), drop])] = 3
    labels[_femur_outline()] = 1
    shaft = (abs(x - SHAFT_X) < 26) & (y > 400)
    labels[shaft] = 2
    labels[shaft & (abs(x - SHAFT_X) < 12)] = 1
    labels[_lesser(tip)] = 2
    labels[away <= RADIUS] = 1
    return labels


def both_hips(**right: np.ndarray) -> dict[str, np.ndarray]:
    """Label images of both hips; what is given changes the right one alone."""
    return {"right": right_hip(**right), "left": right_hip()[:, ::-1]}


def _within(corners: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    points = np.array(corners)
    return polygon(points[:, 1], points[:, 0], (ROWS, COLUMNS))


def _neck(half: float) -> list[np.ndarray]:
    turn = np.radians(NECK_SHAFT - 90)
    way = np.array([-np.cos(turn), np.sin(turn)])
    square = np.array([way[1], -way[0]])
    end = HEAD + way * (HEAD[0] - SHAFT_X) / np.cos(turn)
    return [HEAD + half * square, end + half * square, end - half * square, HEAD - half * square]


def _femur_outline() -> np.ndarray:
    out = np.zeros((ROWS, COLUMNS), bool)
    out[_within(_neck(24.0))] = True
    y, x = np.mgrid[:ROWS, :COLUMNS]
    out |= (abs(x - SHAFT_X) < 26) & (y > 290)
    out |= np.hypot(x - 150, y - 275) < 30  # greater trochanter
    return out


def _lesser(tip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    base = SHAFT_X + 20
    return _within([np.array([base, tip[1] - 14]), tip, np.array([base, tip[1] + 14])])
