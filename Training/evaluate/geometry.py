"""How exactly the hip's geometry is measured: simulated hips with disease, whose landmarks are known.

``python -m Training.evaluate.geometry --library DIR --out DIR --count 40``

The truth is set on the undeformed shapes of the library and carried through everything that the scene does to them:
size, pose, neck angle, version, deformation. Disease (cams, osteophytes, flattening, narrow joints) moves no truth.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.labels import HIP_CT, Side
from hipjoint.measure.acetabulum import rim_plane
from hipjoint.measure.anatomy import anatomy_of
from hipjoint.measure.find_landmarks import find_landmarks
from hipjoint.measure.frames import angle_between
from hipjoint.measure.geometry import assess, measure_all
from hipjoint.measure.landmarks import ACETABULUM, ASIS, ISCHIUM, PUBIC_TUBERCLE, RIM, SIDES, Landmark, Landmarks
from hipjoint.measure.measure import Case
from hipjoint.measure.robust import fit_line
from Training.simulate.femur import femur_distance
from Training.simulate.library import Femur, Pelvis
from Training.simulate.noise import Dice
from Training.simulate.patches import draw_patient
from Training.simulate.scene import BONES, Scene, depths

OF_PELVIS = {kind.name for kind in (ASIS, PUBIC_TUBERCLE, ISCHIUM, ACETABULUM, RIM)}
# A scan of both hips: how far it goes round the middle of the hips to the left, the back and the head, in mm.
LOW, HIGH = np.array([-185.0, -115.0, -185.0]), np.array([185.0, 135.0, 175.0])
SLAB = 24
Carry = Callable[[np.ndarray], np.ndarray]


def label_image(values: np.ndarray, origin: np.ndarray, spacing: float) -> sitk.Image:
    """Label values [z, y, x] as an image along LPS."""
    image = sitk.GetImageFromArray(values.astype(np.uint8))
    image.SetOrigin(np.asarray(origin, dtype=float).tolist())
    image.SetSpacing((spacing,) * 3)
    return image


def grid_points(low: np.ndarray, shape: tuple[int, int, int], spacing: float) -> torch.Tensor:
    """Points (N, 3) of a grid [z, y, x] whose first point is ``low``."""
    axes = [torch.arange(n, dtype=torch.float32) * spacing + float(at) for n, at in zip(shape, low[::-1], strict=True)]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([x, y, z], -1).reshape(-1, 3)


def of_femur(femur: Femur) -> Landmarks:
    """Landmarks of a femur of the library in its own frame, a right one, its shaft made longer."""
    low, high = np.array([-95.0, -60.0, femur.cut - 60.0]), np.array([40.0, 70.0, 45.0])
    shape = tuple(int(n) for n in np.ceil(high - low)[::-1])
    points = grid_points(low, shape, 1.0)
    shaft = torch.tensor(femur.shaft, dtype=torch.float32)
    drop = (femur.cut + 15.0 - points[:, 2]).clamp(min=0)
    inside = femur.bone.sample(points + (drop / shaft[2])[:, None] * shaft) < 0
    return find_landmarks(anatomy_of(label_image(inside.numpy().reshape(shape), low, 1.0)))


def of_pelvis(pelvis: Pelvis) -> Landmarks:
    """Landmarks of a pelvis of the library in its own frame."""
    fields = {value: pelvis.bones[f"hip_{side}"] for value, side in ((3, "right"), (4, "left"))}
    low = torch.stack([field.origin for field in fields.values()]).amin(0).numpy()
    ends = [field.origin + torch.tensor(field.values.shape[::-1]) * field.spacing for field in fields.values()]
    shape = tuple(int(n) for n in np.ceil(torch.stack(ends).amax(0).numpy() - low)[::-1])
    points = grid_points(low, shape, 1.0)
    values = np.zeros(len(points), np.uint8)
    for value, field in fields.items():
        values[field.sample(points).numpy() < 0] = value
    return find_landmarks(anatomy_of(label_image(values.reshape(shape), low, 1.0)))


def pelvis_to_world(scene: Scene, places: np.ndarray) -> np.ndarray:
    """World points (N, 3) that the scene takes to ``places`` (N, 3) of the pelvis, by iteration."""
    flat = torch.linalg.solve(scene.frame, (torch.tensor(places, dtype=torch.float32) - scene.middle).T).T
    world = flat
    for _ in range(40):
        world = flat - sum(lattice.at(world) for lattice in scene.lattices)
    return world.double().numpy()


def femur_to_world(scene: Scene, side: Side, places: np.ndarray) -> np.ndarray:
    """World points (N, 3) that the scene takes to ``places`` (N, 3) of the femur, by iteration."""
    femur, pose = scene.femora[side], scene.poses[side]
    target = torch.tensor(places, dtype=torch.float32)
    points = pose.scale * target @ pose.turn.T + pose.shift
    for _ in range(60):
        _, here = femur_distance(points, femur, pose)
        points = points + 0.8 * pose.scale * (target - here) @ pose.turn.T
    cup = np.asarray(scene.pelvis.acetabula[side][:3])
    flip = np.array([1.0 if side == "right" else -1.0, 1.0, 1.0])
    return pelvis_to_world(scene, points.double().numpy() * flip + cup)


def carried(landmark: Landmark, side: Side, carry: Carry) -> Landmark:
    """A landmark in the place that ``carry`` takes it to; a sphere becomes the one that fits its points best."""
    if not landmark.found:
        return replace(landmark, side=side)
    if landmark.type.kind == "sphere":
        return replace(landmark, side=side, **sphere_through(carry(on_sphere(landmark))))
    if landmark.type.kind == "line":
        share = np.linspace(0, 1, 15)[:, None]
        points = carry(landmark.points[0] * (1 - share) + landmark.points[1] * share)
        middle, direction = fit_line(points)
        return replace(
            landmark, side=side, points=middle + ((points[[0, -1]] - middle) @ direction)[:, None] * direction
        )
    points = carry(landmark.points)
    # A mirrored curve would run the other way round.
    mirrored = landmark.type.kind == "curve" and side != landmark.side
    return replace(landmark, side=side, points=points[::-1] if mirrored else points)


def on_sphere(landmark: Landmark) -> np.ndarray:
    """Points (n, 3) of the medial upper half of a sphere of a right hip, or the same mirrored of a left one."""
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((800, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    inwards = np.array([1.0 if landmark.side == "right" else -1.0, 0.0, 0.8])
    return landmark.point + landmark.radius * directions[directions @ inwards > 0]


def sphere_through(points: np.ndarray) -> dict[str, object]:
    """Centre and radius of the sphere that fits points (n, 3) by least squares."""
    matrix = np.column_stack([2 * points, np.ones(len(points))])
    found = np.linalg.lstsq(matrix, (points**2).sum(axis=1), rcond=None)[0]
    return {"points": found[None, :3], "radius": float(np.sqrt(found[3] + found[:3] @ found[:3]))}


def of_shape(shape: Femur | Pelvis, known: dict[str, Landmarks]) -> Landmarks:
    """Landmarks of a shape of the library, looked for once; ``known`` are those of shapes by their names."""
    if shape.name not in known:
        known[shape.name] = of_femur(shape) if isinstance(shape, Femur) else of_pelvis(shape)
    return known[shape.name]


def truth_of(scene: Scene, known: dict[str, Landmarks]) -> Landmarks:
    """All true landmarks of a scene in world LPS mm."""
    found = {}
    pelvis = of_shape(scene.pelvis, known)
    for side in SIDES:
        for each in of_shape(scene.femora[side], known).values():
            if each.side == "right" and each.type.name not in OF_PELVIS:
                moved = carried(each, side, lambda places, side=side: femur_to_world(scene, side, places))
                found[moved.key] = moved
    for each in pelvis.values():
        if each.type.name in OF_PELVIS:
            found[each.key] = carried(each, each.side, lambda places: pelvis_to_world(scene, places))
    return found


def label_map(scene: Scene, dice: Dice, spacing: float, rough: float) -> sitk.Image:
    """The bones of a scene as a label map with surfaces that are uneven by ``rough`` mm (standard deviation)."""
    cups = [scene.to_world(torch.tensor(cup[:3], dtype=torch.float32)) for cup in scene.pelvis.acetabula.values()]
    low = ((cups[0] + cups[1]) / 2).numpy() + LOW
    shape = tuple(int(n) for n in np.ceil((HIGH - LOW) / spacing)[::-1])
    uneven = dice.smooth(shape, spacing, 6.0) * rough
    labels = np.zeros(shape, np.uint8)
    for start in range(0, shape[0], SLAB):
        part = (min(SLAB, shape[0] - start), *shape[1:])
        world = grid_points(low + np.array([0.0, 0.0, start * spacing]), part, spacing)
        noise = uneven[start : start + part[0]].reshape(-1)
        found = depths(scene, world, noise, torch.ones(len(world)))
        depth = torch.stack([found.bone[name] for name in BONES])
        best = depth.amax(0)
        values = torch.where(best > 0, depth.argmax(0) + 1, 0)
        labels[start : start + part[0]] = values.numpy().reshape(part)
    return label_image(labels, low, spacing)


def errors(found: Case, truth: Case) -> dict[str, dict[str, float | str | None]]:
    """By measure and side: what was measured, what is true; by landmark: the distance in mm."""
    rows: dict[str, dict[str, float | str | None]] = {}
    true_values = {each.place: each.value for each in measure_all(truth)}
    for each in measure_all(found):
        value, true = each.value, true_values[each.place]
        if true.number is not None and value.definition.name not in ("head_residual",):
            rows[f"{value.definition.name} {value.side or ''}".strip()] = {
                "found": value.number,
                "true": true.number,
                "quality": value.quality,
                "reason": value.reason,
            }
    for name, each in found.landmarks.items():
        true_one = truth.landmarks[name]
        if true_one.found and each.found and each.type.kind in ("point", "sphere"):
            away = float(np.linalg.norm(each.point - true_one.point))
            rows[f"distance of {each.type.name} {each.side}"] = {"found": away, "true": 0.0, "quality": each.quality}
        if each.type is RIM and each.found and true_one.found:
            angle = angle_between(rim_plane(each)[1], rim_plane(true_one)[1])
            rows[f"angle of rim {each.side}"] = {"found": angle, "true": 0.0, "quality": each.quality}
    return rows


def evaluate(seed: int, options: argparse.Namespace, known: dict[str, Landmarks]) -> dict[str, object]:
    """Simulate one patient and compare what is measured with the truth."""
    dice = Dice(1_700_000 + seed)
    scene = draw_patient(dice, options.library, options.part, coarse=False).scene
    labels = label_map(scene, dice, options.spacing, options.rough)
    begun = process_time()
    case, _ = assess(anatomy_of(labels, table=HIP_CT))
    seconds = process_time() - begun
    names = {side: scene.femora[side].name for side in SIDES}
    return {
        "seed": seed,
        "pelvis": scene.pelvis.name,
        "femora": names,
        "seconds": round(seconds, 2),
        "rows": errors(case, Case(truth_of(scene, known))),
    }


def summary(cases: list[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Mean, 95th percentile and largest absolute error of each measure, both sides together."""
    sizes, missing = defaultdict(list), defaultdict(int)
    for case in cases:
        for place, row in case["rows"].items():  # type: ignore[attr-defined]
            name = place.removesuffix(" right").removesuffix(" left")
            if row["found"] is None:
                missing[name] += 1
            else:
                sizes[name].append(abs(row["found"] - row["true"]))
    return {
        name: {
            "mean": float(np.mean(found)),
            "p95": float(np.percentile(found, 95)),
            "largest": float(np.max(found)),
            "n": len(found),
            "not_measurable": missing[name],
        }
        for name, found in sizes.items()
    }


