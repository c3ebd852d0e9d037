"""Measures of the acetabulum: its sphere, how it opens, how it covers the head, and the joint space."""

from __future__ import annotations

from collections.abc import Callable

from hipjoint.labels import Side
from hipjoint.measure import orientation
from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.boundary import Floats
from hipjoint.measure.coverage import lateral_centre_edge, sector_angles
from hipjoint.measure.frames import TABLE, Frame
from hipjoint.measure.joint_space import JointSpace, joint_space
from hipjoint.measure.landmarks import ACETABULUM, HEAD, RIM, SIDES
from hipjoint.measure.measure import PELVIC_PLANE, Case, Found, Measure, Unmeasurable
from hipjoint.measure.orientation import Orientation
from hipjoint.measure.value import Definition

# A rim that is this far from its plane, on average, is measured, but not to be trusted.
_UNEVEN_MM = 3.0
_FRAMES = {"app": "anterior pelvic plane", "table": "table"}
_KINDS: dict[str, tuple[Callable[[Floats], Orientation], str, str]] = {
    "radiographic": (
        orientation.radiographic,
        "Between the long axis and the axis of the acetabulum projected on the coronal plane.",
        "Between the axis of the acetabulum and the coronal plane. Positive: it opens to the front.",
    ),
    "operative": (
        orientation.operative,
        "Between the axis of the acetabulum and the sagittal plane.",
        "Between the long axis and the axis of the acetabulum projected on the sagittal plane. Positive: to the front.",
    ),
    "anatomic": (
        orientation.anatomic,
        "Between the axis of the acetabulum and the long axis.",
        "Between the transverse axis and the axis of the acetabulum projected on the transverse plane. Positive: to "
        "the front.",
    ),
}
_AXIS_TEXT = "The axis is the normal of the robust plane through the rim; planes and axes are those of the {}."

DIAMETER = Definition(
    "acetabular_diameter",
    "Diameter of the acetabular sphere",
    "mm",
    "Twice the radius of the sphere fitted to the surface that faces the head; the fossa has no weight.",
    "definition of this program",
)
LCE_TEXT = (
    "Angle at the head's centre, in the coronal plane through it, between the long axis and the line to the rim's "
    "lateral edge. Positive if the edge is lateral of the centre. Planes and axes are those of the {}."
)
LCE_SOURCE = "Wiberg, Acta Chir Scand 1939;83 Suppl 58 (on radiographs)"
LCE = Definition(
    "lateral_centre_edge_app",
    "Lateral centre-edge angle, pelvic plane",
    "degrees",
    LCE_TEXT.format(_FRAMES["app"]),
    LCE_SOURCE,
)
LCE_TABLE = Definition(
    "lateral_centre_edge_table",
    "Lateral centre-edge angle, table",
    "degrees",
    LCE_TEXT.format(_FRAMES["table"]),
    LCE_SOURCE,
)
SECTOR_TEXT = (
    "Angle at the head's centre, in the transverse plane of the anterior pelvic plane through it, between the line to "
    "the other head's centre and the line to the {} edge of the acetabulum."
)
SECTOR_SOURCE = "Anda et al., Acta Radiol Diagn 1986;27:443-447"
ANTERIOR_SECTOR = Definition(
    "anterior_sector_angle",
    "Anterior coverage (anterior acetabular sector angle)",
    "degrees",
    SECTOR_TEXT.format("anterior"),
    SECTOR_SOURCE,
)
POSTERIOR_SECTOR = Definition(
    "posterior_sector_angle",
    "Posterior coverage (posterior acetabular sector angle)",
    "degrees",
    SECTOR_TEXT.format("posterior"),
    SECTOR_SOURCE,
)
SPACE_TEXT = (
    "Distance from the surface of the head, 3 mm or more inside the plane of the rim, to the nearest point of the "
    "acetabulum; the fossa (more than 2 mm outside the acetabular sphere) does not count. "
)
LEAST_SPACE = Definition(
    "joint_space_least",
    "Least width of the joint space",
    "mm",
    SPACE_TEXT + "The width that 2 % of the surface fall short of.",
    "definition of this program",
)
MEAN_SPACE = Definition(
    "joint_space_mean", "Mean width of the joint space", "mm", SPACE_TEXT, "definition of this program"
)


