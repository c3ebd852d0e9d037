"""Measures of the femur: head, neck, shaft, version, offset, alpha angle, canal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.alpha_angle import SPHERE_MM, ClockFace, alpha_angles
from hipjoint.measure.boundary import Floats
from hipjoint.measure.canal import DORR_MM, FLARE_MM, ISTHMUS_MM, CanalWidths, canal_widths
from hipjoint.measure.femoral_head import sections
from hipjoint.measure.frames import angle_between, anterior_of, square_to, unit
from hipjoint.measure.landmarks import (
    CONDYLES,
    HEAD,
    KNEE_CENTRE,
    LESSER_TROCHANTER,
    NECK_CENTRE,
    SHAFT_AXIS,
)
from hipjoint.measure.measure import Case, Found, Measure, Unmeasurable
from hipjoint.measure.shaft import up_of
from hipjoint.measure.value import Definition

# The joint surface of the head for its sphericity: at least this far from the axis of the neck.
_JOINT_DEGREES = 80.0
_LEAST_POINTS = 200
# Above the tip of the lesser trochanter, in head radii, the shaft's centre is the base of the neck (Murphy).
_BASE_RADII = 0.5
# Where cams are looked for: from 11 o'clock over 12 and 3 (anterior) to 4.
_CAM_HOURS = (11.0, 11.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
# An alpha angle that a sphere of half a millimetre more or less changes by more than this is not to be trusted.
_WIDEST_ALPHA = 10.0
_CANAL_STEP_MM = 4.0

DIAMETER = Definition(
    "head_diameter",
    "Diameter of the femoral head",
    "mm",
    "Twice the radius of the sphere fitted to the surface of the head: least squares weighted with each point's "
    "exactness; points farther off than three standard deviations (neck, collapsed cap, osteophytes) have no weight.",
    "Beaton and Tukey, Technometrics 1974 (weights); Fischler and Bolles, Commun ACM 1981 (start)",
)
RESIDUAL = Definition(
    "head_residual",
    "Residual of the head's sphere",
    "mm",
    "Root mean square distance of the used surface from the sphere. Voxels alone give about 0.2 times their size.",
    "definition of this program",
    2,
)
SPHERICITY = Definition(
    "head_sphericity",
    "Sphericity of the head",
    "",
    "Distance from the sphere's centre that 5 % of the head's surface falls short of, over the one that 5 % exceeds; "
    f"surface at least {_JOINT_DEGREES:.0f} degrees from the axis of the neck. The fovea counts. 1 for a sphere.",
    "definition of this program",
    3,
)
NECK_DIAMETER = Definition(
    "neck_diameter",
    "Diameter of the neck",
    "mm",
    "Diameter of the circle with the area of the narrowest section of the neck square to its axis.",
    "definition of this program",
)
NECK_SHAFT = Definition(
    "neck_shaft_angle",
    "Neck-shaft angle (CCD)",
    "degrees",
    "Angle in space between the axis of the neck (centre of the narrowest section to centre of the head) and the axis "
    "of the shaft, downwards.",
    "Müller, Die hüftnahen Femurosteotomien, 1957 (angle); axes in space: definition of this program",
)
OFFSET = Definition(
    "femoral_offset",
    "Femoral offset",
    "mm",
    "Distance in space of the centre of the head from the axis of the shaft.",
    "after Lecerf et al., Orthop Traumatol Surg Res 2009",
)
VERSION_NECK = Definition(
    "femoral_version",
    "Femoral version, neck axis to table-top line",
    "degrees",
    "Angle, seen along the long axis of the femur (base of the neck to centre of the knee), between the axis of the "
    "neck (narrowest section) and the table-top line that touches both condyles from behind. Positive: anteversion.",
    "Reikerås et al., Acta Orthop Scand 1983 (narrowest neck); table-top line after Murphy et al. 1987",
)
VERSION_MURPHY = Definition(
    "femoral_version_murphy",
    "Femoral version, Murphy",
    "degrees",
    "As before, but with the line from the centre of the shaft at the base of the neck (half a head radius above the "
    "tip of the lesser trochanter) to the centre of the head.",
    "Murphy et al., J Bone Joint Surg Am 1987;69:1169-1176",
)
ALPHA_TEXT = (
    "Angle at the head's centre between the axis of the neck and the point where the outline leaves the sphere. It has "
    "left where it is 1 mm outside, 8 degrees at the most from where it is 3 mm outside, followed back along the slope "
    "between the two, 5 degrees at the most."
)
ALPHA_ANTERIOR = Definition(
    "alpha_anterior",
    "Alpha angle, anterior (3 o'clock)",
    "degrees",
    ALPHA_TEXT,
    "Nötzli et al., J Bone Joint Surg Br 2002;84:556-560",
)
ALPHA_LARGEST = Definition(
    "alpha_largest",
    "Largest alpha angle, 11 to 4 o'clock",
    "degrees",
    ALPHA_TEXT + " Every half hour of the clock-face: 12 is superior, 3 anterior on both sides.",
    "Rakhra et al., Clin Orthop Relat Res 2009 (radial planes); Nötzli et al. 2002 (angle)",
)
CANAL_TEXT = (
    "From medial to lateral, square to the shaft, in the scan. Its border is where, from the shaft's axis outwards, HU "
    "come half-way from the marrow to the densest cortex."
)
CANAL_TROCHANTER = Definition(
    "canal_trochanter",
    "Width of the canal at the lesser trochanter",
    "mm",
    CANAL_TEXT,
    "Noble et al., Clin Orthop Relat Res 1988;235:148-165",
)
CANAL_ISTHMUS = Definition(
    "canal_isthmus",
    "Width of the canal at the isthmus",
    "mm",
    f"Least width from {-ISTHMUS_MM[1]:.0f} to {-ISTHMUS_MM[0]:.0f} mm below the tip of the lesser trochanter. "
    + CANAL_TEXT,
    "Noble et al., Clin Orthop Relat Res 1988;235:148-165",
)
FLARE_INDEX = Definition(
    "canal_flare_index",
    "Canal flare index",
    "",
    f"Width of the canal {FLARE_MM:.0f} mm above the lesser trochanter over that at the isthmus. Below 3: stovepipe, "
    "3 to 4.7: normal, above: champagne flute.",
    "Noble et al., Clin Orthop Relat Res 1988;235:148-165",
    2,
)
DORR = Definition(
    "dorr_ratio",
    "Dorr type (canal to calcar)",
    "",
    f"Width of the canal {-DORR_MM:.0f} mm below the lesser trochanter over that at it. Below 0.5: type A, to 0.75: B, "
    "above: C. Made for radiographs, where cortical thickness counts as well.",
    "Dorr et al., Bone 1993;14:231-242",
    2,
)


def _diameter(case: Case, side: Side) -> Found:
    return Found(2 * case[HEAD, side].radius)


def _residual(case: Case, side: Side) -> Found:
    head = case[HEAD, side]
    if head.edited:
        raise Unmeasurable("The sphere was set by hand.")
    return Found(head.residual)


def _sphericity(case: Case, side: Side) -> Found:
    sphere, neck = case.sphere(HEAD, side), case.neck_axis(case[NECK_CENTRE, side])
    points = case.bones().near_surfaces[side].points
    away = sphere.directions(points) @ neck < np.cos(np.deg2rad(_JOINT_DEGREES))
    distance = sphere.radius - sphere.depth(points[away])
    if len(distance) < _LEAST_POINTS:
        raise Unmeasurable("The scan shows too little of the head's surface.")
    low, high = np.percentile(distance, [5, 95])
    return Found(float(low / high))


def _neck_diameter(case: Case, side: Side) -> Found:
    sphere, centre = case.sphere(HEAD, side), case[NECK_CENTRE, side]
    field = case.bones().near[side].field
    area = sections(field, centre.point, case.neck_axis(centre), np.array([0.0]), 1.25 * sphere.radius)[0][0]
    if area <= 0:
        raise Unmeasurable("There is no bone at the centre of the neck.")
    return Found(float(2 * np.sqrt(area / np.pi)))


def _neck_shaft(case: Case, side: Side) -> Found:
    return Found(180.0 - angle_between(-case.neck_axis(case[NECK_CENTRE, side]), up_of(case[SHAFT_AXIS, side])))


def femoral_offset(case: Case, side: Side) -> Found:
    """Distance in mm of the head's centre from the shaft's axis."""
    axis = case[SHAFT_AXIS, side]
    return Found(float(np.linalg.norm(square_to(case[HEAD, side].point - axis.point, up_of(axis)))))


def base_of_neck(case: Case, side: Side) -> Floats:
    """The centre (3,) of the shaft at the base of the neck, on the axis of the shaft, in LPS mm."""
    axis, up = case[SHAFT_AXIS, side], up_of(case[SHAFT_AXIS, side])
    height = (case[LESSER_TROCHANTER, side].point - axis.point) @ up + _BASE_RADII * case[HEAD, side].radius
    return np.asarray(axis.point + height * up)


def _version(case: Case, side: Side, start: Floats) -> Found:
    """Version of the line from ``start`` (3,) to the head's centre."""
    up = unit(base_of_neck(case, side) - case[KNEE_CENTRE, side].point)
    medial_back, lateral_back = case[CONDYLES, side].points
    medial = unit(square_to(medial_back - lateral_back, up))
    line = case[HEAD, side].point - start
    return Found(float(np.degrees(np.arctan2(line @ anterior_of(medial, up, side), line @ medial))))


