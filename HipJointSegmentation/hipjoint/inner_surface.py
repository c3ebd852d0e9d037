"""Which inner surface of the cortex is drawn: the one that shows, or the edge of the bone. No heavy imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

InnerSurface = Literal["visible", "deconvolved"]
DEFAULT: InnerSurface = "visible"

# What each of them means, for reports.
INNER_SURFACES: Mapping[InnerSurface, str] = {
    "visible": "Half-way between the HU of the cortex and those of what lies behind, as outlines of bones and contours "
    "of QCT programs are drawn: a cortex thinner than the blur of the scan counts as wide as it looks.",
    "deconvolved": "The inner edge of the cortex with the blur of the scan taken off, for volumes and finite elements. "
    "The outline stays the given one.",
}
AS_DRAWN = "as drawn"