def _diameter(case: Case, side: Side) -> Found:
    return Found(2 * case[ACETABULUM, side].radius)


def _angle(kind: str, which: str, frame: str) -> Callable[[Case, Side], Found]:
    """The measure of one angle ("inclination" or "version") of one kind in one frame ("app" or "table")."""

    def compute(case: Case, side: Side) -> Found:
        _, axis, residual = rim_plane(case[RIM, side])
        doubt = f"The rim lies {residual:.1f} mm from a plane on average." if residual > _UNEVEN_MM else ""
        angles = _KINDS[kind][0](_frame(case, frame).parts(axis, side))
        return Found(float(getattr(angles, which)), doubt=doubt)

    return compute


def _frame(case: Case, name: str) -> Frame:
    return case.pelvis() if name == "app" else TABLE


def _orientations() -> tuple[Measure, ...]:
    measures = []
    for frame, words in _FRAMES.items():
        both = PELVIC_PLANE if frame == "app" else ()
        for kind, (_, *texts) in _KINDS.items():
            for which, text in zip(("inclination", "version"), texts, strict=True):
                definition = Definition(
                    f"acetabular_{which}_{kind}_{frame}",
                    f"Acetabular {which}, {kind}, {words}",
                    "degrees",
                    f"{text} {_AXIS_TEXT.format(words)}",
                    orientation.SOURCE,
                )
                measures.append(Measure(definition, (RIM,), _angle(kind, which, frame), both))
    return tuple(measures)


def _centre_edge(frame: str) -> Callable[[Case, Side], Found]:
    def compute(case: Case, side: Side) -> Found:
        angle = lateral_centre_edge(case[RIM, side].points, case[HEAD, side].point, _frame(case, frame), side)
        if angle is None:
            raise Unmeasurable("The rim does not pass over the centre of the head.")
        return Found(angle)

    return compute


def _sector(number: int) -> Callable[[Case, Side], Found]:
    def compute(case: Case, side: Side) -> Found:
        other = case[HEAD, SIDES[1 - SIDES.index(side)]].point
        angles = sector_angles(case[RIM, side].points, case[HEAD, side].point, other, case.pelvis(), side)
        if angles is None:
            raise Unmeasurable("The rim does not pass in front of and behind the centre of the head.")
        return Found(angles[number])

    return compute


def space_map(case: Case, side: Side) -> JointSpace:
    """The width of the joint space over the head. Raises ``Unmeasurable``."""
    bones = case.bones()
    socket = bones.acetabula[side][1]
    if socket is None or side not in bones.near_surfaces:
        raise Unmeasurable("The scan does not show both bones of the joint.")
    middle, axis, _ = rim_plane(case[RIM, side])
    spheres = case.sphere(HEAD, side), case.sphere(ACETABULUM, side)
    surfaces = bones.near_surfaces[side], socket.surface
    found = case.once("joint_space", side, lambda: joint_space(*surfaces, *spheres, (middle, axis)))
    if found is None:
        raise Unmeasurable("The head does not lie in the acetabulum.")
    return found


def _least_space(case: Case, side: Side) -> Found:
    least = space_map(case, side).least
    step = case.bones().step
    return Found(least, doubt=f"The voxels are {step:.1f} mm: it may be nothing." if least < step else "")


def _mean_space(case: Case, side: Side) -> Found:
    return Found(space_map(case, side).mean)


_SPACE_NEEDS = (HEAD, ACETABULUM, RIM)
MEASURES: tuple[Measure, ...] = (
    Measure(DIAMETER, (ACETABULUM,), _diameter),
    *_orientations(),
    Measure(LCE, (HEAD, RIM), _centre_edge("app"), PELVIC_PLANE),
    Measure(LCE_TABLE, (HEAD, RIM), _centre_edge("table")),
    Measure(ANTERIOR_SECTOR, (RIM,), _sector(0), (HEAD, *PELVIC_PLANE)),
    Measure(POSTERIOR_SECTOR, (RIM,), _sector(1), (HEAD, *PELVIC_PLANE)),
    Measure(LEAST_SPACE, _SPACE_NEEDS, _least_space),
    Measure(MEAN_SPACE, _SPACE_NEEDS, _mean_space),
)
