"""Steinberg's grade from the lesion's share of the head, and the definitions of his stages for the clinician."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hipjoint.measure.flattening import Flattening
from hipjoint.measure.lesion import Interval
from hipjoint.measure.value import Definition

Grade = Literal["A", "B", "C"]
SOURCE = "Steinberg, Hayken and Steinberg, J Bone Joint Surg Br 1995;77:34-41"
# Exactly 15 and exactly 30 percent are grade B.
A_BELOW, C_ABOVE = 15.0, 30.0

GRADE = Definition(
    "steinberg_grade",
    "Steinberg grade",
    "%",
    f"A: the lesion is less than {A_BELOW:.0f} % of the head's volume, B: {A_BELOW:.0f} to {C_ABOVE:.0f} %, C: more "
    f"than {C_ABOVE:.0f} %. The share stands after the letter, its interval in brackets.",
    SOURCE,
)


@dataclass(frozen=True)
class Stage:
    """One of Steinberg's stages: ``number`` in Roman figures, what it means, and whether it is graded A to C."""

    number: str
    title: str
    text: str
    graded: bool
    source: str = SOURCE


STAGES: tuple[Stage, ...] = (
    Stage("0", "Nothing to see", "Radiographs, bone scan and MRI are normal or show nothing certain.", graded=False),
    Stage("I", "MRI or bone scan only", "Radiographs are normal; MRI or bone scan shows the lesion.", graded=True),
    Stage("II", "Radiographic lesion", "Radiographs show lucent and sclerotic areas; the head is round.", graded=True),
    Stage(
        "III",
        "Crescent sign",
        "The bone under the joint surface has broken (crescent sign); the head is still round. Graded by the share of "
        "the joint surface over the crescent.",
        graded=True,
    ),
    Stage(
        "IV",
        "Flattened head",
        "The joint surface has sunk in. Graded by the share of the surface that has, or by the depth: A less than "
        "2 mm, B 2 to 4 mm, C more than 4 mm.",
        graded=True,
    ),
    Stage(
        "V",
        "Narrow joint",
        "The joint space is narrower, with or without changes of the acetabulum. Graded by both together.",
        graded=True,
    ),
    Stage("VI", "Advanced degeneration", "The joint is destroyed by advanced degenerative change.", graded=False),
)
SHALLOW_MM, DEEP_MM = 2.0, 4.0
_GRADED_BY_VOLUME = ("I", "II")


def grade_of(share: float) -> Grade:
    """The grade of a share in percent."""
    if share < A_BELOW:
        return "A"
    return "B" if share <= C_ABOVE else "C"


def grading_note(stage: str) -> str:
    """What the grade by volume is worth in the stage of that number, as a sentence; empty where Steinberg uses it."""
    if stage in _GRADED_BY_VOLUME:
        return ""
    if not next(each.graded for each in STAGES if each.number == stage):
        return f"Stage {stage} has no grade."
    return f"In stage {stage} the grade does not go by the volume of the lesion: see the definition of the stage."


def margin_to_next(share: float) -> tuple[Grade, float]:
    """The nearest other grade, and how many points of percent the share is from the border to it."""
    to_lower, to_upper = abs(share - A_BELOW), abs(share - C_ABOVE)
    grade = grade_of(share)
    if grade == "B":
        return ("A", to_lower) if to_lower < to_upper else ("C", to_upper)
    return "B", to_lower if grade == "A" else to_upper


def grade_words(share: float, interval: Interval) -> str:
    """Grade, share and interval: "B, 26 % (23-30)". A share gets digits until it does not look like another grade."""
    low, high = interval
    return f"{grade_of(share)}, {_rounded(share)} % ({low:.0f}-{high:.0f})"


def grade_doubt(share: float, interval: Interval) -> str:
    """Why the grade is not certain, empty if every share in the interval has the same one."""
    others = sorted({grade_of(bound) for bound in interval} - {grade_of(share)})
    if not others:
        return ""
    return f"Within the uncertainty of the outline the grade could also be {' or '.join(others)}."


def stage_hints(lesion_found: bool, flattening: Flattening | None) -> tuple[str, ...]:
    """What the measures say about the stage, as sentences; the stage itself is chosen by the clinician."""
    hints = [_lesion_hint(lesion_found), *([] if flattening is None else [_depth_hint(flattening)])]
    hints.append("Crescent sign, joint space and acetabulum cannot be seen in a label map of head and lesion.")
    return tuple(hints)


def _lesion_hint(found: bool) -> str:
    if found:
        return "A lesion is marked: stage I or higher; I and II differ in the radiograph."
    return "No lesion is marked: stage 0 if radiograph, bone scan and MRI show none either."


def _depth_hint(flattening: Flattening) -> str:
    depth = f"{flattening.depth_mm:.1f} mm (wrong by up to {flattening.error_mm:.1f})"
    if not flattening.noticeable:
        return f"No flattening that these voxels can show (less than {flattening.error_mm:.1f} mm): speaks against IV."
    if flattening.normal:
        return f"Flattening of {depth}: normal heads are as flat, no sign of stage IV."
    if flattening.depth_mm < SHALLOW_MM:
        return f"Flattening of {depth}, less than 2 mm: stage IV if confirmed, grade A by its depth."
    if flattening.depth_mm <= DEEP_MM:
        return f"Flattening of {depth}, 2 to 4 mm: speaks for stage IV or higher, grade B by its depth."
    return f"Flattening of {depth}, more than 4 mm: speaks for stage IV or higher, grade C by its depth."


def _rounded(share: float) -> str:
    for digits in range(4):
        text = f"{share:.{digits}f}"
        if grade_of(float(text)) == grade_of(share):
            return text
    return f"{share:.6f}"
