"""Patches of real MR scans with lesions drawn into their normal heads, for the same ring as simulated ones.

``python -m Training.simulate.mr_real onfh_mri_fine --scans SCANS --folder PATCHES``

The surfaces of the heads are those of ``Training/labels/mr``; volumes of the split's test part are never read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.volume.resample import Grid, on_grid
from Training.labels.mr_heads import FOLDER, read_heads
from Training.labels.mr_heads import Head as Drawn
from Training.labels.star_surface import StarSurface
from Training.simulate.ct import grid
from Training.simulate.mr import FULL, HEALTHY
from Training.simulate.mr_contrast import SEQUENCES, TISSUES, Contrast
from Training.simulate.mr_head import Head
from Training.simulate.mr_lesion import Blots, draw_lesion, lesion_depth, paint
from Training.simulate.mr_patch import Patch
from Training.simulate.mr_patches import RECIPES, SPREAD
from Training.simulate.mr_scanner import along
from Training.simulate.noise import Dice

MARGIN = 12  # voxels round a stored hip from which cubes off its middle are cut
BLUR = 0.6  # mm, sd of the point spread within the slices


def chosen(part: str) -> list[str]:
    """Names of the volumes of a ``part`` ("train" or "test")."""
    return list(json.loads((FOLDER / "split.json").read_text())[part])


@dataclass(frozen=True)
class Hip:
    """A real hip on a grid, as a left one: signal, depth of its head in mm, points ``q`` in a right head's radii."""

    image: torch.Tensor
    under: torch.Tensor
    limit: torch.Tensor
    q: torch.Tensor
    radius: float
    grid: Grid  # of the whole, not mirrored
    slices: tuple[torch.Tensor, torch.Tensor]  # what slices see of the y axis, and what lies between them

    def cut(self, place: tuple[slice, slice, slice]) -> Hip:
        """A part of it; the slices stay those of the whole y axis."""
        seen, between = self.slices
        part = place[1]
        held = (seen[:, part] / seen[:, part].sum(1, keepdim=True).clamp(min=1e-3), between[part])
        parts = {name: getattr(self, name)[place] for name in ("image", "under", "limit", "q")}
        return replace(self, **parts, slices=held)


def head_of_drawing(drawn: Drawn) -> Head:
    """Sphere, axis and junction of a labelled head (LPS mm)."""
    if drawn.sphere is None or drawn.neck is None:
        raise ValueError("the head has no surface yet: run Training.labels.snap_mr_heads")
    centre, axis = (torch.tensor(v, dtype=torch.float32) for v in (drawn.sphere.centre, drawn.neck.axis))
    return Head(centre, drawn.sphere.radius, axis, drawn.neck.junction_mm)


def surface_depth(drawn: Drawn, plate_mm: float, world: torch.Tensor) -> torch.Tensor:
    """Depth (N,) in mm under the bone's surface of points (N, 3), along the ray from the surface's middle."""
    surface = StarSurface(drawn.start, drawn.radii).grown(plate_mm)
    offset = world.double().numpy() - surface.origin
    far = np.maximum(np.linalg.norm(offset, axis=1), 1e-6)
    near = far < surface.radii.max() + 12
    depth = np.full(len(far), -12.0)
    depth[near] = surface.reach(offset[near] / far[near, None]) - far[near]
    return torch.from_numpy(depth).float()


