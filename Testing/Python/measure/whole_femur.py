"""A right femur with a cortex of known thickness: thin from the head to the trochanters, thick in the shaft."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
import whole_hips
from scipy.special import ndtr
from whole_hips import Body, Leg

CORTEX, SOFT, FAT, TRABECULAR = 1250.0, 40.0, -100.0, 120.0
BLUR, STEP = 0.7, 1.0
HEAD_MM, SHAFT_MM = 1.0, 4.0
SHAFT_RADIUS = whole_hips.SHAFT
# Heights under the head's centre between which the cortex grows from thin to thick.
_THIN_UNTIL, _THICK_FROM = -45.0, -65.0
_FAT_FROM = 14.0


@dataclass(frozen=True)
class Femur:
    """The ``scan`` in HU, the outline ``femora`` (1) and the ``compartments`` (11, 12) on its grid.

    They meet where the scan shows the inner surface: half-way between the HU of the cortex and those behind it.
    """

    body: Body
    scan: sitk.Image
    femora: sitk.Image
    compartments: sitk.Image

    @property
    def voxel_ml(self) -> float:
        return float(np.prod(self.scan.GetSpacing())) / 1000

    @property
    def to_head(self) -> np.ndarray:
        return self.body.to_head("right")

    def shaft_at(self, height: float) -> np.ndarray:
        return self.body.shaft_at("right", height)

    def place(self, parts: tuple[float, ...]) -> np.ndarray:
        """LPS mm of a point lateral, anterior, superior of the head's centre."""
        return self.body.place("right", parts)


def femur(noise: float = 15.0) -> Femur:
    """The femur in a scan that ends 112 mm below the head's centre."""
    body = Body(legs={"right": Leg(length=150.0), "left": Leg()}, middle=(0.0, 0.0, 0.0))
    centre = body.place("right", (0, 0, 0))
    low = centre + np.array([-78.0, -44.0, -112.0]) + 0.3
    size = (118, 92, 150)
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetOrigin(low.tolist())
    z, y, x = np.meshgrid(*(np.arange(n) * STEP for n in reversed(size)), indexing="ij")
    points = np.stack([x, y, z], axis=-1).astype(np.float32) + low.astype(np.float32)
    depth = whole_hips.depth(points, whole_hips.rods_of_femur(body, "right"))
    share = np.clip((points[..., 2] - centre[2] - _THIN_UNTIL) / (_THICK_FROM - _THIN_UNTIL), 0, 1)
    thickness = HEAD_MM + (SHAFT_MM - HEAD_MM) * share
    around = np.where(depth < -_FAT_FROM, FAT, SOFT)
    outer, inner = ndtr(depth / BLUR), ndtr((depth - thickness) / BLUR)
    hu = around * (1 - outer) + CORTEX * (outer - inner) + TRABECULAR * inner
    hu += np.random.default_rng(11).normal(0, noise, hu.shape)
    whole = depth > 0
    compartments = np.where(whole, np.where(depth > shown_inner(thickness), 12, 11), 0)
    made = [
        _image(values, image)
        for values in (hu.astype(np.float32), whole.astype(np.uint8), compartments.astype(np.uint8))
    ]
    return Femur(body, *made)


def shown_inner(thickness: np.ndarray) -> np.ndarray:
    """Depth in mm at which the blurred cortex has fallen half-way to the trabecular bone; exact for flat cortex."""
    thicknesses, x = np.linspace(HEAD_MM, SHAFT_MM, 61), np.arange(-3.0, SHAFT_MM + 4, 0.005)
    outer, inner = ndtr(x / BLUR), ndtr((x - thicknesses[:, None]) / BLUR)
    profile = SOFT * (1 - outer) + CORTEX * (outer - inner) + TRABECULAR * inner
    above = profile > (profile.max(axis=1, keepdims=True) + TRABECULAR) / 2
    last = above.shape[1] - 1 - above[:, ::-1].argmax(axis=1)
    return np.interp(thickness, thicknesses, x[last])


def thick(labels: sitk.Image, slices: float) -> sitk.Image:
    """The same label map in slices that many mm apart."""
    size = [*labels.GetSize()[:2], int(labels.GetSize()[2] * labels.GetSpacing()[2] / slices)]
    spacing = (*labels.GetSpacing()[:2], slices)
    return sitk.Resample(
        labels, size, sitk.Transform(), sitk.sitkNearestNeighbor, labels.GetOrigin(), spacing, labels.GetDirection()
    )


def _image(values: np.ndarray, grid: sitk.Image) -> sitk.Image:
    made = sitk.GetImageFromArray(values)
    made.CopyInformation(grid)
    return made
