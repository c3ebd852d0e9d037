"""Landmarks of the hip: what measures are computed from, what a person may move, and what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.value import NOT_MEASURABLE, Quality

Kind = Literal["point", "line", "sphere", "curve"]
SIDES: tuple[Side, ...] = ("right", "left")


@dataclass(frozen=True)
class LandmarkType:
    """What a landmark is: ``name`` in files, ``title`` for people, ``kind`` of thing, ``text`` of the rule."""

    name: str
    title: str
    kind: Kind
    text: str


HEAD = LandmarkType(
    "head", "Femoral head", "sphere", "Sphere fitted to the surface of the head; neck and collapsed parts do not pull."
)
NECK_CENTRE = LandmarkType(
    "neck_centre",
    "Centre of the neck",
    "point",
    "Centroid of the narrowest section of the neck, square to the line from the head's centre to this point.",
)
SHAFT_AXIS = LandmarkType(
    "shaft_axis",
    "Axis of the shaft",
    "line",
    "Robust line through the centres of circles fitted to the sections of the shaft, from 3 to 3 + 100/R head radii R "
    "below the head's centre as far as the scan shows it; first point above, second below.",
)
GREATER_TROCHANTER = LandmarkType(
    "greater_trochanter",
    "Tip of the greater trochanter",
    "point",
    "Highest point, along the shaft, of its lateral part.",
)
LESSER_TROCHANTER = LandmarkType(
    "lesser_trochanter",
    "Tip of the lesser trochanter",
    "point",
    "Point that stands out most from the shaft's axis to medial and posterior, below the neck.",
)
CONDYLES = LandmarkType(
    "condyles",
    "Backs of the condyles",
    "line",
    "Line that touches both condyles from behind (table-top); first point medial, second lateral.",
)
KNEE_CENTRE = LandmarkType("knee_centre", "Centre of the knee", "point", "Middle of the condyles.")
ACETABULUM = LandmarkType(
    "acetabulum", "Acetabular sphere", "sphere", "Sphere fitted to the part of the acetabulum that faces the head."
)
RIM = LandmarkType(
    "rim",
    "Acetabular rim",
    "curve",
    "Where, in half-planes round the axis of the acetabulum, the surface of the socket ends: the edge that stands out "
    "most. Bridged across the notch. It runs so that the right-hand rule gives the direction in which it opens.",
)
ASIS = LandmarkType(
    "asis",
    "Anterior superior iliac spine",
    "point",
    "Where the plane that touches the pelvis from the front lies on the iliac wing.",
)
PUBIC_TUBERCLE = LandmarkType(
    "pubic_tubercle",
    "Pubic tubercle",
    "point",
    "Where the plane that touches the pelvis from the front lies on the pubic bone.",
)
ISCHIUM = LandmarkType("ischium", "Lowest point of the ischium", "point", "Lowest point of the hip bone.")

LANDMARKS: tuple[LandmarkType, ...] = (
    HEAD,
    NECK_CENTRE,
    SHAFT_AXIS,
    GREATER_TROCHANTER,
    LESSER_TROCHANTER,
    CONDYLES,
    KNEE_CENTRE,
    ACETABULUM,
    RIM,
    ASIS,
    PUBIC_TUBERCLE,
    ISCHIUM,
)
BY_NAME: Mapping[str, LandmarkType] = {each.name: each for each in LANDMARKS}


@dataclass(frozen=True)
class Landmark:
    """One landmark of one side, or the reason why there is none.

    ``points`` (n, 3) are LPS mm: one of a point or a sphere's centre, two of a line, many of a closed curve; none if it
    is not measurable. ``radius`` is a sphere's in mm, ``residual`` its fit's root mean square distance in mm.
    ``edited`` says that a person moved it. Raises ``ValueError`` for one that is not good and gives no ``reason``.
    """

    type: LandmarkType
    side: Side
    points: Floats
    radius: float = 0.0
    residual: float = 0.0
    quality: Quality = "good"
    reason: str = ""
    edited: bool = False

    def __post_init__(self) -> None:
        if (self.quality == NOT_MEASURABLE) != (len(self.points) == 0):
            raise ValueError(f"{self.key}: a landmark has points unless it is not measurable")
        if self.quality != "good" and not self.reason:
            raise ValueError(f"{self.key}: a landmark that is {self.quality} needs a reason")

    @property
    def key(self) -> str:
        """Its name in files: "head_right"."""
        return key(self.type, self.side)

    @property
    def found(self) -> bool:
        """Whether there is something to measure with."""
        return self.quality != NOT_MEASURABLE

    @property
    def point(self) -> Floats:
        """The point (3,), the centre of the sphere, or the first point of the line."""
        return np.asarray(self.points[0])

    def record(self) -> dict[str, Any]:
        """The landmark as plain data for JSON."""
        sphere = {"radius_mm": round(self.radius, 3), "residual_mm": round(self.residual, 3)}
        size = sphere if self.type.kind == "sphere" else {}
        return {
            "name": self.type.name,
            "side": self.side,
            "title": self.type.title,
            "kind": self.type.kind,
            "points_lps_mm": [[round(float(x), 3) for x in point] for point in self.points],
            **size,
            "quality": self.quality,
            "reason": self.reason,
            "edited": self.edited,
        }


Landmarks = Mapping[str, Landmark]


def key(kind: LandmarkType, side: Side) -> str:
    """The name of a landmark of a side in files and tables."""
    return f"{kind.name}_{side}"


def absent(kind: LandmarkType, side: Side, reason: str) -> Landmark:
    """A landmark that the scan does not show, for the ``reason`` in words."""
    return Landmark(kind, side, np.empty((0, 3)), quality=NOT_MEASURABLE, reason=reason)


def placed(
    kind: LandmarkType, side: Side, *points: Floats, doubt: str = "", radius: float = 0.0, residual: float = 0.0
) -> Landmark:
    """A landmark at ``points`` (each (3,) in LPS mm); ``doubt`` says why it is not certain."""
    quality: Quality = "doubtful" if doubt else "good"
    return Landmark(kind, side, np.array(points, dtype=np.float64), radius, residual, quality, doubt)


def table_of(found: Iterable[Landmark]) -> dict[str, Landmark]:
    """Landmarks by their key."""
    return {each.key: each for each in found}
