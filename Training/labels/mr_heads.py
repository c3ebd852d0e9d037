"""The surfaces of femoral heads in MRI (``Training/labels/mr/surfaces.json``) and the label maps that they make."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import Side
from hipjoint.measure.boundary import Mask, in_space
from hipjoint.measure.head_neck import Neck, head_of
from hipjoint.measure.head_sphere import Sphere
from Training.labels.star_surface import Floats, StarSurface

FOLDER = Path(__file__).parent / "mr"
SURFACES = FOLDER / "surfaces.json"
VALUES: dict[Side, int] = {"right": 1, "left": 2}
# The finer grid on which the share of a voxel is counted, and that of the rule for sphere and junction.
FINE_MM, RULE_MM = 0.9, 1.0


@dataclass(frozen=True)
class Head:
    """One head: control numbers by eye (``start``, ``pins`` in LPS mm) and what was snapped and fitted from them.

    ``radii`` (n,) in mm go from ``start`` to the edge of the marrow, see ``StarSurface``.
    """

    start: Floats
    start_radius: float
    pins: Floats
    radii: Floats = field(default_factory=lambda: np.zeros(0))
    sphere: Sphere | None = None
    neck: Neck | None = None

    def snapped(self, radii: Floats, sphere: Sphere, neck: Neck) -> Head:
        """The same head with a surface."""
        return replace(self, radii=radii, sphere=sphere, neck=neck)


@dataclass(frozen=True)
class Heads:
    """The heads of one volume with the geometry of its grid; ``plate_mm`` lies between marrow and outer surface."""

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]
    plate_mm: float
    sides: dict[Side, Head]

    def grid(self) -> sitk.Image:
        """An empty image uint8 on the grid of the volume."""
        image = sitk.Image(self.size, sitk.sitkUInt8)
        image.SetSpacing(self.spacing)
        image.SetOrigin(self.origin)
        image.SetDirection(self.direction)
        return image


def isotropic_mask(surface: StarSurface) -> tuple[Mask, sitk.Image]:
    """What lies inside a surface, mask [z, y, x] on a 1 mm grid along the patient's axes, and that grid."""
    reach = surface.radii.max() + 4 * RULE_MM
    size = int(np.ceil(2 * reach / RULE_MM))
    grid = sitk.Image([size] * 3, sitk.sitkUInt8)
    grid.SetSpacing([RULE_MM] * 3)
    grid.SetOrigin((surface.origin - reach).tolist())
    everything = np.argwhere(np.ones((size,) * 3, bool))[:, ::-1].astype(np.float64)
    return surface.holds(in_space(everything, grid)).reshape((size,) * 3), grid


def label_map(heads: Heads) -> sitk.Image:
    """Both heads on the grid of the volume: voxels of which half or more lies in the head, uint8 values 1, 2."""
    image = heads.grid()
    labels = sitk.GetArrayFromImage(image)
    for side, head in heads.sides.items():
        labels[_share(head, heads.plate_mm, image) >= 0.5] = VALUES[side]
    made = sitk.GetImageFromArray(labels)
    made.CopyInformation(image)
    return made