def _version_neck(case: Case, side: Side) -> Found:
    return _version(case, side, case[NECK_CENTRE, side].point)


def _version_murphy(case: Case, side: Side) -> Found:
    return _version(case, side, base_of_neck(case, side))


def clock_face(case: Case, side: Side) -> ClockFace:
    """Alpha all round the neck. Raises ``Unmeasurable`` without the bones."""
    neck, up = case.neck_axis(case[NECK_CENTRE, side]), up_of(case[SHAFT_AXIS, side])
    field = case.bones().near[side].field
    return case.once("clock_face", side, lambda: alpha_angles(field, case.sphere(HEAD, side), neck, up, side))


def _alpha_anterior(case: Case, side: Side) -> Found:
    alpha = clock_face(case, side).at(3.0)
    if not np.isfinite(alpha):
        raise Unmeasurable("In front the outline does not leave the sphere of the head.")
    return Found(alpha, doubt=_doubt_of_alpha(clock_face(case, side), (3.0,)))


def _doubt_of_alpha(face: ClockFace, hours: Sequence[float]) -> str:
    """Why alpha at ``hours``, or the largest of them, is not certain, if it is not."""
    width = max(face.width_at(hour) for hour in hours)
    if width <= _WIDEST_ALPHA:
        return ""
    if not np.isfinite(width):
        return f"The outline runs along the sphere: one {SPHERE_MM:.1f} mm larger or smaller it does not leave."
    return f"The outline runs along the sphere: {SPHERE_MM:.1f} mm more or less of it are {width:.0f} degrees of alpha."


