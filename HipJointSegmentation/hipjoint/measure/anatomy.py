"""The bones of one patient and what is computed from them once: heads, sockets and their surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import HIP_CT, Label, Side
from hipjoint.measure.acetabulum import Socket, find_acetabulum
from hipjoint.measure.bone_shape import Bone, Surface, bones_of, surface_in
from hipjoint.measure.femoral_head import Proximal, find_sphere, proximal_part
from hipjoint.measure.landmarks import ACETABULUM, HEAD, SIDES, Landmark, absent


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Bones by the name of their label and, if known, the ``scan`` in HU; all in LPS mm, on any grids."""

    bones: Mapping[str, Bone]
    scan: sitk.Image | None = None

    def femur(self, side: Side) -> Bone | None:
        """The femur of a side, if it is there."""
        return self.bones.get(f"femur_{side}")

    def hip(self, side: Side) -> Bone | None:
        """The hip bone of a side, if it is there."""
        return self.bones.get(f"hip_{side}")

    @property
    def step(self) -> float:
        """The longest edge of the voxels in mm."""
        return max((max(bone.mask.GetSpacing()) for bone in self.bones.values()), default=inf)

    @cached_property
    def heads(self) -> dict[Side, Landmark]:
        """The sphere of each femoral head, or why there is none."""
        return {side: self._head(side) for side in SIDES}

    @cached_property
    def near(self) -> dict[Side, Proximal]:
        """The surroundings of each head that was found."""
        return {side: proximal_part(bone, self.heads[side]) for side, bone in self._femora_with_head()}

    @cached_property
    def near_surfaces(self) -> dict[Side, Surface]:
        """The surface of each proximal femur whose head was found, without cuts and without triangles."""
        meshes = self.near_meshes
        return {side: bone.trimmed(meshes[side], self.near[side].field) for side, bone in self._femora_with_head()}

    @cached_property
    def near_meshes(self) -> dict[Side, Surface]:
        """The same with triangles, closed where it is cut."""
        return {side: surface_in(near.field) for side, near in self.near.items()}

    @cached_property
    def acetabula(self) -> dict[Side, tuple[Landmark, Socket | None]]:
        """The acetabular sphere of each side, or why there is none, and the socket that it was found in."""
        return {side: self._acetabulum(side) for side in SIDES}

    def _head(self, side: Side) -> Landmark:
        bone = self.femur(side)
        return absent(HEAD, side, f"The scan shows no {side} femur.") if bone is None else find_sphere(bone, side)

    def _femora_with_head(self) -> list[tuple[Side, Bone]]:
        femora = [(side, self.femur(side)) for side in SIDES if self.heads[side].found]
        return [(side, bone) for side, bone in femora if bone is not None]

    def _acetabulum(self, side: Side) -> tuple[Landmark, Socket | None]:
        bone = self.hip(side)
        if bone is None:
            return absent(ACETABULUM, side, f"The scan shows no {side} hip bone."), None
        return find_acetabulum(bone, self.heads[side] if self.heads[side].found else None, side)


def anatomy_of(labels: sitk.Image, scan: sitk.Image | None = None, table: Sequence[Label] = HIP_CT) -> Anatomy:
    """The bones in a label map (values of ``labels.HIP_CT``, 3D, LPS mm); ``scan`` is a CT in HU, on any grid."""
    same_grid = scan is not None and _is_same_grid(labels, scan)
    return Anatomy(bones_of(labels, table, scan if same_grid else None), scan)


def _is_same_grid(one: sitk.Image, other: sitk.Image) -> bool:
    first, second = ((*each.GetOrigin(), *each.GetSpacing(), *each.GetDirection()) for each in (one, other))
    return bool(one.GetSize() == other.GetSize() and np.allclose(first, second, atol=1e-3))
