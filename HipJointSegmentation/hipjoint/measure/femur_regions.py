"""Head, neck, trochanteric region and upper shaft of a femur, parted by planes that a rule places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Side
from hipjoint.measure.bone_shape import Bone
from hipjoint.measure.boundary import Floats
from hipjoint.measure.femoral_head import Proximal, find_sphere, proximal_part, sections
from hipjoint.measure.head_neck import MARGIN_MM, Neck, find_neck
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.landmarks import Landmark
from hipjoint.measure.shaft import find_shaft_axis, up_of
from hipjoint.measure.trochanters import find_lesser_trochanter

Region = Literal["head", "neck", "trochanteric", "shaft"]
REGIONS: tuple[Region, ...] = ("head", "neck", "trochanteric", "shaft")
TITLES: Mapping[str, str] = {
    "head": "head",
    "neck": "neck",
    "trochanteric": "trochanteric region",
    "shaft": "upper shaft",
    "whole": "whole femur shown",
}
# The neck ends where its section is this much larger than its narrowest one.
WIDENS = 1.5
# In head radii: how far from its axis the neck may reach, how far below its tip the lesser trochanter ends, and how far
# below the head's centre it ends where no tip is found.
NECK_REACH, BELOW_TIP, BELOW_HEAD = 1.1, 0.6, 3.0
_LONGEST_NECK, _STEP_MM = 2.8, 1.0

RULE = (
    "Head: what lies on the head's side of the head-neck junction (the first plane square to the axis of the neck in "
    f"which the bone is 1 mm or more outside the sphere) and at most {MARGIN_MM:.0f} mm outside the sphere. Neck: from "
    "there to the intertrochanteric plane, the first plane square to the axis, beyond the narrowest section, with a "
    f"section {WIDENS} times as large, and at most {NECK_REACH} head radii from the axis. Trochanteric: from there to "
    f"the plane square to the shaft {BELOW_TIP} head radii below the tip of the lesser trochanter, its lower edge. "
    "Shaft: below."
)


@dataclass(frozen=True)
class FemurRegions:
    """Where the regions of one femur meet (LPS mm): ``neck_end_mm`` along the neck from the centre of the sphere.

    The shaft lies below ``level`` mm along ``up`` (3,), the direction of the shaft. ``doubts`` say of which region the
    border is not certain, and why. ``tip`` is the lesser trochanter's, None if it was not found, ``axis`` the shaft's.
    """

    sphere: Sphere
    neck: Neck
    neck_end_mm: float
    up: Floats
    level: float
    axis: Landmark
    tip: Landmark | None = None
    doubts: Mapping[Region, str] = field(default_factory=dict)

    def of(self, points: Floats) -> Floats:
        """Number (n,) in ``REGIONS`` of the region of each point (n, 3)."""
        along = self.neck.along(self.sphere, points)
        offset = points - self.sphere.centre - along[:, None] * self.neck.axis
        near = np.linalg.norm(offset, axis=1) <= NECK_REACH * self.sphere.radius
        head = (along <= self.neck.junction_mm) & (self.sphere.depth(points) >= -MARGIN_MM)
        neck = (along <= self.neck_end_mm) & near
        shaft = points @ self.up < self.level
        numbers = np.where(head, 0, np.where(neck, 1, np.where(shaft, 3, 2)))
        return np.asarray(numbers, dtype=np.int64)


def find_regions(bone: Bone, side: Side) -> FemurRegions | str:
    """The regions of a femur, or the reason why they cannot be told: it shows no head."""
    head = find_sphere(bone, side)
    if not head.found:
        return head.reason
    near = proximal_part(bone, head)
    values = sitk.GetArrayViewFromImage(near.field).astype(np.float64)
    neck = find_neck(values, near.field, near.sphere, side)
    end, neck_doubt = _neck_end(near, neck, side)
    axis = find_shaft_axis(bone, head)
    up = up_of(axis) if axis.found else np.array([0.0, 0.0, 1.0])
    level, tip, doubt = _lower_edge(bone, near, head, axis, up)
    doubts: dict[Region, str] = {}
    if neck_doubt:
        doubts["neck"] = doubts["trochanteric"] = neck_doubt
    if doubt:
        doubts["trochanteric"] = " ".join(filter(None, (doubts.get("trochanteric", ""), doubt)))
        doubts["shaft"] = doubt
    return FemurRegions(near.sphere, neck, end, up, level, axis, tip, doubts)


def _neck_end(near: Proximal, neck: Neck, side: Side) -> tuple[float, str]:
    """Where the neck ends, in mm from the sphere's centre along its axis, and why that is doubtful, if it is."""
    radius = near.sphere.radius
    places = np.arange(neck.junction_mm, _LONGEST_NECK * radius, _STEP_MM)
    areas, _ = sections(near.field, near.sphere.centre, neck.axis, places, 1.5 * radius)
    shown = areas > 0
    count = len(areas) if shown.all() else int(np.argmin(shown))
    if count < 3:
        return float(neck.junction_mm), f"The scan shows no neck of the {side} femur."
    least = int(np.argmin(areas[:count]))
    wider = areas[least:count] >= WIDENS * areas[least]
    if not wider.any():
        return float(places[count - 1]), f"The scan does not show where the neck of the {side} femur ends."
    return float(places[least + int(wider.argmax())]), ""


def _lower_edge(
    bone: Bone, near: Proximal, head: Landmark, axis: Landmark, up: Floats
) -> tuple[float, Landmark | None, str]:
    """Height of the lower edge of the lesser trochanter along the shaft, its tip, and a doubt."""
    radius, fallback = head.radius, float(head.point @ up) - BELOW_HEAD * head.radius
    instead = f"The shaft is taken to begin {BELOW_HEAD:.0f} head radii below the head's centre."
    if not axis.found:
        return fallback, None, f"{axis.reason} {instead}"
    surface = bone.surface_of(near.field)
    tip = find_lesser_trochanter(bone, surface, head, axis)
    if not tip.found:
        return fallback, None, f"{tip.reason} {instead}"
    return float(tip.point @ up) - BELOW_TIP * radius, tip, tip.reason
