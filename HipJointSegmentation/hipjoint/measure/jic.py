"""The type of the Japanese Investigation Committee: where under the weight-bearing surface the lesion lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.head_neck import lateral_of
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.surface_arc import Arc
from hipjoint.measure.value import Definition

JicType = Literal["A", "B", "C1", "C2"]

# Where no landmark of the acetabulum is given, a normal one is taken: the middle of the reference ranges of the
# lateral centre-edge angle (23-33 degrees) and of Sharp's angle (38-42) in Tannast et al., Clin Orthop Relat Res 2015.
# In a head that is centred between edge and teardrop the perpendicular bisector leans medially by Sharp's angle.
NORMAL_EDGE, EDGE_RANGE = 28.0, (23.0, 33.0)
NORMAL_MEDIAL, MEDIAL_RANGE = -40.0, (-42.0, -38.0)
_LEAST_SPAN = 20.0

JIC_TYPE = Definition(
    "jic_type",
    "JIC type",
    "%",
    "In the mid-coronal plane of the patient through the sphere's centre, how far the lesion's joint surface goes "
    "to the lateral, in percent of the weight-bearing portion from its medial end. A: up to one third, B: up to two "
    "thirds, C1: more, but not to the lateral edge of the acetabulum, C2: to the edge or beyond. The portion goes from "
    "the perpendicular bisector of the line from the lateral edge to the teardrop, to the lateral edge; where these "
    f"are not known, from {-NORMAL_MEDIAL:.0f} degrees medial to {NORMAL_EDGE:.0f} degrees lateral of superior (a "
    "normal acetabulum).",
    "Sugano et al., J Orthop Sci 2002;7:601-605 (revised criteria of 2001); normal acetabulum: Tannast et al., Clin "
    "Orthop Relat Res 2015;473:1234-1246",
    digits=0,
)


@dataclass(frozen=True)
class Acetabulum:
    """Landmarks of one acetabulum in LPS mm: the roof's lateral edge and, if known, the teardrop's lowest point."""

    lateral_edge: Floats
    teardrop: Floats | None = None


@dataclass(frozen=True)
class Portion:
    """The weight-bearing portion in degrees from superior, lateral positive; ``known`` if the edge was given."""

    medial: float
    lateral: float
    known: bool


@dataclass(frozen=True)
class JicResult:
    """The type, how far to the lateral the lesion goes in percent of the portion, and what makes it doubtful."""

    type: JicType
    extent: float
    doubt: str


def jic_words(result: JicResult) -> str:
    """The type for people, with how far the lesion goes."""
    if result.type == "C2":
        return "C2, to the lateral edge of the acetabulum"
    return f"{result.type}, to {result.extent:.0f} % of the weight-bearing portion"


def portion_of(acetabulum: Acetabulum | None, sphere: Sphere, side: Side) -> Portion:
    """The weight-bearing portion over a head.

    Raises ``ValueError`` with a sentence if the landmarks leave less than 20 degrees.
    """
    if acetabulum is None:
        return Portion(NORMAL_MEDIAL, NORMAL_EDGE, known=False)
    edge = _in_plane(acetabulum.lateral_edge, sphere, side)
    lateral = _angle(edge)
    medial = NORMAL_MEDIAL
    if acetabulum.teardrop is not None:
        medial = _bisector_angle(edge, _in_plane(acetabulum.teardrop, sphere, side), sphere.radius)
    if not lateral - medial >= _LEAST_SPAN:
        raise ValueError("The landmarks of the acetabulum do not lie round this head.")
    return Portion(medial, lateral, known=True)


def jic_type(arc: Arc, portion: Portion) -> JicResult:
    """The type of a lesion with the mid-coronal ``arc``.

    Raises ``ValueError`` with a sentence if the lesion does not reach the surface there.
    """
    if not arc.involved.any():
        raise ValueError("The lesion does not reach the joint surface in the mid-coronal plane.")
    extent = _extent(arc, portion)
    kind = _kind(extent)
    return JicResult(kind, extent, " ".join(filter(None, (_edge_doubt(arc, portion, kind), _gap_doubt(arc, portion)))))


def _kind(extent: float) -> JicType:
    if extent <= 100 / 3:
        return "A"
    if extent <= 200 / 3:
        return "B"
    return "C1" if extent < 100 else "C2"


def _extent(arc: Arc, portion: Portion) -> float:
    """Where in the portion the lesion ends laterally, in percent; 0 if it lies medially of it, 100 at the edge."""
    upper = arc.involved & (arc.angles > portion.medial) & (arc.angles < portion.medial + 180)
    if not upper.any():
        return 0.0
    reached = arc.angles[upper]
    if reached.min() > portion.lateral:
        raise ValueError("In the mid-coronal plane the lesion lies beyond the lateral edge of the acetabulum alone.")
    step = arc.angles[1] - arc.angles[0]
    end = float(reached.max() + step / 2)
    return float(np.clip(100 * (end - portion.medial) / (portion.lateral - portion.medial), 0, 100))


def _edge_doubt(arc: Arc, portion: Portion, kind: JicType) -> str:
    if portion.known:
        return ""
    kinds = {kind}
    for lateral in EDGE_RANGE:
        for medial in MEDIAL_RANGE:
            kinds.add(_kind(_extent(arc, Portion(medial, lateral, known=False))))
    others = "" if len(kinds) == 1 else f"; another normal one would give {' or '.join(sorted(kinds - {kind}))}"
    return f"The edge of the acetabulum is not known: a normal one was taken{others}."


def _gap_doubt(arc: Arc, portion: Portion) -> str:
    """The types speak of lesions that begin at the medial end; others are rare and not foreseen."""
    within = (arc.angles >= portion.medial) & (arc.angles <= portion.lateral)
    angles = arc.angles[within & arc.involved]
    if not len(angles) or angles.min() - portion.medial <= (portion.lateral - portion.medial) / 3:
        return ""
    return "The lesion leaves the medial third free, which the types do not foresee."


def _in_plane(point: Floats, sphere: Sphere, side: Side) -> Floats:
    """A point (2,) in mm lateral and superior of the centre, seen from the front."""
    offset = np.asarray(point, float) - sphere.centre
    return np.array([offset[0] * lateral_of(side), offset[2]])


def _angle(place: Floats) -> float:
    return float(np.degrees(np.arctan2(place[0], place[1])))


def _bisector_angle(edge: Floats, teardrop: Floats, radius: float) -> float:
    """Angle of the point where the perpendicular bisector of the line from edge to teardrop meets the sphere above."""
    middle = (edge + teardrop) / 2
    chord = edge - teardrop
    up = np.array([-chord[1], chord[0]]) / np.linalg.norm(chord)
    along = float(middle @ up)
    inside = along**2 - float(middle @ middle) + radius**2
    if inside < 0:
        raise ValueError("The landmarks of the acetabulum do not lie round this head.")
    return _angle(middle + (np.sqrt(inside) - along) * up)
