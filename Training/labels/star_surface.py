"""A closed surface as radii from one point along fixed directions: what the labels of the femoral heads are kept as."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, cKDTree

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def lattice(count: int) -> Floats:
    """Unit vectors (count, 3), even on the sphere and always the same (Fibonacci lattice)."""
    number = np.arange(count) + 0.5
    height = 1 - 2 * number / count
    turn = np.pi * (1 + np.sqrt(5)) * number
    ring = np.sqrt(1 - height**2)
    return np.column_stack([ring * np.cos(turn), ring * np.sin(turn), height])


def facets_of(directions: Floats) -> Integers:
    """Triangles (m, 3) between neighbouring unit vectors (n, 3), turned so that their normals point outwards."""
    triangles = ConvexHull(directions).simplices.astype(np.int64)
    inward = np.linalg.det(directions[triangles]) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return triangles


@dataclass(frozen=True)
class StarSurface:
    """``radii`` (n,) in mm from ``origin`` (3,) in LPS mm along ``lattice(n)``; between them the facets are flat."""

    origin: Floats
    radii: Floats

    @cached_property
    def directions(self) -> Floats:
        """The unit vectors (n, 3)."""
        return lattice(len(self.radii))

    @cached_property
    def facets(self) -> Integers:
        """The triangles (m, 3) of the surface."""
        return facets_of(self.directions)

    @cached_property
    def points(self) -> Floats:
        """The corners (n, 3) in LPS mm."""
        return self.origin + self.directions * self.radii[:, None]

    def normals(self) -> Floats:
        """Outward unit normals (n, 3) at the corners, of the facets round them by area."""
        corners = self.points[self.facets]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        summed = np.zeros_like(self.points)
        for corner in range(3):
            np.add.at(summed, self.facets[:, corner], across)
        return np.asarray(summed / np.linalg.norm(summed, axis=1, keepdims=True))

    def grown(self, thickness: float) -> StarSurface:
        """The surface ``thickness`` mm further out, square to itself (first order; at most twice that along a ray)."""
        slant = np.clip((self.normals() * self.directions).sum(axis=1), 0.5, 1.0)
        return StarSurface(self.origin, self.radii + thickness / slant)

    def reach(self, directions: Floats) -> Floats:
        """Distance (k,) in mm from the origin to the surface along unit vectors (k, 3)."""
        return self._reach(directions, self._tree.query(directions)[1])

    def holds(self, points: Floats) -> npt.NDArray[np.bool_]:
        """Whether points (k, 3) in LPS mm lie inside."""
        offset = points - self.origin
        far = np.linalg.norm(offset, axis=1)
        rays = offset / np.maximum(far, 1e-9)[:, None]
        nearest = self._tree.query(rays)[1]
        around = self.radii[self.facets[self._facets_at]].reshape(len(self.radii), -1)
        # Facets between corners so near each other come hardly further in than the corners.
        inside = far < 0.95 * around.min(axis=1)[nearest]
        unsure = ~inside & (far < around.max(axis=1)[nearest])
        inside[unsure] = far[unsure] < self._reach(rays[unsure], nearest[unsure])
        return np.asarray(inside)

    def _reach(self, directions: Floats, nearest: Integers) -> Floats:
        """As ``reach``, with the corners (k,) that are ``nearest`` to the directions."""
        best = np.full(len(directions), -np.inf)
        reach = np.zeros(len(directions))
        # In the facet that a ray meets, the ray is a sum of the three corners with no share below zero.
        solve = np.linalg.inv((self.directions * self.radii[:, None])[self.facets])
        for facet in self._facets_at[nearest].T:
            shares = np.einsum("kij,ki->kj", solve[facet], directions)
            better = shares.min(axis=1) > best
            best = np.where(better, shares.min(axis=1), best)
            reach = np.where(better, 1 / np.maximum(shares.sum(axis=1), 1e-9), reach)
        return reach

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.directions)

    @cached_property
    def _facets_at(self) -> Integers:
        """Facets (n, most) at each corner; the last one is repeated where a corner has fewer."""
        at: list[list[int]] = [[] for _ in self.radii]
        for number, corners in enumerate(self.facets):
            for corner in corners:
                at[corner].append(number)
        most = max(map(len, at))
        return np.array([found + found[-1:] * (most - len(found)) for found in at])
