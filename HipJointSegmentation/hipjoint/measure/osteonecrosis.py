"""Osteonecrosis of the femoral head: every measure of both hips from a label map of heads and lesions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import ONFH, Side
from hipjoint.measure import flattening as flat
from hipjoint.measure import jic, lesion, necrotic_angle, steinberg
from hipjoint.measure.boundary import Boundary, Floats, Mask, boundary
from hipjoint.measure.head_neck import JUNCTION, Neck, signed_distance
from hipjoint.measure.head_shape import HeadShape, find_head
from hipjoint.measure.head_sphere import RADIUS, RESIDUAL, Sphere
from hipjoint.measure.surface_arc import surface_arc
from hipjoint.measure.value import Definition, Quality, Value, missing

Finding = Literal["lesion found", "no lesion found", "no femoral head found", "femoral head not measurable"]
SIDES: tuple[Side, ...] = ("right", "left")

GRADE_MARGIN = Definition(
    "grade_margin",
    "Margin to the next grade",
    "points",
    "How many points of percent the share of the lesion is from the nearest border to another Steinberg grade.",
    steinberg.SOURCE,
)
DEFINITIONS: tuple[Definition, ...] = (
    lesion.HEAD_VOLUME,
    lesion.LESION_VOLUME,
    lesion.SHARE,
    lesion.PIECES,
    steinberg.GRADE,
    GRADE_MARGIN,
    jic.JIC_TYPE,
    necrotic_angle.NECROTIC_ANGLE,
    flat.FLATTENING,
    flat.SPHERICITY,
    RADIUS,
    RESIDUAL,
    JUNCTION,
)
NO_LESION = "No lesion found."


@dataclass(frozen=True)
class HipAssessment:
    """What was measured of one hip: ``values`` in the order of ``DEFINITIONS``, none of them left out.

    ``hints`` are sentences on Steinberg's stage for the clinician who chooses it; ``notes`` say what was left out or
    looked odd; ``sphere`` and ``neck`` (LPS mm) are None where there is no head.
    """

    side: Side
    finding: Finding
    values: tuple[Value, ...]
    hints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sphere: Sphere | None = None
    neck: Neck | None = None

    def value(self, name: str) -> Value:
        """The value with the ``name`` of its definition. Raises ``KeyError`` for another name."""
        return {value.definition.name: value for value in self.values}[name]


def assess(
    labels: sitk.Image,
    *,
    acetabula: Mapping[Side, jic.Acetabulum] | None = None,
    uncertainty_mm: float | None = None,
) -> dict[Side, HipAssessment]:
    """Both hips of a label map with the values of ``labels.ONFH``; a hip that is not in it is said to be missing.

    ``acetabula`` are landmarks for the JIC type, where known; ``uncertainty_mm`` is by how much the outlines may be
    wrong, from the size of the voxels if not given (``lesion.default_uncertainty``).
    """
    values = sitk.GetArrayViewFromImage(labels)
    found = {}
    for side in SIDES:
        head, dead = (
            values == next(label.value for label in pair if label.side == side) for pair in (ONFH[:2], ONFH[2:])
        )
        found[side] = assess_hip(
            head, dead, labels, side, acetabulum=(acetabula or {}).get(side), uncertainty_mm=uncertainty_mm
        )
    return found


def assess_hip(
    head: Mask,
    dead: Mask,
    grid: sitk.Image,
    side: Side,
    *,
    acetabulum: jic.Acetabulum | None = None,
    uncertainty_mm: float | None = None,
) -> HipAssessment:
    """One hip from masks [z, y, x] of its head, with or without the lesion and with or without neck, and its lesion.

    Hollows inside head and lesion together count as head; lesion outside the head does not count.
    """
    if not head.any():
        return _without_head(side, has_lesion=bool(dead.any()))
    try:
        hip = find_head(head, dead, grid, side)
    except InputError as problem:
        return _nothing(side, "femoral head not measurable", str(problem))
    uncertainty = uncertainty_mm or lesion.default_uncertainty(grid)
    size = lesion.measure_lesion(hip.head, hip.lesion, hip.grid, uncertainty)
    joint = flat.joint_surface(boundary(hip.head, hip.grid), hip.sphere, hip.neck)
    flattening = flat.find_flattening(joint, hip.sphere)
    values = (*_size_values(hip, size), *_place_values(hip, acetabulum), *_shape_values(hip, joint, flattening))
    has_lesion = size.lesion_ml > 0
    hints = steinberg.stage_hints(has_lesion, flattening)
    finding: Finding = "lesion found" if has_lesion else "no lesion found"
    return HipAssessment(side, finding, values, hints, hip.notes, hip.sphere, hip.neck)


def _without_head(side: Side, *, has_lesion: bool) -> HipAssessment:
    if has_lesion:
        return _nothing(side, "femoral head not measurable", f"The {side} lesion is marked without a femoral head.")
    return _nothing(side, "no femoral head found", f"No {side} femoral head is in the label map.")


def _nothing(side: Side, finding: Finding, reason: str) -> HipAssessment:
    values = tuple(missing(definition, side, reason) for definition in DEFINITIONS)
    return HipAssessment(side, finding, values, notes=(reason,))


def _value(
    hip: HeadShape,
    definition: Definition,
    number: float,
    doubt: str = "",
    words: str = "",
    interval: tuple[float, float] | None = None,
) -> Value:
    reason = " ".join(filter(None, (hip.doubt, doubt)))
    quality: Quality = "doubtful" if reason else "good"
    return Value(definition, hip.side, number, quality, reason, words, interval)


def _size_values(hip: HeadShape, size: lesion.LesionSize) -> tuple[Value, ...]:
    none = size.lesion_ml == 0
    words = "no lesion found" if none else ""
    volumes = (
        _value(hip, lesion.HEAD_VOLUME, size.head_ml, interval=size.head_interval),
        _value(hip, lesion.LESION_VOLUME, size.lesion_ml, words=words, interval=size.lesion_interval),
        _value(hip, lesion.SHARE, size.share, words=words, interval=size.share_interval),
        _value(hip, lesion.PIECES, size.pieces),
    )
    if none:
        return (*volumes, *(missing(which, hip.side, NO_LESION) for which in (steinberg.GRADE, GRADE_MARGIN)))
    grade_words = steinberg.grade_words(size.share, size.share_interval)
    doubt = steinberg.grade_doubt(size.share, size.share_interval)
    other, margin = steinberg.margin_to_next(size.share)
    return (
        *volumes,
        _value(hip, steinberg.GRADE, size.share, doubt, grade_words, size.share_interval),
        _value(hip, GRADE_MARGIN, margin, words=f"{margin:.1f} points to {other}"),
    )


def _place_values(hip: HeadShape, acetabulum: jic.Acetabulum | None) -> tuple[Value, ...]:
    """JIC type and combined necrotic angle."""
    if not hip.lesion.any():
        return tuple(missing(which, hip.side, NO_LESION) for which in (jic.JIC_TYPE, necrotic_angle.NECROTIC_ANGLE))
    fields: tuple[Floats, Floats] = (signed_distance(hip.head, hip.grid), signed_distance(hip.lesion, hip.grid))
    coronal = surface_arc(*fields, hip.grid, hip.sphere, hip.neck, "coronal", hip.side)
    sagittal = surface_arc(*fields, hip.grid, hip.sphere, hip.neck, "sagittal", hip.side)
    try:
        place = jic.jic_type(coronal, jic.portion_of(acetabulum, hip.sphere, hip.side))
        kind = _value(hip, jic.JIC_TYPE, place.extent, place.doubt, jic.jic_words(place))
    except ValueError as problem:
        kind = missing(jic.JIC_TYPE, hip.side, str(problem))
    angle = necrotic_angle.combined_angle(coronal, sagittal)
    doubt = necrotic_angle.angle_doubt(angle)
    words = necrotic_angle.angle_words(angle)
    return kind, _value(hip, necrotic_angle.NECROTIC_ANGLE, angle.combined, doubt, words, angle.interval)


def _shape_values(hip: HeadShape, joint: Boundary, flattening: flat.Flattening | None) -> tuple[Value, ...]:
    round_share = flat.sphericity_of(joint, hip.sphere)
    no_surface = "The mask shows no joint surface."
    return (
        missing(flat.FLATTENING, hip.side, no_surface) if flattening is None else _flattening_value(hip, flattening),
        missing(flat.SPHERICITY, hip.side, no_surface)
        if round_share is None
        else _value(hip, flat.SPHERICITY, round_share),
        _value(hip, RADIUS, hip.sphere.radius),
        _value(hip, RESIDUAL, hip.sphere.rms_mm),
        missing(JUNCTION, hip.side, "The mask shows neither a neck nor where it was cut off.")
        if hip.neck.ending == "none"
        else _value(hip, JUNCTION, hip.neck.junction_mm, words=_junction_words(hip.neck)),
    )


def _flattening_value(hip: HeadShape, flattening: flat.Flattening) -> Value:
    low, high = max(0.0, flattening.depth_mm - flattening.error_mm), flattening.depth_mm + flattening.error_mm
    where = flat.direction_words(flattening.direction, hip.side)
    if not flattening.noticeable:
        words = f"none ({flattening.depth_mm:.1f} mm, less than the voxels can show)"
    else:
        words = f"{flattening.depth_mm:.1f} mm, {where}{' (as in normal heads)' if flattening.normal else ''}"
    coarse = flattening.error_mm > 1.0
    doubt = f"The voxels are {2 * flattening.error_mm:.1f} mm deep in that direction." if coarse else ""
    return _value(hip, flat.FLATTENING, flattening.depth_mm, doubt, words, (low, high))


def _junction_words(neck: Neck) -> str:
    how = "where the section leaves the sphere" if neck.ending == "leaves the sphere" else "where the mask is cut"
    return f"{neck.junction_mm:.1f} mm, {how}"
