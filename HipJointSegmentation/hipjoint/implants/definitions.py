"""What the numbers of cups and stems are, with title, unit and rule."""

from __future__ import annotations

from hipjoint.implants.cup import LARGEST, SMALLEST, WALL_MM
from hipjoint.implants.stem import NECK_SHAFT_DEGREES
from hipjoint.measure.orientation import SOURCE as ANGLES_SOURCE
from hipjoint.measure.value import Definition

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
