"""What measures on a radiograph are computed from: landmarks in pixels of the film, and what a pixel measures.

Points are (x, y), that is column and row, from the centre of the first pixel; rows run to the feet and columns to the
patient's left, as an AP film is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import unit
from hipjoint.measure.head_neck import lateral_of
from hipjoint.measure.landmarks import SIDES, Landmark, Landmarks, LandmarkType, key
from hipjoint.measure.measure import Found
from hipjoint.measure.value import Definition

HEAD = LandmarkType(
    "head",
    "Femoral head",
    "sphere",
    "Circle through most of the outline of the head; neck and osteophytes do not pull.",
)
NECK_CENTRE = LandmarkType(
    "neck_centre",
    "Middle of the neck",
    "point",
    "Middle of the narrowest section of the neck, square to the line from the head's centre to this point.",
)
SHAFT_AXIS = LandmarkType(
    "shaft_axis",
    "Axis of the shaft",
    "line",
    "Robust line through the middles of the shaft, from 3.2 head radii below the head's centre on, for 4 at most.",
)
LESSER_TROCHANTER = LandmarkType(
    "lesser_trochanter",
    "Tip of the lesser trochanter",
    "point",
    "Where the medial outline stands out most over the chord from half a head radius above to half a radius below.",
)
TEARDROP = LandmarkType("teardrop", "Lowest point of the teardrop", "point", "Lowest point of Koehler's teardrop.")
RIM = LandmarkType(
    "acetabular_edge",
    "Lateral edge of the acetabulum",
    "point",
    "Lateral end of the border between joint space and hip bone, above the head.",
)
SPACES = {
    place: LandmarkType(f"joint_space_{place}", f"Joint space, {place}", "line", f"{text} First point at the head.")
    for place, text in (
        ("lateral", "On the ray from the head's centre 5 degrees medial of the lateral edge of the acetabulum."),
        ("apical", "On the ray from the head's centre square to the line of the teardrops, upwards."),
        ("medial", "On the ray from the head's centre 30 degrees medial of the apical one."),
    )
}
FORAMEN_WIDTH = LandmarkType(
    "foramen_width", "Width of the obturator foramen", "line", "Extent along the line of the teardrops."
)
FORAMEN_HEIGHT = LandmarkType(
    "foramen_height", "Height of the obturator foramen", "line", "Extent square to the line of the teardrops."
)
FILM_LANDMARKS = (
    HEAD,
    NECK_CENTRE,
    SHAFT_AXIS,
    LESSER_TROCHANTER,
    TEARDROP,
    RIM,
    *SPACES.values(),
    FORAMEN_WIDTH,
    FORAMEN_HEIGHT,
)


@dataclass(frozen=True)
class Level:
    """Directions on a film: unit vectors (2,) to the patient's ``left`` and to the feet (``down``), at right angles.

    ``known`` says whether both teardrops gave them; the film's own rows are taken if not.
    """

    left: Floats
    known: bool

    @property
    def down(self) -> Floats:
        """To the feet."""
        return np.array([-self.left[1], self.left[0]])

    def lateral(self, side: Side) -> Floats:
        """Away from the middle of the patient."""
        return np.asarray(self.left * lateral_of(side))


def level_of(landmarks: Landmarks) -> Level:
    """The directions by the line of the teardrops, from the right one to the left."""
    drops = [landmarks.get(key(TEARDROP, side)) for side in SIDES]
    points = [each.point for each in drops if each is not None and each.found]
    if len(points) < 2:
        return Level(np.array([1.0, 0.0]), known=False)
    return Level(unit(points[1] - points[0]), known=True)


@dataclass(frozen=True)
class FilmCase:
    """``landmarks`` by key, ``pixel_mm`` the size of a pixel at the hip or None, ``doubt`` a sentence about that."""

    landmarks: Landmarks
    pixel_mm: float | None = None
    doubt: str = ""

    def __getitem__(self, place: tuple[LandmarkType, Side]) -> Landmark:
        return self.landmarks[key(*place)]

    @property
    def level(self) -> Level:
        """The directions of this film."""
        return level_of(self.landmarks)


@dataclass(frozen=True)
class FilmMeasure:
    """One measure: it ``needs`` landmarks of its own side, or, not ``sided``, of both.

    ``compute`` is a pure function of the case; a ``length`` it gives in pixels, to be given in mm or as a ratio. It
    raises ``Unmeasurable``.
    """

    definition: Definition
    needs: tuple[LandmarkType, ...]
    compute: Callable[[FilmCase, Side], Found]
    sided: bool = True
    length: bool = False

    def required(self, side: Side) -> tuple[str, ...]:
        """The keys of the landmarks without which there is no value of a side."""
        sides = (side,) if self.sided else SIDES
        return tuple(key(kind, each) for kind in self.needs for each in sides)
