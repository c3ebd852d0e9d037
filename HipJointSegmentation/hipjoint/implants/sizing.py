"""Cup and stem for a hip: sizes and places to start from, and the numbers of any size at any place.

``size_cup`` and ``size_stem`` propose; ``cup_values`` and ``stem_values`` are functions of size and pose alone, so that
what a person drags is computed anew in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.implants import stem_fit as fits
from hipjoint.implants.canal import NEEDS, Canal, canal_of
from hipjoint.implants.cup import LARGEST, SMALLEST, WALL_MM, Cup, cup_fit, cup_for, cup_surface
from hipjoint.implants.pose import cup_angles, cup_pose
from hipjoint.implants.stem import NECK_SHAFT_DEGREES, Stem, stem_surface
from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import TABLE, Frame
from hipjoint.measure.geometry import GeometryValue
from hipjoint.measure.landmarks import ACETABULUM, HEAD, SHAFT_AXIS, SIDES, key
from hipjoint.measure.measure import PELVIC_PLANE, Case, Unmeasurable
from hipjoint.measure.orientation import SOURCE as ANGLES_SOURCE
from hipjoint.measure.value import Definition, Quality, Value, missing

# Degrees, radiographic: the middle of the safe zone for inclination, and a version within it (Lewinnek 1978).
INCLINATION, VERSION = 40.0, 20.0
_OWN = "definition of this program"

CUP_SIZE = Definition(
    "cup_size",
    "Outer diameter of the cup",
    "mm",
    f"The smallest of the cups of {SMALLEST:.0f} to {LARGEST:.0f} mm, in steps of 2, that is not smaller than the "
    f"acetabular sphere. A hemisphere with a wall of {WALL_MM:.0f} mm; a generic shape of no maker.",
    _OWN,
    0,
)
CUP_INCLINATION = Definition(
    "cup_inclination",
    "Inclination of the cup, radiographic",
    "degrees",
    "Between the long axis and the axis of the cup projected on the coronal plane, in the frame that is named.",
    ANGLES_SOURCE,
)
CUP_VERSION = Definition(
    "cup_version",
    "Version of the cup, radiographic",
    "degrees",
    "Between the axis of the cup and the coronal plane, in the frame that is named. Positive: it opens to the front.",
    ANGLES_SOURCE,
)
CUP_COVERAGE = Definition(
    "cup_coverage",
    "Cup covered by bone",
    "%",
    "Share of the outer surface of the hemisphere that has bone within 1 mm outside it.",
    _OWN,
    0,
)
CUP_PENETRATION = Definition(
    "cup_medial_penetration",
    "Cup through the medial wall",
    "mm",
    "How far the cup reaches beyond the inner surface of the hip bone, within 50 degrees of medial; 2 % of the "
    "directions may reach farther.",
    _OWN,
)
STEM_SIZE = Definition(
    "stem_size",
    "Size of the stem",
    "",
    "The largest stem whose body lies in the canal with 98 % of its surface (0.5 mm into the cortex still counts), "
    "along the axis of the shaft, its head as high as the native one. A straight, tapered stem with a neck of "
    f"{NECK_SHAFT_DEGREES:.0f} degrees; a generic shape of no maker.",
    _OWN,
    0,
)
STEM_OUTSIDE = Definition(
    "stem_outside",
    "Stem outside the canal",
    "%",
    "Share of the surface of the stem's body that lies more than 0.5 mm in or beyond the cortex.",
    _OWN,
    0,
)
STEM_DEEPEST = Definition(
    "stem_deepest", "Stem farthest into the cortex", "mm", "Greatest distance of the body from the canal.", _OWN
)
STEM_FILL = Definition(
    "stem_fill",
    "Canal filled by the stem",
    "%",
    "Width of the stem over the width of the canal, from medial to lateral, mean over the lower half of the stem.",
    _OWN,
    0,
)
LEG_CHANGE = Definition(
    "implant_leg_length_change",
    "Change of leg length",
    "mm",
    "How much higher the stem's head stands on the femur, along the shaft, than the native one, less how much higher "
    "the cup's centre lies in the pelvis than the native head. Positive: the leg gets longer.",
    _OWN,
)
OFFSET_CHANGE = Definition(
    "implant_offset_change",
    "Change of global offset",
    "mm",
    "Distance of the stem's head from the axis of the shaft less that of the native head, and how much farther "
    "lateral the cup's centre lies than the native head.",
    _OWN,
)
CUP_DEFINITIONS = (CUP_SIZE, CUP_INCLINATION, CUP_VERSION, CUP_COVERAGE, CUP_PENETRATION)
STEM_DEFINITIONS = (STEM_SIZE, STEM_OUTSIDE, STEM_DEEPEST, STEM_FILL, LEG_CHANGE, OFFSET_CHANGE)


@dataclass(frozen=True)
class PlacedCup:
    """A cup at a ``pose`` (4, 4) in LPS mm, and the frame that its angles refer to."""

    cup: Cup
    pose: Floats
    frame: Frame


@dataclass(frozen=True)
class PlacedStem:
    """A stem at a ``pose`` (4, 4) in LPS mm, in a canal; ``doubt`` says why its size is not certain."""

    stem: Stem
    pose: Floats
    canal: Canal
    doubt: str = ""


@dataclass(frozen=True)
class Implants:
    """What was proposed for a side: cup and stem where they could be sized, and all values, with reasons if not."""

    side: Side
    cup: PlacedCup | None
    stem: PlacedStem | None
    values: tuple[Value, ...]

    def record(self) -> dict[str, Any]:
        """Sizes, poses and values as plain data for JSON."""
        cup = self.cup and {
            "outer_diameter_mm": self.cup.cup.diameter,
            "wall_mm": self.cup.cup.wall,
            "angles_in": self.cup.frame.name,
            "pose_lps_mm": _plain(self.cup.pose),
        }
        stem = self.stem and {
            **{f"{name}_mm": round(getattr(self.stem.stem, name), 2) for name in _STEM_SIZES},
            "size": self.stem.stem.size,
            "pose_lps_mm": _plain(self.stem.pose),
        }
        return {"cup": cup, "stem": stem, "values": [_record(each) for each in self.values]}


_STEM_SIZES = ("distal", "width", "depth", "length", "neck")


def _record(value: Value) -> dict[str, Any]:
    definition = value.definition
    return {**value.record(), "title": definition.title, "definition": definition.text, "source": definition.source}


def _plain(pose: Floats) -> list[list[float]]:
    return [[round(float(number), 5) for number in row] for row in pose]


def cup_frame(case: Case) -> Frame:
    """The pelvic plane if it was found, else the table."""
    whole = all(case[kind, side].found for kind in PELVIC_PLANE for side in SIDES)
    return case.pelvis() if whole else TABLE


def size_cup(case: Case, side: Side) -> PlacedCup:
    """The cup for an acetabulum, in its sphere, at 40 and 20 degrees. Raises ``Unmeasurable`` with the reason."""
    sphere = case[ACETABULUM, side]
    if not sphere.found:
        raise Unmeasurable(sphere.reason)
    cup = cup_for(2 * sphere.radius)
    if cup is None:
        raise Unmeasurable(
            f"The {side} acetabulum measures {2 * sphere.radius:.0f} mm; there are cups of {SMALLEST:.0f} to "
            f"{LARGEST:.0f} mm."
        )
    frame = cup_frame(case)
    return PlacedCup(cup, cup_pose(sphere.point, INCLINATION, VERSION, frame, side), frame)


def size_stem(case: Case, side: Side) -> PlacedStem:
    """The stem for a femur, along its shaft. Raises ``Unmeasurable`` with the reason, without a CT for one."""
    canal = canal_of(case, side)
    head = case[HEAD, side].point
    stem, doubt = fits.size_stem(canal, head)
    return PlacedStem(stem, fits.stem_pose(stem, canal, head), canal, doubt)


def cup_values(case: Case, side: Side, placed: PlacedCup) -> tuple[Value, ...]:
    """All numbers of a cup of any size at any pose, in the order of ``CUP_DEFINITIONS``."""
    angles = cup_angles(placed.pose, placed.frame, side)
    sphere = case[ACETABULUM, side]
    doubt = "" if placed.frame is not TABLE else "The plane of the pelvis was not found: the angles are the table's."
    found = [
        _value(CUP_SIZE, side, placed.cup.diameter, sphere.reason),
        _value(CUP_INCLINATION, side, angles.inclination, doubt),
        _value(CUP_VERSION, side, angles.version, doubt),
    ]
    bone = case.bones().hip(side)
    if bone is None:
        reason = f"The scan shows no {side} hip bone."
        return (*found, *(missing(each, side, reason) for each in (CUP_COVERAGE, CUP_PENETRATION)))
    fit = cup_fit(placed.cup, placed.pose, bone, placed.frame)
    found.append(_value(CUP_COVERAGE, side, 100 * fit.coverage, ""))
    if fit.penetration is None:
        return (*found, missing(CUP_PENETRATION, side, "No bone lies medial of the cup."))
    return (*found, _value(CUP_PENETRATION, side, fit.penetration, ""))


def stem_values(case: Case, side: Side, placed: PlacedStem, cup_centre: Floats | None = None) -> tuple[Value, ...]:
    """All numbers of a stem of any size at any pose, in the order of ``STEM_DEFINITIONS``.

    ``cup_centre`` (3,) in LPS mm is where the head will be; without a cup, where the native one is.
    """
    head, axis = case[HEAD, side], case[SHAFT_AXIS, side]
    doubt = " ".join(dict.fromkeys(case[kind, side].reason for kind in NEEDS if case[kind, side].reason))
    centre = head.point if cup_centre is None else cup_centre
    changed = fits.change(placed.stem, placed.pose, head, axis, centre, cup_frame(case))
    changes = [_value(LEG_CHANGE, side, changed.leg_length, doubt), _value(OFFSET_CHANGE, side, changed.offset, doubt)]
    size = _value(STEM_SIZE, side, placed.stem.size, " ".join(filter(None, (placed.doubt, doubt))))
    try:
        fit = fits.stem_fit(placed.stem, placed.pose, placed.canal)
    except Unmeasurable as problem:
        unknown = [missing(each, side, str(problem)) for each in (STEM_OUTSIDE, STEM_DEEPEST, STEM_FILL)]
        return (size, *unknown, *changes)
    fill = (
        missing(STEM_FILL, side, "The width of the canal is not known along the stem.")
        if fit.fill is None
        else _value(STEM_FILL, side, 100 * fit.fill, doubt)
    )
    inside = [_value(STEM_OUTSIDE, side, 100 * fit.outside, doubt), _value(STEM_DEEPEST, side, fit.deepest, doubt)]
    return (size, *inside, fill, *changes)


def implants_for(case: Case) -> tuple[Implants, ...]:
    """Cup and stem of both sides, with all their numbers; what cannot be sized says why."""
    return tuple(_for_side(case, side) for side in SIDES)


def _for_side(case: Case, side: Side) -> Implants:
    cup = stem = None
    try:
        cup = size_cup(case, side)
        values = cup_values(case, side, cup)
    except Unmeasurable as problem:
        values = tuple(missing(each, side, str(problem)) for each in CUP_DEFINITIONS)
    try:
        stem = size_stem(case, side)
        values += stem_values(case, side, stem, None if cup is None else cup.pose[:3, 3])
    except Unmeasurable as problem:
        values += tuple(missing(each, side, str(problem)) for each in STEM_DEFINITIONS)
    return Implants(side, cup, stem, values)


def geometry_values(implants: Sequence[Implants]) -> tuple[GeometryValue, ...]:
    """The values of all implants with the landmarks they were computed from."""
    of_cup = (ACETABULUM, *PELVIC_PLANE)
    return tuple(
        GeometryValue(value, tuple(key(kind, each.side) for kind in kinds))
        for each in implants
        for value in each.values
        for kinds in [of_cup if value.definition in CUP_DEFINITIONS else NEEDS]
    )


def implant_surfaces(implants: Sequence[Implants]) -> dict[str, vtkPolyData]:
    """Closed surfaces in LPS mm of all implants that could be sized, by "cup_right" and so on."""
    cups = {f"cup_{each.side}": cup_surface(each.cup.cup, each.cup.pose) for each in implants if each.cup}
    stems = {f"stem_{each.side}": stem_surface(each.stem.stem, each.stem.pose) for each in implants if each.stem}
    return cups | stems


def _value(definition: Definition, side: Side, number: float, doubt: str) -> Value:
    quality: Quality = "doubtful" if doubt else "good"
    return Value(definition, side, float(np.round(number, 6)), quality, doubt)
