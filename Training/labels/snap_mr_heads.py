"""Snap the surfaces of femoral heads to the edge of the marrow in coronal T1 MRI.

``python -m Training.labels.snap_mr_heads SCANS`` reads the control numbers (``start``, ``pins``) in
``Training/labels/mr/surfaces.json`` and writes the surfaces, spheres and head-neck planes back to it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from hipjoint.labels import Side
from hipjoint.measure.boundary import in_grid
from hipjoint.measure.head_neck import lateral_of
from hipjoint.measure.head_shape import find_head
from Training.labels.mr_heads import SURFACES, Heads, as_numbers, isotropic_mask, read_heads, write_heads
from Training.labels.star_surface import Floats, Integers, StarSurface, facets_of, lattice

# Lattice directions of a surface: about 2.7 mm apart on a head.
RAYS = 800
# Searched part of a ray in radii of the head; a ray that meets no edge (in the neck) ends at the last.
NEAREST, FARTHEST, STEP_MM = 0.55, 1.45, 0.3
# The marrow's edge is half as bright as the marrow within about this way; more where slices blur it.
EDGE_MM, SLICE_BLUR = 1.0, 0.4
# Darker than this share of the marrow is cortex or beyond; each mm that a ray goes on through it costs this much.
DARK, DARK_COST = 0.65, 0.4
# Neighbouring rays differ by little, but for the rim of the neck: cost of a mm, and of a jump at most.
SLOPE_COST, JUMP_COST, ROUNDS = 0.12, 0.35, 30
NO_EDGE_COST = 0.35
# Only in the cone of the neck does bone go on beyond the sphere; when lying, feet fall outwards and necks point back.
NECK, NECK_DEGREES, BEYOND_MM, BEYOND_COST = (0.76, 0.45, -0.45), 52.0, 2.0, 0.5
PIN_DEGREES, PIN_COST = 9.0, 1.0
# A step of this many mm between neighbours is the rim of the neck, which is not smoothed.
RIM_MM = 3.0
SMOOTHING, EXACT_MM = 0.3, 0.3


def snap(scan: sitk.Image, side: Side, centre: Floats, radius: float, pins: Floats) -> StarSurface:
    """The edge of the marrow of a head, and of the neck as far as 1.45 radii, about ``centre`` (3,) in LPS mm.

    ``radius`` in mm is the marrow's, roughly; ``pins`` (n, 3) in LPS mm are points of the edge that were set by eye.
    """
    directions = lattice(RAYS)
    places = np.arange(NEAREST * radius, FARTHEST * radius + STEP_MM / 2, STEP_MM)
    slices_blur = np.abs(directions @ np.array(scan.GetDirection()).reshape(3, 3)[:, 2])
    width = np.hypot(EDGE_MM, SLICE_BLUR * scan.GetSpacing()[2] * slices_blur)
    profiles = _profiles(scan, centre, directions, np.arange(0.0, places[-1] + 8, STEP_MM))
    pinned = _pinned(directions, pins - centre)
    cost = _edge_cost(profiles, places, width) + _pin_cost(pinned, places)
    cost += _beyond_cost(directions, places - radius, side)
    edges = _neighbours(directions)
    rough = places[_best_labels(cost, edges)]
    found = np.where(np.isnan(pinned), _half_way(profiles, rough, width), rough)
    open_end = rough > places[-1] - 1.5
    found[open_end] = places[-1]
    weight = 1 / (1 + (slices_blur**2 / EXACT_MM) ** 2)
    smooth = _smoothed(found, weight, edges[np.abs(np.diff(rough[edges], axis=1)[:, 0]) < RIM_MM])
    smooth[open_end] = places[-1]
    return StarSurface(centre, smooth)


def _profiles(scan: sitk.Image, centre: Floats, directions: Floats, places: Floats) -> Floats:
    """Brightness (n, k) along the rays, as a share of the marrow's."""
    index = np.moveaxis(in_grid(centre + directions[:, None] * places[:, None], scan)[..., ::-1], -1, 0)
    low = np.clip(np.floor(index.min(axis=(1, 2))).astype(int), 0, None)
    high = np.ceil(index.max(axis=(1, 2))).astype(int) + 1
    near = sitk.GetArrayViewFromImage(scan)[tuple(map(slice, low, high))]
    values = ndimage.map_coordinates(near, index - low[:, None, None], order=1, mode="nearest", output=np.float64)
    return np.asarray(values / np.median(values[:, places < NEAREST * places[-1] / FARTHEST]))


def _at(profiles: Floats, places: Floats) -> Floats:
    """The profiles (n, k) at distances (n, m) in mm from the centre."""
    rows = np.broadcast_to(np.arange(len(profiles))[:, None], places.shape)
    return np.asarray(ndimage.map_coordinates(profiles, [rows, places / STEP_MM], order=1, mode="nearest"))


def _edge_cost(profiles: Floats, places: Floats, width: Floats) -> Floats:
    """Cost (n, m) of an edge at each place: low where bright marrow ends, high beyond anything dark."""
    inside = _at(profiles, places - width[:, None])
    outside = _at(profiles, places + width[:, None])
    dark = np.cumsum(_at(profiles, np.broadcast_to(places, inside.shape)) < DARK, axis=1) * STEP_MM
    passed = np.clip(dark - width[:, None] / 2, 0, None)
    cost = np.minimum(outside, 1.0) - np.minimum(inside, 1.0)
    cost[:, -1] = -NO_EDGE_COST
    return np.asarray(cost + DARK_COST * passed)


