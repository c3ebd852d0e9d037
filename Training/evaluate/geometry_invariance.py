"""By how much angles change when nothing does but how a scan lies: mirrored, turned, its voxels in another order.

``python -m Training.evaluate.geometry_invariance BONES``

What is seen in the mirror is labelled with the sides exchanged, so each right value must become the left one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from hipjoint.labels import Side
from hipjoint.measure.anatomy import anatomy_of
from hipjoint.measure.boundary import Floats
from hipjoint.measure.geometry import GeometryValue, assess
from hipjoint.measure.landmarks import HEAD, SIDES, key
from hipjoint.measure.measure import Case

# Of a label map of bones: right and left femur and hip bone change places, the sacrum stays.
_EXCHANGED = np.array([0, 2, 1, 4, 3, 5], np.uint8)
_TURNED, _OBLIQUE = (10.0, 8.0, -12.0), (17.0, -11.0, 23.0)
# These have another sign in the mirror.
_ODD = ("pelvic_obliquity", "pelvic_rotation")
_ON_TABLE = ("pelvic_tilt", *_ODD)
_SAME_PLACE_MM = 2.0

Place = tuple[str, Side | None]


@dataclass(frozen=True)
class Variant:
    """The same bones in another way: ``labels`` and where a point (3,) of the first map lies now, in LPS mm."""

    name: str
    labels: sitk.Image
    moved: Callable[[Floats], Floats]
    mirrored: bool = False
    on_table: bool = True


def variants(labels: sitk.Image) -> list[Variant]:
    """All ways in which a label map (values of ``labels.HIP_CT``) is looked at."""
    mirror = np.diag([-1.0, 1.0, 1.0])
    turn = Rotation.from_euler("xyz", _TURNED, degrees=True).as_matrix()
    return [
        Variant("axes in another order", sitk.PermuteAxes(labels, [1, 2, 0]), lambda p: p),
        Variant("oblique grid", on_oblique_grid(labels), lambda p: p),
        Variant("turned on the table", turned(labels, turn), lambda p: turn @ p, on_table=False),
        Variant("mirrored", mirrored(labels), lambda p: mirror @ p, mirrored=True),
    ]


def turned(labels: sitk.Image, rotation: Floats) -> sitk.Image:
    """The patient turned about the origin by a rotation (3, 3); the voxels stay as they are."""
    image = sitk.Image(labels)
    image.SetOrigin((rotation @ labels.GetOrigin()).tolist())
    image.SetDirection((rotation @ np.array(labels.GetDirection()).reshape(3, 3)).ravel().tolist())
    return image


def mirrored(labels: sitk.Image) -> sitk.Image:
    """The patient in a mirror square to LPS x: right is left, in place and in label."""
    values = _EXCHANGED[sitk.GetArrayViewFromImage(labels)][:, :, ::-1]
    image = sitk.GetImageFromArray(np.ascontiguousarray(values))
    image.SetSpacing(labels.GetSpacing())
    mirror = np.array([-1.0, 1.0, 1.0])
    last = labels.TransformIndexToPhysicalPoint((labels.GetWidth() - 1, 0, 0))
    image.SetOrigin((mirror * last).tolist())
    # The first axis runs backwards: the grid stays right-handed.
    direction = mirror[:, None] * np.array(labels.GetDirection()).reshape(3, 3) * mirror
    image.SetDirection(direction.ravel().tolist())
    return image


def on_oblique_grid(labels: sitk.Image) -> sitk.Image:
    """The same bones on a grid that stands askew: each voxel gets the label of the nearest."""
    turn = Rotation.from_euler("xyz", _OBLIQUE, degrees=True).as_matrix()
    direction = turn @ np.array(labels.GetDirection()).reshape(3, 3)
    last = [n - 1 for n in labels.GetSize()]
    corners = [[last[axis] * (number >> axis & 1) for axis in range(3)] for number in range(8)]
    places = np.array([labels.TransformIndexToPhysicalPoint(corner) for corner in corners]) @ direction
    low, high = places.min(axis=0), places.max(axis=0)
    size = (np.ceil((high - low) / labels.GetSpacing()) + 1).astype(int).tolist()
    origin, spacing = (direction @ low).tolist(), labels.GetSpacing()
    return sitk.Resample(
        labels, size, sitk.Transform(), sitk.sitkNearestNeighbor, origin, spacing, direction.ravel().tolist(), 0
    )


def angles(values: tuple[GeometryValue, ...], variant: Variant | None = None) -> dict[Place, float]:
    """Every angle in degrees by name and side of the first map; without those of the table if that has turned."""
    seen_in_mirror = variant is not None and variant.mirrored
    found = {}
    for each in values:
        (name, side), number = each.place, each.value.number
        on_table = name.endswith("_table") or name in _ON_TABLE
        if number is None or each.value.definition.unit != "degrees" or (on_table and variant and not variant.on_table):
            continue
        place = (name, SIDES[1 - SIDES.index(side)] if seen_in_mirror and side else side)
        found[place] = -number if seen_in_mirror and name in _ODD else number
    return found


def exchanged_sides(first: Case, other: Case, variant: Variant) -> list[Side]:
    """Sides whose head does not lie where it must."""
    wrong = []
    for side in SIDES:
        there: Side = SIDES[1 - SIDES.index(side)] if variant.mirrored else side
        before, after = first.landmarks[key(HEAD, side)], other.landmarks[key(HEAD, there)]
        if before.found and (
            not after.found or np.linalg.norm(variant.moved(before.point) - after.point) > _SAME_PLACE_MM
        ):
            wrong.append(side)
    return wrong


def compare(labels: sitk.Image) -> str:
    """A table of the largest and the mean change of the angles in each variant, and which angle changes most."""
    case, values = assess(anatomy_of(labels))
    true = angles(values)
    lines = ["| variant | largest change, degrees | of | mean | angles | wrong sides |", "|---|---|---|---|---|---|"]
    for variant in variants(labels):
        other, again = assess(anatomy_of(variant.labels))
        found = angles(again, variant)
        change = {place: abs(found[place] - true[place]) for place in found if place in true}
        most = max(change, key=lambda place: change[place])
        wrong = ", ".join(exchanged_sides(case, other, variant)) or "none"
        of = " ".join(filter(None, most))
        mean = float(np.mean(list(change.values())))
        lines.append(f"| {variant.name} | {change[most]:.2f} | {of} | {mean:.2f} | {len(change)} | {wrong} |")
        over = sorted((place for place in change if change[place] >= 0.5), key=lambda place: -change[place])
        lines += [f"| | {change[place]:.2f} | {' '.join(filter(None, place))} | | | |" for place in over[1:]]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bones", type=Path, help="label map with the values of the hip's bones")
    print(compare(sitk.ReadImage(str(parser.parse_args().bones), sitk.sitkUInt8)))


if __name__ == "__main__":
    main()
