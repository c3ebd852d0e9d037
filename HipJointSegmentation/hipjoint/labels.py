"""The one table of label values: value, machine name, title, colour, side and SNOMED CT code.

Every task, every file that is written and the Slicer module take their label values from here.
Codes are SNOMED CT (scheme designator ``SCT``) as DICOM uses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["right", "left"]


@dataclass(frozen=True)
class Code:
    """A coded concept: SNOMED CT value and meaning."""

    value: str
    meaning: str
    scheme: str = "SCT"


BODY_STRUCTURE = Code("123037004", "Anatomical Structure")
RIGHT = Code("24028007", "Right")
LEFT = Code("7771000", "Left")
FEMUR = Code("71341001", "Femur")
HIP_BONE = Code("29836001", "Hip")
SACRUM = Code("54735007", "Sacrum")
# As in DICOM PS3.16: CID 7304 names the joint, CID 1000 the acetabulum.
HIP_JOINT = Code("24136001", "Hip joint")
ACETABULUM = Code("37783008", "Acetabulum")
# As in DICOM PS3.16: CID 7304 names the head, CID 7159 the necrosis, CID 7150 the category.
FEMORAL_HEAD = Code("2812003", "Head of Femur")
ALTERED_STRUCTURE = Code("49755003", "Morphologically Altered Structure")
NECROSIS = Code("6574001", "Necrosis")


@dataclass(frozen=True)
class Label:
    """One segment: ``value`` in label maps, ``name`` in files, ``title`` for people, ``colour`` as sRGB 0-255.

    ``region`` is where in the body a finding lies; ``side`` is then that of the region.
    """

    value: int
    name: str
    title: str
    colour: tuple[int, int, int]
    code: Code
    side: Side | None = None
    category: Code = BODY_STRUCTURE
    region: Code | None = None

    @property
    def side_code(self) -> Code | None:
        """The SNOMED CT modifier of the side, or None for a midline structure."""
        return {"right": RIGHT, "left": LEFT}[self.side] if self.side else None


HIP_CT: tuple[Label, ...] = (
    Label(1, "femur_right", "Right femur", (230, 159, 0), FEMUR, "right"),
    Label(2, "femur_left", "Left femur", (86, 180, 233), FEMUR, "left"),
    Label(3, "hip_right", "Right hip bone", (0, 158, 115), HIP_BONE, "right"),
    Label(4, "hip_left", "Left hip bone", (204, 121, 167), HIP_BONE, "left"),
    Label(5, "sacrum", "Sacrum", (240, 228, 66), SACRUM),
)

# Colours stand out on the grey of MRI and from one another also to the colour blind (Okabe and Ito 2008).
ONFH: tuple[Label, ...] = (
    Label(1, "femoral_head_right", "Right femoral head", (86, 180, 233), FEMORAL_HEAD, "right"),
    Label(2, "femoral_head_left", "Left femoral head", (0, 158, 115), FEMORAL_HEAD, "left"),
    Label(3, "lesion_right", "Right necrotic lesion", (213, 94, 0), NECROSIS, "right", ALTERED_STRUCTURE, FEMORAL_HEAD),
    Label(4, "lesion_left", "Left necrotic lesion", (240, 228, 66), NECROSIS, "left", ALTERED_STRUCTURE, FEMORAL_HEAD),
)

# DICOM's lists have no cortical or trabecular bone: the code is that of the femur, name and title say which part.
FEMUR_COMPARTMENTS: tuple[Label, ...] = (
    Label(11, "femur_right_cortical", "Right femur, cortical", (230, 159, 0), FEMUR, "right"),
    Label(12, "femur_right_trabecular", "Right femur, trabecular", (0, 158, 115), FEMUR, "right"),
    Label(21, "femur_left_cortical", "Left femur, cortical", (86, 180, 233), FEMUR, "left"),
    Label(22, "femur_left_trabecular", "Left femur, trabecular", (204, 121, 167), FEMUR, "left"),
)


def _on_films(side: Side, offset: int) -> tuple[Label, ...]:
    """The five regions of one hip on a radiograph, as L. Blazkova draws them; both hips have the same colours.

    1 femoral head, greater trochanter and medullary cavity; 2 inferior neck, lesser trochanter and cortex of the shaft;
    3 Koehler's teardrop; 4 space between head, teardrop and acetabulum; 5 hip bone.
    """
    regions = (
        ("femur_{}_medullary", "{} femur, head and medullary cavity", (230, 159, 0), FEMUR),
        ("femur_{}_cortex", "{} femur, inferior neck and cortex", (213, 94, 0), FEMUR),
        ("teardrop_{}", "{} acetabulum, teardrop", (240, 228, 66), ACETABULUM),
        ("joint_space_{}", "{} hip joint, space", (86, 180, 233), HIP_JOINT),
        ("pelvis_{}", "{} hip bone, on the film", (0, 158, 115), HIP_BONE),
    )
    return tuple(
        Label(offset + number, name.format(side), title.format(side.capitalize()), colour, code, side)
        for number, (name, title, colour, code) in enumerate(regions, start=1)
    )


HIP_RADIOGRAPH: tuple[Label, ...] = (*_on_films("right", 0), *_on_films("left", 10))
