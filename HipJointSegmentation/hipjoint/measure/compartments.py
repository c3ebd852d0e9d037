"""Cortical and trabecular bone of a femur in numbers: volume, density and thickness by region, cortical index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Side
from hipjoint.measure.bmd import Calibration
from hipjoint.measure.bone_shape import Bone
from hipjoint.measure.boundary import Floats, Mask, voxel_centres
from hipjoint.measure.cortex_map import CortexMap
from hipjoint.measure.femur_regions import REGIONS, RULE, TITLES, FemurRegions
from hipjoint.measure.frames import square_to, unit
from hipjoint.measure.value import Definition, Value, missing

# Below this share of the points of a region with a thickness there is none of the region.
LEAST_SHARE = 0.5
# Below the tip of the lesser trochanter, in mm: Dorr's level, and one that most scans of the hip show.
INDEX_LEVELS_MM = (30.0, 100.0)
THICK_SLICES_MM = 3.0
_FAN_DEGREES, _SLAB_MM, _LEAST_POINTS = 15.0, 3.0, 5
_PROFILES = "Treece et al., Med Image Anal 2010;14:276-290 and 2012;16:952-965; one blur for all profiles: this program"


@dataclass(frozen=True)
class _Part:
    """What a region has: voxels of both compartments, HU of them if there is a scan, thickness at its points."""

    cortical_ml: float
    trabecular_ml: float
    cortical_hu: float | None
    trabecular_hu: float | None
    thickness: Floats
    calibration: Calibration | None

    @property
    def whole_ml(self) -> float:
        """Volume of both compartments."""
        return self.cortical_ml + self.trabecular_ml

    def bmd(self, hu: float | None) -> float | None:
        """BMD of a mean HU, None without calibration."""
        return None if hu is None or self.calibration is None else self.calibration.bmd(hu)

    def of_thickness(self, how: Callable[[Floats], float]) -> float | None:
        """A number of the thickness, None where it could not be measured on half of the region."""
        known = self.thickness[np.isfinite(self.thickness)]
        if not len(self.thickness) or len(known) < LEAST_SHARE * len(self.thickness):
            return None
        return float(how(known))


@dataclass(frozen=True)
class _Quantity:
    name: str
    title: str
    unit: str
    text: str
    source: str
    digits: int
    of: Callable[[_Part], float | None]

    def definition(self, region: str) -> Definition:
        """The definition of this quantity in a region."""
        title = f"{self.title}, {TITLES[region]}"
        return Definition(f"{self.name}_{region}", title, self.unit, self.text, self.source, self.digits)


_COUNT = "Voxels of the label map"
_BMD_TEXT = "Slope times mean HU plus intercept of the calibration."
_CORTICAL_TEXT = (
    f"{_COUNT} between outline and inner surface of the cortex, which is the visible or the deconvolved one. The "
    "outline and the visible one lie half-way up the blurred edges, so a cortex thinner than the blur counts wider "
    "than it is; its thickness does not."
)
_CORTICAL_HU_TEXT = "Mean HU of the cortical voxels; blur makes a thin cortex look less dense."
_CORE_TEXT = f"{_COUNT} inside the inner surface of the cortex; in the shaft this is the canal."

_QUANTITIES: tuple[_Quantity, ...] = (
    _Quantity("whole", "Volume", "ml", f"{_COUNT} of both compartments.", "voxel count", 2, lambda p: p.whole_ml),
    _Quantity("cortical", "Cortical volume", "ml", _CORTICAL_TEXT, "voxel count", 2, lambda p: p.cortical_ml),
    _Quantity("trabecular", "Trabecular volume", "ml", _CORE_TEXT, "voxel count", 2, lambda p: p.trabecular_ml),
    _Quantity("cortical_hu", "Cortical density", "HU", _CORTICAL_HU_TEXT, "mean of voxels", 0, lambda p: p.cortical_hu),
    _Quantity(
        "trabecular_hu",
        "Trabecular density",
        "HU",
        "Mean HU of the trabecular voxels.",
        "mean of voxels",
        0,
        lambda p: p.trabecular_hu,
    ),
    _Quantity(
        "cortical_bmd", "Cortical BMD", "mg/cm³", _BMD_TEXT, "given calibration", 0, lambda p: p.bmd(p.cortical_hu)
    ),
    _Quantity(
        "trabecular_bmd",
        "Trabecular BMD",
        "mg/cm³",
        _BMD_TEXT,
        "given calibration",
        0,
        lambda p: p.bmd(p.trabecular_hu),
    ),
    _Quantity(
        "thickness_mean",
        "Cortical thickness, mean",
        "mm",
        "Mean over the points of the surface, which lie evenly.",
        _PROFILES,
        2,
        lambda p: p.of_thickness(np.mean),
    ),
    _Quantity(
        "thickness_p5",
        "Cortical thickness, 5th percentile",
        "mm",
        "5th percentile over the points of the surface.",
        _PROFILES,
        2,
        lambda p: p.of_thickness(lambda t: np.percentile(t, 5)),
    ),
)
WHOLE = "whole"
PLACES: tuple[str, ...] = (WHOLE, *REGIONS)
CORTICAL_INDEX = tuple(
    Definition(
        f"cortical_index_{level:.0f}mm",
        f"Cortical thickness index, {level:.0f} mm below the lesser trochanter",
        "",
        "Sum of the medial and the lateral thickness over the outer width from medial to lateral, square to the shaft, "
        f"{level:.0f} mm below the tip of the lesser trochanter; mean over {_FAN_DEGREES:.0f} degrees to each side.",
        "Dorr et al., Bone 1993;14:231-242 (100 mm)",
        2,
    )
    for level in INDEX_LEVELS_MM
)
DEFINITIONS: tuple[Definition, ...] = (
    *(quantity.definition(region) for quantity in _QUANTITIES for region in PLACES),
    *CORTICAL_INDEX,
)
REGION_RULE = RULE


@dataclass(frozen=True)
class FemurCortex:
    """One femur with its compartments, masks [z, y, x] on the grid of ``grid`` (LPS mm), and what is known of it.

    ``regions`` is the reason in words where they cannot be told; ``doubts`` are sentences that make every number of
    this femur doubtful (metal, thick slices).
    """

    side: Side
    bone: Bone
    cortical: Mask
    trabecular: Mask
    grid: sitk.Image
    cortex: CortexMap
    regions: FemurRegions | str
    doubts: tuple[str, ...] = ()


def measure_femur(
    femur: FemurCortex, image: sitk.Image | None = None, calibration: Calibration | None = None
) -> tuple[Value, ...]:
    """Every value of ``DEFINITIONS`` of one femur; ``image`` is the scan in HU on the grid of the masks, if given."""
    parts = _parts(femur, image, calibration)
    cut = _cut_regions(femur)
    why = _Missing(image is None, calibration is None)
    values = [
        _value(quantity, place, parts.get(place), femur, cut, why) for quantity in _QUANTITIES for place in PLACES
    ]
    indices = (_index(femur, level, each) for level, each in zip(INDEX_LEVELS_MM, CORTICAL_INDEX, strict=True))
    return (*values, *indices)


def no_femur(side: Side, reason: str) -> tuple[Value, ...]:
    """Every value of a side without a femur."""
    return tuple(missing(definition, side, reason) for definition in DEFINITIONS)


def thick_slices(grid: sitk.Image) -> tuple[str, ...]:
    """What thick slices mean for every number, or nothing."""
    widest = max(grid.GetSpacing())
    if widest <= THICK_SLICES_MM:
        return ()
    return (f"The slices are {widest:.3g} mm apart, more than {THICK_SLICES_MM:.0f} mm.",)


def _parts(femur: FemurCortex, image: sitk.Image | None, calibration: Calibration | None) -> dict[str, _Part]:
    voxel_ml = prod(femur.grid.GetSpacing()) / 1000
    hu = None if image is None else sitk.GetArrayViewFromImage(image)
    numbers, values = {}, {}
    for name, mask in (("cortical", femur.cortical), ("trabecular", femur.trabecular)):
        numbers[name] = _numbers(femur, voxel_centres(mask, femur.grid))
        values[name] = None if hu is None else hu[mask]
    surface = femur.cortex.surface.points[femur.cortex.shown]
    thickness, at = femur.cortex.thickness[femur.cortex.shown], _numbers(femur, surface)
    parts = {}
    for place in PLACES if isinstance(femur.regions, FemurRegions) else (WHOLE,):
        here = {name: _in(place, each) for name, each in numbers.items()}
        cortical, trabecular = (float(np.count_nonzero(each)) * voxel_ml for each in here.values())
        if cortical + trabecular > 0:
            hard, soft = (_mean(values[name], here[name]) for name in here)
            parts[place] = _Part(cortical, trabecular, hard, soft, thickness[_in(place, at)], calibration)
    return parts


def _numbers(femur: FemurCortex, points: Floats) -> Floats:
    if isinstance(femur.regions, str):
        return np.full(len(points), -1)
    return femur.regions.of(points)


def _in(place: str, numbers: Floats) -> Mask:
    return np.full(len(numbers), True) if place == WHOLE else np.asarray(numbers == REGIONS.index(place))


def _mean(values: Floats | None, which: Mask) -> float | None:
    return None if values is None or not which.any() else float(values[which].mean(dtype=np.float64))


def _cut_regions(femur: FemurCortex) -> frozenset[str]:
    """The regions that the edge of the scan cuts."""
    if not len(femur.bone.cut):
        return frozenset()
    numbers = _numbers(femur, femur.bone.cut)
    # A few voxels of a region beside the plane that another one is cut along do not make it cut.
    least = max(5, len(numbers) // 20)
    return frozenset({WHOLE, *(region for i, region in enumerate(REGIONS) if np.count_nonzero(numbers == i) >= least)})


@dataclass(frozen=True)
class _Missing:
    """What was not given, so that some quantities cannot be measured."""

    scan: bool
    calibration: bool

    def reason(self, quantity: _Quantity) -> str:
        """Why there is no number of a region that has voxels."""
        if quantity.name.startswith("thickness"):
            return "The scan blurs the cortex here too much, or shows none."
        if self.scan:
            return "No scan was given."
        if "bmd" in quantity.name and self.calibration:
            return "No calibration was given (slope and intercept, or phantom values)."
        return "There is no such bone in this region."


def _value(
    quantity: _Quantity, place: str, part: _Part | None, femur: FemurCortex, cut: frozenset[str], why: _Missing
) -> Value:
    definition, side = quantity.definition(place), femur.side
    if place != WHOLE and isinstance(femur.regions, str):
        return missing(definition, side, femur.regions)
    if part is None:
        return missing(definition, side, f"The scan does not show the {TITLES[place]} of the {side} femur.")
    number = quantity.of(part)
    if number is None:
        return missing(definition, side, why.reason(quantity))
    doubts = _doubts(quantity, place, femur, cut)
    if doubts:
        return Value(definition, side, number, "doubtful", " ".join(doubts))
    return Value(definition, side, number)


def _doubts(quantity: _Quantity, place: str, femur: FemurCortex, cut: frozenset[str]) -> list[str]:
    doubts = list(femur.doubts)
    if place in cut:
        doubts.append(f"The {TITLES[place]} is cut by the edge of the scan: the number is of the part shown.")
    if isinstance(femur.regions, FemurRegions):
        doubts += [sentence for region, sentence in femur.regions.doubts.items() if region == place]
    if quantity.name.startswith("thickness"):
        doubts += _thickness_doubts(femur.cortex)
    return doubts


def _thickness_doubts(cortex: CortexMap) -> list[str]:
    if cortex.scanner is None:
        return ["Measured on the label map, not in the scan: a cortex under two voxels is not seen as it is."]
    if cortex.scanner.guessed:
        hu = cortex.scanner.cortex_hu
        return [f"The density of dense cortex could not be told from the scan; {hu:.0f} HU were taken."]
    return []


def _index(femur: FemurCortex, level: float, definition: Definition) -> Value:
    """The cortical thickness index at ``level`` mm below the lesser trochanter."""
    regions, side = femur.regions, femur.side
    if isinstance(regions, str):
        return missing(definition, side, regions)
    if regions.tip is None:
        return missing(definition, side, regions.doubts.get("shaft", "The lesser trochanter was not found."))
    height = float(regions.tip.point @ regions.up) - level
    ends = [_medial_or_lateral(femur, regions, height, sign) for sign in (1.0, -1.0)]
    if any(end is None for end in ends):
        place = f"{level:.0f} mm below the lesser trochanter"
        return missing(definition, side, f"The scan does not show the shaft {place}.")
    width, thickness = (sum(end[i] for end in ends if end) for i in range(2))
    doubts = [*femur.doubts, *_thickness_doubts(femur.cortex), regions.tip.reason, regions.axis.reason]
    reason = " ".join(dict.fromkeys(filter(None, doubts)))
    return Value(definition, side, thickness / width, "doubtful" if reason else "good", reason)


def _medial_or_lateral(
    femur: FemurCortex, regions: FemurRegions, height: float, sign: float
) -> tuple[float, float] | None:
    """Distance of the outer surface from the shaft's axis and thickness of the cortex, both in mm, of one side."""
    start, up = regions.axis.point, regions.up
    medial = sign * unit(square_to(regions.sphere.centre - start, up))
    cortex = femur.cortex
    offset = square_to(cortex.surface.points - start, up)
    out = offset @ medial
    turned = np.degrees(np.arccos(np.clip(out / np.maximum(np.linalg.norm(offset, axis=1), 1e-9), -1, 1)))
    here = (np.abs(cortex.surface.points @ up - height) <= _SLAB_MM) & (turned <= _FAN_DEGREES)
    here &= np.isfinite(cortex.thickness)
    if np.count_nonzero(here) < _LEAST_POINTS:
        return None
    return float(out[here].mean()), float(cortex.thickness[here].mean())