def _share(head: Head, plate_mm: float, grid: sitk.Image) -> Floats:
    """The share (z, y, x) of each voxel that is head by the rule of ``hipjoint.measure.head_neck``."""
    if head.sphere is None or head.neck is None:
        raise ValueError("This head has no surface yet: run Training.labels.snap_mr_heads first.")
    parts = np.ceil(np.array(grid.GetSpacing()) / FINE_MM).astype(int)
    middle = np.array(grid.TransformPhysicalPointToContinuousIndex(head.start.tolist()))
    reach = (head.radii.max() + 2) / np.array(grid.GetSpacing())
    low = np.clip(np.floor(middle - reach), 0, None).astype(int)
    count = np.minimum(np.ceil(middle + reach).astype(int) + 1, grid.GetSize()) - low
    fine = sitk.Image((count * parts).tolist(), sitk.sitkUInt8)
    fine.SetSpacing((np.array(grid.GetSpacing()) / parts).tolist())
    fine.SetDirection(grid.GetDirection())
    fine.SetOrigin(in_space((low - 0.5 + 0.5 / parts)[None], grid)[0].tolist())
    index = np.indices(fine.GetSize()[::-1]).reshape(3, -1).T[:, ::-1].astype(np.float64)
    kept = head_of(np.ones(fine.GetSize()[::-1], bool), fine, head.sphere, head.neck)
    kept[kept] = StarSurface(head.start, head.radii).grown(plate_mm).holds(in_space(index[kept.ravel()], fine))
    x, y, z = count
    blocks = kept.reshape(z, parts[2], y, parts[1], x, parts[0])
    share = np.zeros(grid.GetSize()[::-1])
    share[low[2] : low[2] + z, low[1] : low[1] + y, low[0] : low[0] + x] = blocks.mean(axis=(1, 3, 5))
    return share


def as_numbers(sphere: Sphere, neck: Neck) -> dict[str, Any]:
    """Sphere and head-neck plane for the file: LPS mm."""
    return {
        "sphere_centre": sphere.centre.round(2).tolist(),
        "sphere_radius": round(sphere.radius, 2),
        "sphere_residual": round(sphere.rms_mm, 2),
        "neck_axis": neck.axis.round(4).tolist(),
        "junction_mm": round(neck.junction_mm, 2),
        "ending": neck.ending,
    }


def read_heads(path: Path = SURFACES) -> dict[str, Heads]:
    """The heads of every volume by its name without ``.nii.gz``."""
    content = json.loads(path.read_text())
    return {name: _heads(volume, content["plate_mm"]) for name, volume in content["volumes"].items()}


def _heads(volume: dict[str, Any], plate_mm: float) -> Heads:
    sides = {side: _head(volume["heads"][side]) for side in VALUES}
    shape = (tuple(volume["grid"][key]) for key in ("size", "spacing", "origin", "direction"))
    return Heads(*shape, plate_mm, sides)


def _head(numbers: dict[str, Any]) -> Head:
    pins = np.array(numbers["pins"], float).reshape(-1, 3)
    head = Head(np.array(numbers["start"]), numbers["start_radius"], pins)
    if "radii" not in numbers:
        return head
    sphere = Sphere(np.array(numbers["sphere_centre"]), numbers["sphere_radius"], numbers["sphere_residual"])
    neck = Neck(np.array(numbers["neck_axis"]), numbers["junction_mm"], numbers["ending"])
    return head.snapped(np.array(numbers["radii"]), sphere, neck)


def write_heads(every: dict[str, Heads], path: Path = SURFACES) -> None:
    """Write the surfaces; the text before the volumes in the file stays as it is."""
    content = json.loads(path.read_text())
    for name, heads in every.items():
        for side, head in heads.sides.items():
            if head.sphere is not None and head.neck is not None:
                found = as_numbers(head.sphere, head.neck) | {"radii": head.radii.round(2).tolist()}
                content["volumes"][name]["heads"][side].update(found)
    path.write_text(_compact(content))


def _compact(content: dict[str, Any]) -> str:
    """JSON with one line a number or list of numbers."""
    text = json.dumps({**content, "volumes": {}}, indent=1)[: -len("{}\n}")]
    volumes = []
    for name, volume in content["volumes"].items():
        heads = [
            f'   "{side}": {{\n' + ",\n".join(f'    "{key}": {json.dumps(value)}' for key, value in head.items()) + "}"
            for side, head in volume["heads"].items()
        ]
        grid = json.dumps(volume["grid"])
        volumes.append(f'  "{name}": {{\n   "grid": {grid},\n   "heads": {{\n' + ",\n".join(heads) + "}}")
    return text + "{\n" + ",\n".join(volumes) + "}\n}\n"
