"""How well a mask agrees with its reference: overlap of voxels, distance of surfaces, volume."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.measure.boundary import Floats, Mask
from hipjoint.measure.value import Definition

_METRICS = "Maier-Hein et al., Nat Methods 2024 (Metrics Reloaded)"
DICE = Definition(
    "dice",
    "Dice",
    "",
    "Twice the voxels that prediction and reference share, over the sum of the voxels of both. It is 0 if only one of "
    "them has the structure.",
    _METRICS,
    digits=3,
)
PRECISION = Definition(
    "precision", "Precision", "", "Share of the predicted voxels that are in the reference.", _METRICS, digits=3
)
RECALL = Definition(
    "recall", "Recall", "", "Share of the reference's voxels that are in the prediction.", _METRICS, digits=3
)
ASD = Definition(
    "asd_mm",
    "ASD",
    "mm",
    "Average symmetric surface distance: the mean over all voxels of both surfaces of the distance to the nearest "
    "voxel of the other one. A voxel is of the surface if one of its six neighbours is outside.",
    _METRICS,
    digits=2,
)
HD95 = Definition(
    "hd95_mm",
    "HD95",
    "mm",
    "95th percentile of these distances from prediction to reference, or from reference to prediction, whichever is "
    "larger.",
    _METRICS,
    digits=2,
)
VOLUME_ERROR = Definition(
    "volume_error_percent",
    "Volume error",
    "%",
    "Volume of the prediction less that of the reference, in percent of the reference's; negative if too small.",
    "voxel count",
)
MEASURES = (DICE, PRECISION, RECALL, ASD, HD95, VOLUME_ERROR)
HIGH_IS_GOOD = (DICE, PRECISION, RECALL)

Spacing = tuple[float, float, float]


@dataclass(frozen=True)
class Agreement:
    """One structure in one case. What needs voxels that are not there is None: see ``missed`` and ``extra``."""

    dice: float
    precision: float | None
    recall: float | None
    asd_mm: float | None
    hd95_mm: float | None
    volume_ml: float
    reference_ml: float

    @property
    def volume_error_percent(self) -> float | None:
        """Volume less that of the reference, in percent of the latter; None if the reference is empty."""
        return None if self.extra else 100 * (self.volume_ml - self.reference_ml) / self.reference_ml

    @property
    def missed(self) -> bool:
        """Whether the reference has the structure and the prediction has not."""
        return self.volume_ml == 0

    @property
    def extra(self) -> bool:
        """Whether the prediction has the structure and the reference has not."""
        return self.reference_ml == 0

    def value(self, measure: Definition) -> float | None:
        """The value of one of ``MEASURES``."""
        number: float | None = getattr(self, measure.name)
        return number


def agreement(predicted: Mask, reference: Mask, spacing: Spacing) -> Agreement:
    """Compare two masks [z, y, x] on one grid of ``spacing`` mm [z, y, x].

    Dice, precision and recall on voxels; surface distances between voxel centres (SimpleITK's contour and exact
    distance map), the edge of the image being a surface: the same numbers as MONAI's metrics give. Raises
    ``ValueError`` if both masks are empty.
    """
    found, wanted = int(np.count_nonzero(predicted)), int(np.count_nonzero(reference))
    if not found + wanted:
        raise ValueError("both masks are empty")
    shared = int(np.count_nonzero(predicted & reference))
    asd, hd95 = _surface_distances(predicted, reference, spacing) if found and wanted else (None, None)
    voxel_ml = prod(spacing) / 1000
    return Agreement(
        dice=2 * shared / (found + wanted),
        precision=shared / found if found else None,
        recall=shared / wanted if wanted else None,
        asd_mm=asd,
        hd95_mm=hd95,
        volume_ml=found * voxel_ml,
        reference_ml=wanted * voxel_ml,
    )


def _surface_distances(predicted: Mask, reference: Mask, spacing: Spacing) -> tuple[float, float]:
    box = ndimage.find_objects((predicted | reference).astype(np.uint8))[0]
    a, b = (_surface(mask[box], spacing) for mask in (predicted, reference))
    there, back = _distances(a, b), _distances(b, a)
    hd95 = max(float(np.percentile(way, 95)) for way in (there, back))
    return float(np.concatenate([there, back]).mean()), hd95


def _surface(mask: Mask, spacing: Spacing) -> sitk.Image:
    """The voxels of ``mask`` with a neighbour outside; without the margin those at the edge would have none."""
    image = sitk.GetImageFromArray(np.pad(mask, 1).astype(np.uint8))
    image.SetSpacing(spacing[::-1])
    return sitk.BinaryContour(image, fullyConnected=False, backgroundValue=0, foregroundValue=1)


def _distances(start: sitk.Image, end: sitk.Image) -> Floats:
    """Distance in mm (n,) of each voxel of the surface ``start`` from the surface ``end``."""
    field = sitk.SignedMaurerDistanceMap(end, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    # A voxel deep in a surface that is several voxels thick has a negative distance from its outside, but is on it.
    signed = sitk.GetArrayViewFromImage(field)[sitk.GetArrayViewFromImage(start) > 0]
    return np.asarray(np.maximum(signed, 0.0), dtype=np.float64)
