"""What a segmentation task hands to the doors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Label


@dataclass(frozen=True)
class Segment:
    """One bone of a result.

    ``field`` is a float32 crop of the bone's signed field on a fine regular grid (LPS mm, positive inside, zero on
    the surface, clipped to about [-1, 1]), from which surfaces are made; it may be oblique. ``voxels`` counts the
    voxels that carry the label in the label map.
    """

    label: Label
    field: sitk.Image
    voxels: int


@dataclass(frozen=True)
class SegmentationResult:
    """Label map on the input's grid, one ``Segment`` a label found, warnings in words, facts for the run manifest."""

    image: sitk.Image
    labels: sitk.Image
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...] = ()
    run: dict[str, Any] = field(default_factory=dict)

    def mask(self, value: int) -> np.ndarray:
        """Boolean array [z, y, x] of one label value on the input's grid."""
        return np.asarray(sitk.GetArrayViewFromImage(self.labels) == value)
