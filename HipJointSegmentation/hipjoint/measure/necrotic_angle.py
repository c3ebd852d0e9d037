"""The combined necrotic angle by the modified Kerboul method, and its classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hipjoint.measure.surface_arc import Arc
from hipjoint.measure.value import Definition

Risk = Literal["low risk", "moderate risk", "high risk"]
LOW_UP_TO, HIGH_FROM = 190.0, 240.0
GRADES_FROM = (200.0, 250.0, 300.0)
# Ends of arcs that may be wrong by more than this together, in degrees, can turn one class into another.
DOUBTFUL_FROM = 15.0

NECROTIC_ANGLE = Definition(
    "necrotic_angle",
    "Combined necrotic angle (modified Kerboul)",
    "degrees",
    "Arc of the head's outline over the lesion, seen from the centre of the sphere, in the mid-coronal plus in the "
    "mid-sagittal plane of the patient through that centre. An angle counts if lesion lies within 3 mm under the "
    f"surface. Risk of collapse: low up to {LOW_UP_TO:.0f}, moderate between, high from {HIGH_FROM:.0f} degrees; "
    "grades 1 to 4 begin at 0, 200, 250 and 300 degrees. Interval: half a voxel step at each end of an arc.",
    "Ha et al., J Bone Joint Surg Am 2006;88 Suppl 3:35-40",
    digits=0,
)


@dataclass(frozen=True)
class NecroticAngle:
    """Arcs in degrees in the two planes, and by how much their sum may be wrong."""

    coronal: float
    sagittal: float
    error: float

    @property
    def combined(self) -> float:
        """Sum of both arcs in degrees."""
        return self.coronal + self.sagittal

    @property
    def interval(self) -> tuple[float, float]:
        """The combined angle less and plus its error."""
        return max(0.0, self.combined - self.error), self.combined + self.error


def combined_angle(coronal: Arc, sagittal: Arc) -> NecroticAngle:
    """The angle of the two arcs of one head."""
    return NecroticAngle(coronal.degrees, sagittal.degrees, coronal.end_error + sagittal.end_error)


def risk_of(degrees: float) -> Risk:
    """The class of collapse risk of a combined angle."""
    if degrees <= LOW_UP_TO:
        return "low risk"
    return "high risk" if degrees >= HIGH_FROM else "moderate risk"


def grade_of(degrees: float) -> int:
    """Grade 1 to 4 of a combined angle."""
    return 1 + sum(degrees >= start for start in GRADES_FROM)


def angle_words(angle: NecroticAngle) -> str:
    """The angle for people: ``214 degrees (coronal 104, sagittal 110), moderate risk, grade 2``."""
    arcs = f"coronal {angle.coronal:.0f}, sagittal {angle.sagittal:.0f}"
    return f"{angle.combined:.0f} degrees ({arcs}), {risk_of(angle.combined)}, grade {grade_of(angle.combined)}"


def angle_doubt(angle: NecroticAngle) -> str:
    """Why the angle is not certain, empty if it is."""
    if angle.error > DOUBTFUL_FROM:
        return f"The voxels are so coarse that the ends of the arcs may be wrong by {angle.error:.0f} degrees together."
    others = {risk_of(bound) for bound in angle.interval} - {risk_of(angle.combined)}
    return f"Within half a voxel it could also be {' or '.join(sorted(others))}." if others else ""