def _beyond_cost(directions: Floats, beyond: Floats, side: Side) -> Floats:
    """Cost (n, m) of places so many mm ``beyond`` (m,) the marrow's sphere where there is no neck."""
    neck = np.array(NECK) * (lateral_of(side), 1, 1)
    no_neck = directions @ (neck / np.linalg.norm(neck)) < np.cos(np.deg2rad(NECK_DEGREES))
    return np.asarray(no_neck[:, None] * BEYOND_COST * np.clip(beyond - BEYOND_MM, 0, None))


def _pinned(directions: Floats, pins: Floats) -> Floats:
    """Distance (n,) in mm at which a pin wants each ray to end; not a number where no pin is near."""
    far = np.linalg.norm(pins, axis=1)
    near = directions @ (pins / far[:, None]).T if len(pins) else np.full((len(directions), 1), -1.0)
    nearest = near.argmax(axis=1)
    held = near.max(axis=1) > np.cos(np.deg2rad(PIN_DEGREES))
    return np.where(held, far[nearest] if len(pins) else np.nan, np.nan)


def _pin_cost(pinned: Floats, places: Floats) -> Floats:
    return np.asarray(np.nan_to_num(PIN_COST * np.abs(places - pinned[:, None])))


def _neighbours(directions: Floats) -> Integers:
    """Pairs (e, 2) of neighbouring rays, each once."""
    facets = facets_of(directions)
    sides = np.concatenate([facets[:, [0, 1]], facets[:, [1, 2]], facets[:, [2, 0]]])
    return np.unique(np.sort(sides, axis=1), axis=0)


def _best_labels(cost: Floats, edges: Integers) -> Integers:
    """The place of each ray (n,) of least cost in all, jumps between neighbours counted in (min-sum messages).

    Truncated linear smoothness and its two-pass message: Felzenszwalb and Huttenlocher, Int J Comput Vis 2006.
    """
    source, target = np.concatenate([edges, edges[:, ::-1]]).T
    back = np.roll(np.arange(len(source)), len(edges))
    rays, count = len(cost), len(source)
    gather = sparse.csr_matrix((np.ones(count, np.float32), (np.arange(count), target)), (count, rays))
    cost = np.ascontiguousarray(cost.T, np.float32)
    messages = np.zeros((len(cost), count), np.float32)
    slope = np.float32(SLOPE_COST * STEP_MM)
    for _ in range(ROUNDS):
        message = (cost + messages @ gather)[:, source] - messages[:, back]
        most = message.min(axis=0) + np.float32(JUMP_COST)
        for place in range(1, len(message)):
            np.minimum(message[place], message[place - 1] + slope, out=message[place])
        for place in range(len(message) - 2, -1, -1):
            np.minimum(message[place], message[place + 1] + slope, out=message[place])
        message = np.minimum(message, most)
        messages = (messages + message - message.min(axis=0)) / 2
    return np.asarray((cost + messages @ gather).argmin(axis=0))


def _half_way(profiles: Floats, rough: Floats, width: Floats) -> Floats:
    """Where near ``rough`` (n,) a ray is half as bright as between the marrow and the darkest point of the rim."""
    steps = np.linspace(-2.0, 2.0, 33)
    near = rough[:, None] + steps * width[:, None]
    values = _at(profiles, near)
    marrow = np.median(values[:, steps <= -1], axis=1)
    rim = values[:, steps >= 0].min(axis=1)
    level = (marrow + rim)[:, None] / 2
    falls = (values[:, :-1] >= level) & (values[:, 1:] < level)
    falls &= np.abs(steps[:-1]) < 1.2
    chosen = np.where(falls, np.abs(steps[:-1]), np.inf).argmin(axis=1)
    rows = np.arange(len(rough))
    high, low = values[rows, chosen], values[rows, chosen + 1]
    part = np.where(falls.any(axis=1), (high - level[:, 0]) / np.maximum(high - low, 1e-6), 0.0)
    place = near[rows, chosen] + part * (steps[1] - steps[0]) * width
    return np.where(falls.any(axis=1) & (marrow - rim > 0.2), place, rough)


def _smoothed(found: Floats, weight: Floats, edges: Integers) -> Floats:
    """The radii (n,) of least bending that keep to what was ``found``, by ``weight`` (n,)."""
    count = len(found)
    link = sparse.csr_matrix((np.ones(len(edges)), edges.T), (count, count))
    link = link + link.T
    degree = np.maximum(np.asarray(link.sum(axis=1))[:, 0], 1)
    bend = sparse.diags(1.0 * (np.asarray(link.sum(axis=1))[:, 0] > 0)) - sparse.diags(1 / degree) @ link
    return np.asarray(spsolve((sparse.diags(weight) + SMOOTHING * bend.T @ bend).tocsc(), weight * found))


def _snap_volume(folder: Path, stem: str, heads: Heads) -> None:
    scan = sitk.ReadImage(str(folder / f"{stem}.nii.gz"), sitk.sitkFloat32)
    for side, head in heads.sides.items():
        surface = snap(scan, side, head.start, head.start_radius, head.pins)
        mask, grid = isotropic_mask(surface.grown(heads.plate_mm))
        shape = find_head(mask, np.zeros_like(mask), grid, side)
        heads.sides[side] = head.snapped(surface.radii, shape.sphere, shape.neck)
        print(f"{stem} {side}: {as_numbers(shape.sphere, shape.neck)} {shape.doubt}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", type=Path)
    parser.add_argument("--surfaces", type=Path, default=SURFACES)
    parser.add_argument("--only", default="", help="snap this volume alone")
    a = parser.parse_args()
    every = read_heads(a.surfaces)
    for name, volume in every.items():
        if a.only in name:
            _snap_volume(a.scans, name, volume)
    write_heads(every, a.surfaces)