def markdown(table: dict[str, dict[str, float]], cases: int) -> str:
    """The summary as a table."""
    lines = [
        f"{cases} simulated patients, absolute errors in mm or degrees",
        "",
        "| measure | mean | 95 % | largest | n | not measurable |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in table.items():
        numbers = " | ".join(f"{row[key]:.2f}" for key in ("mean", "p95", "largest"))
        lines.append(f"| {name} | {numbers} | {row['n']} | {row['not_measurable']} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--spacing", type=float, default=1.0)
    parser.add_argument("--rough", type=float, default=0.4, help="unevenness of the outlines in mm")
    parser.add_argument("--part", default="test", choices=("train", "test"))
    a = parser.parse_args()
    torch.set_num_threads(1)
    a.out.mkdir(parents=True, exist_ok=True)
    cases: list[dict[str, object]] = []
    known: dict[str, Landmarks] = {}
    for seed in range(a.first, a.first + a.count):
        cases.append(evaluate(seed, a, known))
        print(seed, cases[-1]["seconds"], "s", flush=True)
        table = summary(cases)
        (a.out / "geometry.json").write_text(json.dumps({"summary": table, "cases": cases}, indent=1))
        (a.out / "geometry.md").write_text(markdown(table, len(cases)))
    print(markdown(table, len(cases)))


if __name__ == "__main__":
    main()