def _alpha_largest(case: Case, side: Side) -> Found:
    face = clock_face(case, side)
    found = {hour: face.at(hour) for hour in _CAM_HOURS if np.isfinite(face.at(hour))}
    if not found:
        raise Unmeasurable("The outline does not leave the sphere of the head.")
    hour = max(found, key=lambda each: found[each])
    near = [each for each in found if found[each] > found[hour] - _WIDEST_ALPHA / 2]
    return Found(found[hour], f"{found[hour]:.1f} degrees at {_clock(hour)}", _doubt_of_alpha(face, near))


def _clock(hour: float) -> str:
    return f"{int(hour) or 12}:{'30' if hour % 1 else '00'}"


def _widths(case: Case, side: Side, heights: Floats) -> CanalWidths:
    scan = case.scan()
    found = canal_widths(scan, case[SHAFT_AXIS, side], case[HEAD, side], case[LESSER_TROCHANTER, side], heights)
    if not np.isfinite(found.widths).all():
        raise Unmeasurable("The scan does not show the canal and its cortex down to where it is measured.")
    return found


def _canal_trochanter(case: Case, side: Side) -> Found:
    return Found(_widths(case, side, np.array([0.0])).at(0.0))


def _isthmus_heights() -> Floats:
    return np.arange(ISTHMUS_MM[0], ISTHMUS_MM[1] + 1, _CANAL_STEP_MM)


def _canal_isthmus(case: Case, side: Side) -> Found:
    return case.once("isthmus", side, lambda: Found(float(_widths(case, side, _isthmus_heights()).widths.min())))


def _flare(case: Case, side: Side) -> Found:
    isthmus = _canal_isthmus(case, side).number
    index = _widths(case, side, np.array([FLARE_MM])).at(FLARE_MM) / isthmus
    kind = "stovepipe" if index < 3.0 else "normal" if index <= 4.7 else "champagne flute"
    return Found(index, f"{index:.2f}, {kind}")


def _dorr(case: Case, side: Side) -> Found:
    found = _widths(case, side, np.array([DORR_MM, 0.0]))
    ratio = found.at(DORR_MM) / found.at(0.0)
    return Found(ratio, f"{'A' if ratio < 0.5 else 'B' if ratio <= 0.75 else 'C'} ({ratio:.2f})")


_VERSION_NEEDS = (HEAD, NECK_CENTRE, SHAFT_AXIS, LESSER_TROCHANTER, CONDYLES, KNEE_CENTRE)
_MURPHY_NEEDS = (HEAD, SHAFT_AXIS, LESSER_TROCHANTER, CONDYLES, KNEE_CENTRE)
_CANAL_NEEDS = (HEAD, SHAFT_AXIS, LESSER_TROCHANTER)
_ALPHA_NEEDS = (HEAD, NECK_CENTRE, SHAFT_AXIS)

MEASURES: tuple[Measure, ...] = (
    Measure(DIAMETER, (HEAD,), _diameter),
    Measure(RESIDUAL, (HEAD,), _residual),
    Measure(SPHERICITY, (HEAD, NECK_CENTRE), _sphericity),
    Measure(NECK_DIAMETER, (HEAD, NECK_CENTRE), _neck_diameter),
    Measure(NECK_SHAFT, (HEAD, NECK_CENTRE, SHAFT_AXIS), _neck_shaft),
    Measure(OFFSET, (HEAD, SHAFT_AXIS), femoral_offset),
    Measure(VERSION_NECK, _VERSION_NEEDS, _version_neck),
    Measure(VERSION_MURPHY, _MURPHY_NEEDS, _version_murphy),
    Measure(ALPHA_ANTERIOR, _ALPHA_NEEDS, _alpha_anterior),
    Measure(ALPHA_LARGEST, _ALPHA_NEEDS, _alpha_largest),
    Measure(CANAL_TROCHANTER, _CANAL_NEEDS, _canal_trochanter),
    Measure(CANAL_ISTHMUS, _CANAL_NEEDS, _canal_isthmus),
    Measure(FLARE_INDEX, _CANAL_NEEDS, _flare),
    Measure(DORR, _CANAL_NEEDS, _dorr),
)
