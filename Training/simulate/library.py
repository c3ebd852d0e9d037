"""The shape library: distance fields of every bone, made once from the source meshes and read memory-mapped afterwards.

Sources (see Docs/data.md): pelvis atlas of 40 subjects (Han et al. 2019, CC BY 4.0), seven proximal femora (libhip,
MIT) and one label map of hips in situ (TotalSegmentator CT dataset, CC BY 4.0).
"""

from __future__ import annotations

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree
from skimage.measure import marching_cubes

from Training.simulate.sdf import Sdf, mesh_sdf
from Training.simulate.spheres import find_sphere, vertex_normals

SPLITS = json.loads((Path(__file__).parent.parent / "splits.json").read_text())
MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Pelvis:
    """Distance fields of the three bones in one frame (LPS mm) and the two acetabular spheres (x, y, z, radius)."""

    name: str
    bones: dict[str, Sdf]  # hip_right, hip_left, sacrum, coccyx
    acetabula: dict[str, np.ndarray]
    endplate: np.ndarray  # middle of the upper endplate of S1
    upward: np.ndarray  # unit normal of that endplate


@dataclass(frozen=True)
class Femur:
    """A right femur (left ones are mirrored) in its supine pose: head centre at the origin, LPS axes, head radius."""

    name: str
    bone: Sdf
    radius: float
    shaft: np.ndarray  # unit vector up the shaft
    neck: np.ndarray  # unit vector from the shaft axis to the head centre, square to the shaft
    base: np.ndarray  # where the neck axis leaves the shaft axis
    cut: float  # lowest z that the mesh really shows


