"""Simulated patients for measuring: a label map as a network would hand it over, and the exact shapes behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.labels import Side
from hipjoint.measure.landmarks import HEAD, SIDES, Landmark, placed
from Training.evaluate.geometry_truth import cured, true_head
from Training.simulate.noise import Dice
from Training.simulate.patches import draw_patient
from Training.simulate.scene import BONES, Scene, depths

# A scan of both hips: how far it goes round the middle of the hips to the left, the back and the head, in mm.
LOW, HIGH = np.array([-210.0, -125.0, -185.0]), np.array([210.0, 145.0, 175.0])
SLAB, FIRST_SEED = 24, 1_700_000
# Exact fields are kept this deep to both sides of the surface, in steps of a hundredth of a millimetre.
DEPTH_MM, COUNT_MM = 12.0, 0.01
# Only every fourth point is asked whether a bone is near, so near is farther than they lie apart.
COARSER, NEAR_MM = 4, 7.0
MEASURED = tuple(name for name in BONES if name != "sacrum")


@dataclass(frozen=True)
class Simulated:
    """A patient: ``labels`` with uneven surfaces; exact fields in mm of the bones with and without disease.

    ``heads`` are the true spheres, ``shapes`` the names of pelvis, right and left femur in the library.
    """

    shapes: tuple[str, ...]
    labels: sitk.Image
    heads: dict[Side, Landmark]
    diseased: dict[str, sitk.Image]
    sound: dict[str, sitk.Image]


def image_of(values: np.ndarray, origin: np.ndarray, spacing: float) -> sitk.Image:
    """Values [z, y, x] as an image along LPS."""
    image = sitk.GetImageFromArray(values)
    image.SetOrigin(np.asarray(origin, dtype=float).tolist())
    image.SetSpacing((spacing,) * 3)
    return image


def grid_points(low: np.ndarray, shape: tuple[int, int, int], spacing: float) -> torch.Tensor:
    """Points (N, 3) of a grid [z, y, x] whose first point is ``low``."""
    axes = [torch.arange(n, dtype=torch.float32) * spacing + float(at) for n, at in zip(shape, low[::-1], strict=True)]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([x, y, z], -1).reshape(-1, 3)


def patient(seed: int, library: Path, part: str, cache: Path, *, spacing: float, rough: float) -> Simulated:
    """The patient of a ``seed``; simulating takes a minute, so what was made is kept in ``cache``."""
    path = cache / f"{part}_{seed:03d}_{spacing:g}_{rough:g}.npz"
    if not path.exists():
        dice = Dice(FIRST_SEED + seed)
        scene = draw_patient(dice, library, part, coarse=False).scene
        # Ribs, hands and vertebrae are no bones that are measured.
        scene.rods.clear()
        scene.vertebrae.clear()
        _simulate(scene, dice, spacing, rough, path)
    with np.load(path) as kept:
        return _read(dict(kept), spacing)


def _read(kept: dict[str, np.ndarray], spacing: float) -> Simulated:
    heads = {
        side: placed(HEAD, side, row[:3], radius=float(row[3]), residual=float(row[4]))
        for side, row in zip(SIDES, kept["heads"], strict=True)
    }
    labels = image_of(kept["labels"], kept["low"], spacing)
    fields = [{name: _field(kept, f"{kind}_{name}", spacing) for name in MEASURED} for kind in ("diseased", "sound")]
    return Simulated(tuple(kept["shapes"].tolist()), labels, heads, *fields)


def _field(kept: dict[str, np.ndarray], name: str, spacing: float) -> sitk.Image:
    values = kept[name].astype(np.float32) * np.float32(COUNT_MM)
    return image_of(values, kept["low"] + kept[f"{name}_first"][::-1] * spacing, spacing)


def _simulate(scene: Scene, dice: Dice, spacing: float, rough: float, path: Path) -> None:
    cups = [scene.to_world(torch.tensor(cup[:3], dtype=torch.float32)) for cup in scene.pelvis.acetabula.values()]
    low = ((cups[0] + cups[1]) / 2).numpy() + LOW
    shape = tuple(int(n) for n in np.ceil((HIGH - LOW) / spacing)[::-1])
    uneven = dice.smooth(shape, spacing, 6.0) * rough
    labels = np.zeros(shape, np.uint8)
    wells = {"diseased": scene, "sound": cured(scene)}
    exact = {kind: {name: np.full(shape, -round(DEPTH_MM / COUNT_MM), np.int16) for name in MEASURED} for kind in wells}
    for start in range(0, shape[0], SLAB):
        part = (min(SLAB, shape[0] - start), *shape[1:])
        world = grid_points(low + np.array([0.0, 0.0, start * spacing]), part, spacing)
        here = slice(start, start + part[0])
        near = torch.from_numpy(_near_bone(scene, world.reshape(*part, 3)).nonzero()[0])
        if not len(near):
            continue
        for kind, each in wells.items():
            found = depths(each, world[near], torch.zeros(len(near)), torch.ones(len(near))).bone
            for name in MEASURED:
                exact[kind][name][here].reshape(-1)[near] = _counts(found[name])
            if each is scene:
                labels[here].reshape(-1)[near] = _labels(found, uneven[here].reshape(-1)[near])
    kept = {"low": low, "labels": labels, **_cropped(exact)}
    _keep(path, kept | _known(scene, kept, spacing))


def _known(scene: Scene, kept: dict[str, np.ndarray], spacing: float) -> dict[str, np.ndarray]:
    """The true heads (2, 5): centre, radius, residual; and the names of the shapes."""
    heads = [true_head(scene, side, _field(kept, f"sound_femur_{side}", spacing)) for side in SIDES]
    rows = [[*head.point, head.radius, head.residual] for head in heads]
    shapes = [scene.pelvis.name, *(scene.femora[side].name for side in SIDES)]
    return {"heads": np.array(rows), "shapes": np.array(shapes)}


def _near_bone(scene: Scene, world: torch.Tensor) -> np.ndarray:
    """Whether points (z, y, x, 3) lie near enough to a bone to be looked at, flat: every fourth of them tells."""
    few = world[::COARSER, ::COARSER, ::COARSER]
    found = depths(scene, few.reshape(-1, 3), torch.zeros(few[..., 0].numel()), torch.ones(few[..., 0].numel()))
    near = torch.stack([found.bone[name] for name in BONES]).amax(0) > -NEAR_MM
    whole = near.reshape(few.shape[:3])
    for axis in range(3):
        whole = whole.repeat_interleave(COARSER, axis).narrow(axis, 0, world.shape[axis])
    return whole.reshape(-1).numpy()


def _counts(depth: torch.Tensor) -> np.ndarray:
    """Depths (N,) in mm as counts."""
    return (depth.clamp(-DEPTH_MM, DEPTH_MM) / COUNT_MM).round().to(torch.int16).numpy()


def _labels(found: dict[str, torch.Tensor], uneven: torch.Tensor) -> np.ndarray:
    """Label values (N,) where bones are that deep (N,) and their surfaces are uneven by so many mm (N,)."""
    depth = torch.stack([found[name] for name in BONES])
    return torch.where(depth.amax(0) + uneven > 0, depth.argmax(0) + 1, 0).to(torch.uint8).numpy()


def _cropped(exact: dict[str, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The fields cropped to what lies near the bones, and where each crop begins."""
    kept = {}
    for kind, fields in exact.items():
        for name, values in fields.items():
            near = np.argwhere(values > -round(3.0 / COUNT_MM))
            first, last = np.maximum(near.min(axis=0) - 2, 0), near.max(axis=0) + 3
            kept[f"{kind}_{name}"] = values[tuple(map(slice, first, last))]
            kept[f"{kind}_{name}_first"] = first
    return kept


def _keep(path: Path, kept: dict[str, np.ndarray]) -> None:
    """Write the patient; a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, **kept)
    part.replace(path)
