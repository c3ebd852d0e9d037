"""Cup and stem for a hip: sizes and places to start from, and the numbers of any size at any place.

``size_cup`` and ``size_stem`` propose; ``cup_values`` and ``stem_values`` are functions of size and pose alone, so that
what a person drags is computed anew in the same way: ``measured``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.implants import stem_fit as fits
from hipjoint.implants.canal import NEEDS, Canal, canal_of
from hipjoint.implants.cup import LARGEST, ROOM_MM, SMALLEST, Cup, cup_fit, cup_for, cup_surface, field_round
from hipjoint.implants.definitions import (
    CUP_COVERAGE,
    CUP_DEFINITIONS,
    CUP_INCLINATION,
    CUP_PENETRATION,
    CUP_SIZE,
    CUP_VERSION,
    LEG_CHANGE,
    OFFSET_CHANGE,
    STEM_DEEPEST,
    STEM_DEFINITIONS,
    STEM_FILL,
    STEM_OUTSIDE,
    STEM_SIZE,
)
from hipjoint.implants.pose import cup_angles, cup_pose
from hipjoint.implants.stem import Stem, stem_surface
from hipjoint.labels import Side
from hipjoint.measure.bone_shape import Bone
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import TABLE, Frame
from hipjoint.measure.geometry import GeometryValue
from hipjoint.measure.landmarks import ACETABULUM, HEAD, SHAFT_AXIS, SIDES, key
from hipjoint.measure.measure import PELVIC_PLANE, Case, Unmeasurable
from hipjoint.measure.value import Definition, Quality, Value, missing

# Degrees, radiographic: the middle of the safe zone for inclination, and a version within it (Lewinnek 1978).
INCLINATION, VERSION = 40.0, 20.0


@dataclass(frozen=True)
class PlacedCup:
    """A cup at a ``pose`` (4, 4) in LPS mm."""

    cup: Cup
    pose: Floats


@dataclass(frozen=True)
class PlacedStem:
    """A stem at a ``pose`` (4, 4) in LPS mm, in a canal, None where it is not known.

    ``doubt`` says why its size is not certain, or why the canal is not known.
    """

    stem: Stem
    pose: Floats
    canal: Canal | None
    doubt: str = ""


@dataclass(frozen=True)
class Implants:
    """Cup and stem of a side, as proposed or as a person placed them, and all values; None for what could not be sized.

    ``absent`` has the reason for each None, ``edited`` the names of those that a person placed ("cup", "stem");
    ``angles_in`` is the name of the frame of the cup's angles; ``canal`` is known if the scan shows it, stem or not.
    """

    side: Side
    cup: PlacedCup | None
    stem: PlacedStem | None
    values: tuple[Value, ...]
    absent: Mapping[str, str] = field(default_factory=dict)
    edited: tuple[str, ...] = ()
    angles_in: str = TABLE.name
    canal: Canal | None = None

    def is_edited(self, value: Value) -> bool:
        """Whether a value follows from where a person placed an implant."""
        if value.definition in CUP_DEFINITIONS:
            return "cup" in self.edited
        # Where the head goes follows from the cup too.
        return "stem" in self.edited or (value.definition in (LEG_CHANGE, OFFSET_CHANGE) and "cup" in self.edited)

    def record(self) -> dict[str, Any]:
        """Sizes, poses and values as plain data for JSON."""
        cup = self.cup and {
            "outer_diameter_mm": self.cup.cup.diameter,
            "wall_mm": self.cup.cup.wall,
            "angles_in": self.angles_in,
            "edited": "cup" in self.edited,
            "pose_lps_mm": _plain(self.cup.pose),
        }
        stem = self.stem and {
            **{f"{name}_mm": round(getattr(self.stem.stem, name), 2) for name in _STEM_SIZES},
            "size": self.stem.stem.size,
            "doubt": self.stem.doubt,
            "edited": "stem" in self.edited,
            "pose_lps_mm": _plain(self.stem.pose),
        }
        values = [{**_record(each), "edited": self.is_edited(each)} for each in self.values]
        return {"cup": cup, "stem": stem, "absent": dict(self.absent), "values": values}


_STEM_SIZES = ("distal", "width", "depth", "length", "neck")


def _record(value: Value) -> dict[str, Any]:
    definition = value.definition
    named = {"title": definition.title, "definition": definition.text, "source": definition.source}
    return {"side": value.side, **value.record(), **named}


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
    return PlacedCup(cup, cup_pose(sphere.point, INCLINATION, VERSION, cup_frame(case), side))


def size_stem(case: Case, side: Side, canal: Canal | None = None) -> PlacedStem:
    """The stem for a femur, along its shaft, in its ``canal`` if that is known already.

    Raises ``Unmeasurable`` with the reason, without a CT for one.
    """
    canal = canal or canal_of(case, side)
    head = case[HEAD, side].point
    stem, doubt = fits.size_stem(canal, head)
    return PlacedStem(stem, fits.stem_pose(stem, canal, head), canal, doubt)


def cup_values(case: Case, side: Side, placed: PlacedCup) -> tuple[Value, ...]:
    """All numbers of a cup of any size at any pose, in the order of ``CUP_DEFINITIONS``."""
    frame = cup_frame(case)
    angles = cup_angles(placed.pose, frame, side)
    sphere = case[ACETABULUM, side]
    doubt = "" if frame is not TABLE else "The plane of the pelvis was not found: the angles are the table's."
    found = [
        _value(CUP_SIZE, side, placed.cup.diameter, sphere.reason),
        _value(CUP_INCLINATION, side, angles.inclination, doubt),
        _value(CUP_VERSION, side, angles.version, doubt),
    ]
    bone = case.bones().hip(side)
    if bone is None:
        reason = f"The scan shows no {side} hip bone."
        return (*found, *(missing(each, side, reason) for each in (CUP_COVERAGE, CUP_PENETRATION)))
    fit = cup_fit(placed.cup, placed.pose, bone, frame, _known(case, side, bone, placed))
    found.append(_value(CUP_COVERAGE, side, 100 * fit.coverage, ""))
    if fit.penetration is None:
        return (*found, missing(CUP_PENETRATION, side, "No bone lies medial of the cup."))
    return (*found, _value(CUP_PENETRATION, side, fit.penetration, ""))


def _known(case: Case, side: Side, bone: Bone, placed: PlacedCup) -> sitk.Image | None:
    """The field of the hip bone round the acetabulum, made once for a case, if the cup lies in it."""
    sphere = case[ACETABULUM, side]
    if not sphere.found or np.linalg.norm(placed.pose[:3, 3] - sphere.point) > ROOM_MM:
        return None
    return case.once("field_round_acetabulum", side, lambda: field_round(bone, sphere.point))


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
    return (size, *_values_in_canal(side, placed, doubt), *changes)


def _values_in_canal(side: Side, placed: PlacedStem, doubt: str) -> tuple[Value, ...]:
    """How the stem lies in its canal, or why that cannot be said."""
    unknown = (STEM_OUTSIDE, STEM_DEEPEST, STEM_FILL)
    if placed.canal is None:
        return tuple(missing(each, side, placed.doubt or "The canal is not known.") for each in unknown)
    try:
        fit = fits.stem_fit(placed.stem, placed.pose, placed.canal)
    except Unmeasurable as problem:
        return tuple(missing(each, side, str(problem)) for each in unknown)
    fill = (
        missing(STEM_FILL, side, "The width of the canal is not known along the stem.")
        if fit.fill is None
        else _value(STEM_FILL, side, 100 * fit.fill, doubt)
    )
    return _value(STEM_OUTSIDE, side, 100 * fit.outside, doubt), _value(STEM_DEEPEST, side, fit.deepest, doubt), fill


def implants_for(case: Case) -> tuple[Implants, ...]:
    """Cup and stem of both sides, with all their numbers; what cannot be sized says why."""
    return tuple(_for_side(case, side) for side in SIDES)


def _for_side(case: Case, side: Side) -> Implants:
    cup = stem = canal = None
    absent = {}
    try:
        cup = size_cup(case, side)
    except Unmeasurable as problem:
        absent["cup"] = str(problem)
    try:
        canal = canal_of(case, side)
        stem = size_stem(case, side, canal)
    except Unmeasurable as problem:
        absent["stem"] = str(problem)
    return measured(case, Implants(side, cup, stem, (), absent, canal=canal))


def measured(case: Case, implants: Implants) -> Implants:
    """The same with its values anew, for sizes and poses and landmarks as they are now."""
    side, cup, stem, why = implants.side, implants.cup, implants.stem, implants.absent
    of_cup = cup_values(case, side, cup) if cup else tuple(missing(each, side, why["cup"]) for each in CUP_DEFINITIONS)
    of_stem = (
        stem_values(case, side, stem, cup.pose[:3, 3] if cup else None)
        if stem
        else tuple(missing(each, side, why["stem"]) for each in STEM_DEFINITIONS)
    )
    return replace(implants, values=of_cup + of_stem, angles_in=cup_frame(case).name)


def in_their_canals(case: Case, implants: Sequence[Implants]) -> tuple[Implants, ...]:
    """Implants that were placed elsewhere, measured in the bones of a case; each canal is looked for in its scan."""
    return tuple(measured(case, _in_canal(case, each)) for each in implants)


def _in_canal(case: Case, implants: Implants) -> Implants:
    stem = implants.stem
    if stem is None:
        return implants
    try:
        # What a size was doubtful for is past once somebody has chosen another.
        canal, doubt = canal_of(case, implants.side), "" if "stem" in implants.edited else stem.doubt
    except Unmeasurable as problem:
        canal, doubt = None, str(problem)
    return replace(implants, stem=replace(stem, canal=canal, doubt=doubt), canal=canal)


def geometry_values(implants: Sequence[Implants]) -> tuple[GeometryValue, ...]:
    """The values of all implants with the landmarks they were computed from."""
    of_cup = (ACETABULUM, *PELVIC_PLANE)
    return tuple(
        GeometryValue(value, tuple(key(kind, each.side) for kind in kinds), each.is_edited(value))
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