def _umeyama(source: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Similarity (scale, rotation, shift) that takes ``source`` onto ``target`` (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(b.T @ a / len(a))
    flip = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * flip) @ vt
    scale = float((s * flip).sum() / a.var(0).sum())
    return scale, rotation, target.mean(0) - scale * rotation @ source.mean(0)


def _register(points: np.ndarray, surface: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Similarity that lays ``points`` on ``surface`` by trimmed closest points, started from several tilts."""
    tree = cKDTree(surface)
    top = surface[surface[:, 2] > np.quantile(surface[:, 2], 0.35)].mean(0)
    best: tuple[float, tuple[float, np.ndarray, np.ndarray]] | None = None
    for tilt in np.deg2rad([-30, -15, 0, 15, 30]):
        c, s = np.cos(tilt), np.sin(tilt)
        rotation = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
        state = (1.0, rotation, top - rotation @ points.mean(0))
        for _ in range(40):
            moved = state[0] * points @ state[1].T + state[2]
            distance, index = tree.query(moved)
            keep = distance < np.quantile(distance, 0.85)
            state = _umeyama(points[keep], surface[index[keep]])
        error = float(distance[keep].mean())
        if best is None or error < best[0]:
            best = (error, state)
    assert best is not None  # noqa: S101 - five tilts were tried
    return best[1]


def _whole_sacrum(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Mesh of the complete sacrum with coccyx of the label map in situ."""
    image = sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")
    mask = gaussian_filter(np.pad(sitk.GetArrayFromImage(image) == 5, 2).astype(np.float32), 0.8)
    vertices, faces, _, _ = marching_cubes(mask, 0.5)
    return (vertices - 2)[:, ::-1] * image.GetSpacing() + image.GetOrigin(), faces[:, ::-1]


def _laid_on(atlas: np.ndarray, whole: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Vertices of the complete sacrum, laid on an atlas sacrum that ends below S3."""
    scale, rotation, shift = _register(atlas, whole[0])
    return (whole[0] - shift) @ rotation / scale


def _below(field: Sdf, plane_point: np.ndarray, normal: np.ndarray) -> Sdf:
    """The part of a bone on the side of a plane that ``normal`` points to."""
    z, y, x = (torch.arange(n, dtype=torch.float32) for n in field.values.shape)
    places = torch.stack(torch.meshgrid(z, y, x, indexing="ij")[::-1], -1) * field.spacing + field.origin
    height = (places - torch.tensor(plane_point, dtype=torch.float32)) @ torch.tensor(normal, dtype=torch.float32)
    return Sdf(torch.maximum(field.values.float(), -height).half(), field.origin, field.spacing)


def _union(a: Sdf, b: Sdf) -> Sdf:
    """Both bones in one field that covers the two grids (same spacing)."""
    low = torch.minimum(a.origin, b.origin)
    ends = [f.origin + (torch.tensor(f.values.shape[::-1]) - 1) * f.spacing for f in (a, b)]
    size = ((torch.maximum(*ends) - low) / a.spacing).ceil().long() + 1
    z, y, x = (torch.arange(int(n), dtype=torch.float32) for n in size.flip(0))
    places = torch.stack(torch.meshgrid(z, y, x, indexing="ij")[::-1], -1) * a.spacing + low
    return Sdf(torch.minimum(a.sample(places), b.sample(places)).half(), low, a.spacing)


def find_endplate(atlas: dict[str, np.ndarray], subject: int) -> tuple[np.ndarray, np.ndarray]:
    """Middle and unit normal (upward) of the upper endplate of S1: vertices chosen once on the mean of all sacra."""
    sacra, faces = atlas["sacrum_vertices"].astype(float), atlas["sacrum_faces"]
    mean = (sacra - sacra.mean(1, keepdims=True)).mean(0)
    upward = vertex_normals(mean, faces) @ np.array([0.0, -0.6, 0.8])
    chosen = (np.abs(mean[:, 0]) < 15) & (mean[:, 1] < -15) & (upward > 0.85)
    points = sacra[subject][chosen]
    normal = np.linalg.svd(points - points.mean(0))[2][2]
    return points.mean(0), normal * np.sign(normal[2])


def build_pelvis(atlas: dict[str, np.ndarray], subject: int, whole: tuple[np.ndarray, np.ndarray]) -> Pelvis:
    """Distance fields of one atlas subject; S4, S5 and coccyx are borrowed from the sacrum in situ."""
    bones, acetabula = {}, {}
    for side in ("right", "left"):
        vertices, faces = atlas[f"{side}_vertices"][subject].astype(float), atlas[f"{side}_faces"]
        bones[f"hip_{side}"] = mesh_sdf(vertices, faces)
        cup = find_sphere(vertices, vertex_normals(vertices, faces), concave=True)
        acetabula[side] = np.r_[cup.centre, cup.radius]
    vertices = atlas["sacrum_vertices"][subject].astype(float)
    laid = _laid_on(vertices, whole)
    # The long axis of the whole sacrum, pointing to its apex, splits off what the atlas lacks and the coccyx.
    axis = laid[np.argsort(laid[:, 2])[:200]].mean(0) - vertices.mean(0)
    axis /= np.linalg.norm(axis)
    depth_atlas, depth_laid = vertices @ axis, laid @ axis
    cut = np.quantile(depth_atlas, 0.99) - 4.0
    apex = cut + 0.62 * (depth_laid.max() - cut)
    full = mesh_sdf(laid, whole[1])
    lower = _below(full, axis * cut, axis)
    s4s5 = _below(lower, axis * apex, -axis)
    bones["sacrum"] = _union(mesh_sdf(vertices, atlas["sacrum_faces"]), s4s5)
    bones["coccyx"] = _below(full, axis * (apex + 2.5), axis)
    return Pelvis(f"pelvis_{subject:02d}", bones, acetabula, *find_endplate(atlas, subject))


def build_femur(vertices: np.ndarray, faces: np.ndarray, name: str, *, left: bool) -> Femur:
    """Distance field and axes of one proximal femur, mirrored to the right side if it is a left one."""
    vertices = vertices.astype(float)
    if left:
        vertices, faces = vertices * MIRROR, faces[:, ::-1]
    head = find_sphere(vertices, vertex_normals(vertices, faces), concave=False)
    vertices = vertices - head.centre
    low = vertices[:, 2].min()
    levels = [vertices[np.abs(vertices[:, 2] - z) < 1.5].mean(0) for z in (low + 4, low + 18)]
    shaft = levels[1] - levels[0]
    shaft /= np.linalg.norm(shaft)
    across = -levels[0] - (-levels[0] @ shaft) * shaft  # from the shaft axis to the head centre
    neck = across / np.linalg.norm(across)
    base = levels[0] + (-levels[0] @ shaft - 0.85 * np.linalg.norm(across)) * shaft
    return Femur(name, mesh_sdf(vertices, faces), head.radius, shaft, neck, base, float(low))


def _save(folder: Path, item: Pelvis | Femur) -> None:
    folder = folder / item.name
    folder.mkdir(parents=True, exist_ok=True)
    bones = item.bones if isinstance(item, Pelvis) else {"femur": item.bone}
    for key, field in bones.items():
        field.save(folder / key)
        field.coarser().save(folder / f"{key}_coarse")
    facts = (
        {
            "acetabula": {k: v.tolist() for k, v in item.acetabula.items()},
            "endplate": item.endplate.tolist(),
            "upward": item.upward.tolist(),
        }
        if isinstance(item, Pelvis)
        else {k: np.asarray(getattr(item, k)).tolist() for k in ("radius", "shaft", "neck", "base", "cut")}
    )
    (folder / "facts.json").write_text(json.dumps(facts))


def _field(path: Path, coarse: bool) -> Sdf:
    return Sdf.load(path.with_name(path.name + "_coarse") if coarse else path)


def load_pelvis(folder: Path, *, coarse: bool) -> Pelvis:
    """Read a pelvis from the library, fields at 1 mm or (``coarse``) 2 mm."""
    facts = json.loads((folder / "facts.json").read_text())
    bones = {k: _field(folder / k, coarse) for k in ("hip_right", "hip_left", "sacrum", "coccyx")}
    acetabula = {k: np.array(v) for k, v in facts["acetabula"].items()}
    return Pelvis(folder.name, bones, acetabula, np.array(facts["endplate"]), np.array(facts["upward"]))


def load_femur(folder: Path, *, coarse: bool) -> Femur:
    """Read a femur from the library, field at 1 mm or (``coarse``) 2 mm."""
    facts = json.loads((folder / "facts.json").read_text())
    axes = {k: np.array(facts[k]) for k in ("shaft", "neck", "base")}
    return Femur(folder.name, _field(folder / "femur", coarse), facts["radius"], cut=facts["cut"], **axes)


def names(folder: Path, kind: str, part: str) -> list[Path]:
    """Folders of the ``kind`` ("pelvis" or "femur") that belong to the ``part`` ("train" or "test")."""

    def held_out(name: str) -> bool:
        if kind == "pelvis":
            return int(name.split("_")[1]) in SPLITS["pelvis_test"]
        return name.split("_")[1] in SPLITS["femora_test_patients"]

    return [p for p in sorted(folder.glob(f"{kind}_*")) if held_out(p.name) == (part == "test")]


def build(shapes: Path, folder: Path) -> None:
    """Make the whole library, a process for each core (about ten core-minutes)."""
    femora = np.load(shapes / "proximal_femora.npz")
    for key in sorted(k.removesuffix("_vertices") for k in femora if k.endswith("_vertices")):
        patient, side = key.split("_")
        name = f"femur_{patient}_{side[0]}"
        _save(folder, build_femur(femora[f"{key}_vertices"], femora[f"{key}_faces"], name, left=side[0] == "l"))
    atlas = dict(np.load(shapes / "pelvis_atlas.npz"))
    whole = _whole_sacrum(shapes / "hips_in_situ_s0011_labels.nii.gz")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        subjects = range(len(atlas["left_vertices"]))
        for done in [pool.submit(_save_pelvis, folder, atlas, s, whole) for s in subjects]:
            done.result()


def _save_pelvis(
    folder: Path, atlas: dict[str, np.ndarray], subject: int, whole: tuple[np.ndarray, np.ndarray]
) -> None:
    _save(folder, build_pelvis(atlas, subject, whole))
    print("pelvis", subject, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", type=Path, required=True, help="folder with the source shapes")
    parser.add_argument("--library", type=Path, required=True, help="folder to write")
    arguments = parser.parse_args()
    build(arguments.shapes, arguments.library)
