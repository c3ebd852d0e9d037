"""Landmarks as closed solids for programs that know surfaces only: balls, rods and rings."""

from __future__ import annotations

import numpy as np
import trimesh
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.measure.landmarks import Landmark
from hipjoint.mesh.arrays import Points, surface_of

_POINT_MM, _ROD_MM = 2.0, 0.75
_SECTIONS = 12


def landmark_solid(each: Landmark) -> vtkPolyData:
    """A landmark that was found as closed surfaces in LPS mm.

    A ball of 4 mm at a point, the sphere itself of a sphere, a rod of 1.5 mm along a line and round a curve.
    """
    if each.type.kind == "point":
        parts = [_ball(each.point, _POINT_MM)]
    elif each.type.kind == "sphere":
        parts = [trimesh.creation.icosphere(subdivisions=4, radius=each.radius).apply_translation(each.point)]
    else:
        closed = each.type.kind == "curve"
        ends = np.roll(each.points, -1, axis=0) if closed else each.points[1:]
        rods = [_rod(a, b) for a, b in zip(each.points[: len(ends)], ends, strict=True) if not np.allclose(a, b)]
        parts = rods + ([] if closed else [_ball(point, _POINT_MM) for point in each.points])
    together = trimesh.util.concatenate(parts)
    return surface_of(together.vertices, together.faces)


def _ball(at: Points, radius: float) -> trimesh.Trimesh:
    return trimesh.creation.icosphere(subdivisions=2, radius=radius).apply_translation(at)


def _rod(a: Points, b: Points) -> trimesh.Trimesh:
    return trimesh.creation.cylinder(_ROD_MM, segment=(a, b), sections=_SECTIONS)