def _slices(scan: sitk.Image, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What coronal slices see of points of a line along y (slices, n), and linear weights between them (n, slices)."""
    y, step = places[0, :, 0, 1], scan.GetSpacing()[2]
    middle = places.reshape(-1, 3).mean(0).double().tolist()
    first = scan.TransformPhysicalPointToContinuousIndex(middle)[2] % 1.0
    direction = scan.GetDirection()[5]
    number = np.arange(-40, 41)
    centres = torch.tensor(middle[1] + direction * step * (number - first), dtype=torch.float32)
    seen = torch.exp(-0.5 * ((y - centres[:, None]) / (0.42 * step)).square()) + 1e-9
    between = (1 - ((y[:, None] - centres) / step).abs()).clamp(min=0)
    return seen / seen.sum(1, keepdim=True), between


def read_hip(scan: sitk.Image, drawn: Drawn, side: str, plate_mm: float) -> Hip:
    """One hip of a coronal scan with its labelled head, on a grid that is larger than a patch."""
    recipe, head = RECIPES["onfh_mri_fine"], head_of_drawing(drawn)
    shape = (recipe.side + 2 * MARGIN,) * 3
    places = grid(head.centre, shape, recipe.spacing)
    world = places.reshape(-1, 3)
    image = torch.from_numpy(on_grid(scan, _grid_of(places, recipe.spacing), 0.0))
    limit = head.beyond(world)
    under = surface_depth(drawn, plate_mm, world)
    q = head.frame(world)
    if side == "left":  # lesions are drawn for a right hip
        q = q * torch.tensor([-1.0, 1.0, 1.0])
    fields = [v.reshape(*shape, *v.shape[1:]) for v in (under, limit, q)]
    made = [image, *fields]
    if side == "right":
        made = [v.flip(2) for v in made]
    return Hip(*made, head.radius, _grid_of(places, recipe.spacing), _slices(scan, places))


def _grid_of(places: torch.Tensor, spacing: float) -> Grid:
    x, y, z = places[0, 0, 0].double().tolist()
    depth, height, width, _ = places.shape
    return Grid((x, y, z), (width, height, depth), spacing)


def t1_contrast(dice: Dice, marrow: float) -> Contrast:
    """T1 signals (2,), all as water, of a scan whose yellow marrow has the signal ``marrow``."""
    values = torch.tensor(SEQUENCES["T1 TSE"]) * (0.15 * dice.lattice(len(TISSUES)).clamp(-2, 2)).exp()
    scale = marrow / float(values[TISSUES.index("yellow")])
    return {name: torch.tensor([float(v) * scale, 0.0]) for name, v in zip(TISSUES, values, strict=True)}


def draw_change(dice: Dice, hip: Hip, spacing: float) -> tuple[torch.Tensor, torch.Tensor]:
    """What a lesion in the head changes in the image, as slices show it, and the lesion's depth in mm; (Z, Y, X)."""
    shape, head = tuple(hip.image.shape), torch.minimum(hip.under, hip.limit)
    inside = (head > 0).reshape(-1)
    lesion = replace(draw_lesion(dice), collapse=0.0)
    contrast = t1_contrast(dice, float(hip.image[head > 2.0].median()))
    waves = sum(a * dice.smooth(shape, spacing, w).reshape(-1) for a, w in lesion.waves)
    limit, q = hip.limit.reshape(-1), hip.q.reshape(-1, 3)
    depth = lesion_depth(lesion, q, limit, inside, hip.radius, torch.as_tensor(waves))
    blots = Blots(*(dice.smooth(shape, spacing, w).reshape(-1) for w in (14.0, 5.0, 11.0)))
    marrow = torch.stack([hip.image.reshape(-1), torch.zeros(hip.image.numel())])
    painted = paint(lesion, contrast, marrow, torch.minimum(depth, limit), hip.under.reshape(-1), blots, BLUR)[0]
    # Cortex and what lies outside stay as they are.
    share = ((hip.under.reshape(-1) - 0.6) / BLUR).clamp(0, 1)
    grain = _grain(hip.image, head) * dice.lattice(*shape).reshape(-1) * ((depth + 1).clamp(0, 1))
    change = ((painted - hip.image.reshape(-1) + grain) * share).reshape(shape)
    seen, between = hip.slices
    return along(along(change, 1, seen), 1, between), torch.minimum(depth.reshape(shape), head)


def _grain(image: torch.Tensor, head: torch.Tensor) -> float:
    """Noise of the scan: a lesion has as much of it as the marrow that it replaces."""
    steps = (image[:, :, 2:] + image[:, :, :-2]) / 2 - image[:, :, 1:-1]
    return float(steps[head[:, :, 1:-1] > 3.0].std()) * 1.5


def draw_real_hip(dice: Dice, hip: Hip) -> Patch:
    """A cube about the head, off its middle as a localiser's is, with a lesion in most; depths of head and lesion."""
    recipe = RECIPES["onfh_mri_fine"]
    off = (dice.vector(SPREAD) / recipe.spacing).round().long().clamp(-MARGIN, MARGIN) + MARGIN
    z, y, x = (slice(int(o), int(o) + recipe.side) for o in off)
    cut = hip.cut((z, y, x))
    head = torch.minimum(cut.under, cut.limit)
    image, lesion = cut.image, torch.full_like(head, -30.0)
    if not dice.chance(HEALTHY):
        change, lesion = draw_change(dice, cut, recipe.spacing)
        image = image + change
    image = image.clamp(min=0)
    return Patch(image / image.flatten()[::7].quantile(0.99) * FULL, torch.stack([head, lesion]), cut.q)


@dataclass(frozen=True)
class Scan:
    """A whole scan and the heads drawn on it."""

    image: sitk.Image
    heads: dict[str, Drawn]
    plate_mm: float
    labels: sitk.Image


def draw_real_pelvis(dice: Dice, scan: Scan) -> Patch:
    """The scan on the coarse grid about a random place; depths (2, Z, Y, X) of the right and the left head."""
    recipe = RECIPES["onfh_mri_coarse"]
    middle = torch.stack([torch.tensor(h.start, dtype=torch.float32) for h in scan.heads.values()]).mean(0)
    centre = middle + torch.tensor([dice.normal(0, 45), dice.normal(0, 25), dice.normal(20, 40)])
    places = grid(centre, (recipe.side,) * 3, recipe.spacing)
    world = places.reshape(-1, 3)
    image = torch.from_numpy(on_grid(scan.image, _grid_of(places, recipe.spacing), 0.0)).clamp(min=0)
    depths = [
        torch.minimum(surface_depth(h, scan.plate_mm, world), head_of_drawing(h).beyond(world))
        for h in (scan.heads["right"], scan.heads["left"])
    ]
    depth = torch.stack(depths).reshape(2, *image.shape)
    return Patch(image / image.flatten()[::7].quantile(0.99) * FULL, depth, places)


def scans_of(folder: Path, part: str) -> list[Scan]:
    """The scans of a ``part`` of the split that lie in ``folder``, with their labelled heads."""
    drawn = read_heads()
    scans = []
    for name in chosen(part):
        image = sitk.ReadImage(str(folder / f"{name}.nii.gz"), sitk.sitkFloat32)
        labels = sitk.ReadImage(str(FOLDER / f"{name}_heads.nii.gz"))
        scans.append(Scan(image, dict(drawn[name].sides), drawn[name].plate_mm, labels))
    return scans


def patches(network: str, scans: list[Scan], seed: int) -> Iterator[Patch]:
    """Endless patches of real scans."""
    dice = Dice(seed)
    if network == "onfh_mri_coarse":
        while True:
            yield draw_real_pelvis(dice, scans[dice.integer(0, len(scans))])
    hips = [read_hip(s.image, h, side, s.plate_mm) for s in scans for side, h in s.heads.items()]
    while True:
        yield draw_real_hip(dice, hips[dice.integer(0, len(hips))])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=sorted(RECIPES))
    parser.add_argument("--scans", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--slots", type=int, default=800)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    torch.set_num_threads(1)
    a.folder.mkdir(parents=True, exist_ok=True)
    stream = patches(a.network, scans_of(a.scans, "train"), a.seed)
    for number, patch in zip(range(a.count), stream, strict=False):
        patch.save(a.folder / f"real_{number % a.slots:05d}.npz", RECIPES[a.network].step)
