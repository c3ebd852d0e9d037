"""The true geometry of a simulated patient: every rule of the measures, followed on the exact shapes.

A point marked on a shape of the library is no longer the outermost or highest one after the scene has turned, stretched
and bent the bone, so it is looked for anew: in the exact distance field of the patient's bone, without voxels' steps,
unevenness and disease. What must not be found by the finder that is to be judged is the head: which part of the surface
is head is known from the library, and the sphere is fitted to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
import torch

from hipjoint.labels import HIP_CT, Side
from hipjoint.measure.anatomy import Anatomy
from hipjoint.measure.bone_shape import Bone, Surface, surface_in
from hipjoint.measure.boundary import Boundary
from hipjoint.measure.find_landmarks import find_landmarks
from hipjoint.measure.head_sphere import Sphere, fit_sphere
from hipjoint.measure.landmarks import HEAD, Landmark, placed
from hipjoint.measure.measure import Case
from Training.simulate.femur import femur_distance
from Training.simulate.scene import Scene

# Head is what lies this near to the library's sphere, in radii, and this many degrees or more off the neck's axis.
_NEAR_SPHERE, _OFF_NECK_DEGREES = 0.08, 65.0
_FINER = 0.05


@dataclass(frozen=True)
class ExactBone(Bone):
    """A bone whose ``exact`` distance field (positive inside, mm) is known: its surface has no steps."""

    exact: sitk.Image | None = None

    def field(self, spacing: float, centre: np.ndarray | None = None, reach: float = 0.0) -> sitk.Image:
        """The field of the whole bone or of a box, in steps of ``spacing`` mm at the most."""
        whole = self.exact
        assert whole is not None  # noqa: S101 - given by exact_bone
        if centre is not None:
            low = np.array(whole.TransformPhysicalPointToContinuousIndex(np.asarray(centre, float).tolist()))
            steps = reach / np.array(whole.GetSpacing())
            first = np.clip(np.floor(low - steps), 0, None).astype(int)
            last = np.minimum(np.ceil(low + steps) + 1, whole.GetSize()).astype(int)
            whole = whole[tuple(slice(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True))]
        if whole.GetSpacing()[0] <= spacing + _FINER:
            return whole
        extent = (np.array(whole.GetSize()) - 1) * whole.GetSpacing()
        size = [int(each / spacing + 1e-6) + 1 for each in extent.tolist()]
        return sitk.Resample(
            whole, size, sitk.Transform(), sitk.sitkLinear, whole.GetOrigin(), [spacing] * 3, whole.GetDirection(), -1.0
        )


@dataclass(frozen=True, eq=False)
class KnownHeads(Anatomy):
    """Bones whose heads are known and need not be found."""

    spheres: Mapping[Side, Landmark] = ()  # type: ignore[assignment]

    def _head(self, side: Side) -> Landmark:
        return self.spheres[side]


def exact_bones(fields: Mapping[str, sitk.Image]) -> dict[str, Bone]:
    """Bones from distance fields (positive inside, mm) that are as large as the scan: they are cut where it ends."""
    return {label.name: _exact_bone(fields[label.name], label) for label in HIP_CT if label.name in fields}


def _exact_bone(field: sitk.Image, label: object) -> Bone:
    values = sitk.GetArrayViewFromImage(field)
    mask = sitk.GetImageFromArray((values > 0).astype(np.uint8))
    mask.CopyInformation(field)
    # Femora alone leave the scan, at its lower end.
    ends = np.argwhere(values[0] > 0)
    cut = [field.TransformIndexToPhysicalPoint((int(x), int(y), 0)) for y, x in ends]
    return ExactBone(label, mask, np.array(cut, dtype=float).reshape(-1, 3), field)  # type: ignore[arg-type]


def true_head(scene: Scene, side: Side, femur: sitk.Image) -> Landmark:
    """The sphere of the part of an exact ``femur`` (field, without disease) that is head in the library."""
    surface = surface_in(femur)
    local = places_in_femur(scene, side, surface.points)
    library = scene.femora[side]
    distance = np.linalg.norm(local, axis=1)
    neck = library.base / np.linalg.norm(library.base)
    off_neck = (local @ neck) / distance < np.cos(np.deg2rad(_OFF_NECK_DEGREES))
    part = surface.chosen(off_neck & (np.abs(distance / library.radius - 1) < _NEAR_SPHERE))
    found = fit_sphere(_as_boundary(part), sphere_through(part.points))
    return placed(HEAD, side, found.centre, radius=found.radius, residual=found.rms_mm)


def _as_boundary(surface: Surface) -> Boundary:
    count = len(surface.points)
    return Boundary(surface.points, surface.normals, np.full(count, 0.2), np.ones(count))


def sphere_through(points: np.ndarray) -> Sphere:
    """The sphere that fits points (n, 3) by least squares."""
    matrix = np.column_stack([2 * points, np.ones(len(points))])
    found = np.linalg.lstsq(matrix, (points**2).sum(axis=1), rcond=None)[0]
    return Sphere(found[:3], float(np.sqrt(found[3] + found[:3] @ found[:3])))


def places_in_femur(scene: Scene, side: Side, world: np.ndarray) -> np.ndarray:
    """Where world points (N, 3) lie in the own frame (N, 3) of a femur of the library."""
    cup = torch.tensor(scene.pelvis.acetabula[side][:3], dtype=torch.float32)
    flip = torch.tensor([1.0 if side == "right" else -1.0, 1.0, 1.0])
    relative = (scene.to_pelvis(torch.tensor(world, dtype=torch.float32)) - cup) * flip
    return femur_distance(relative, scene.femora[side], scene.poses[side])[1].double().numpy()


def cured(scene: Scene) -> Scene:
    """The same patient without osteophytes, cams and flattening, and with bones that do not wear each other off."""
    whole = {"osteophytes": (), "cam": 0.0, "flattening": 0.0, "gap": -1e3}
    poses = {side: replace(pose, **whole) for side, pose in scene.poses.items()}
    return replace(scene, poses=poses, spurs={side: [] for side in scene.spurs})


def true_case(
    heads: Mapping[Side, Landmark], sound: Mapping[str, sitk.Image], diseased: Mapping[str, sitk.Image]
) -> Case:
    """All true landmarks, from the exact fields without disease, in the bones as they are with disease."""
    landmarks = find_landmarks(KnownHeads(exact_bones(sound), spheres=heads))
    return Case(landmarks, KnownHeads(exact_bones(diseased), spheres=heads))
