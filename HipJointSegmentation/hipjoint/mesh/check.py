"""Whether a surface can be printed and measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.mesh.arrays import Points, Triangles, arrays, signed_volumes


@dataclass(frozen=True)
class MeshCheck:
    """What a surface is like; the volume is meaningful if it is closed, and negative if it is turned inside out."""

    closed: bool
    manifold: bool
    components: int
    volume_ml: float
    area_cm2: float


def check(polydata: vtkPolyData) -> MeshCheck:
    """Look at a triangle surface in mm.

    Closed: each edge has a triangle on both sides. Manifold: no edge has more than two triangles, and the triangles
    round each point form one fan.
    """
    points, triangles = arrays(polydata)
    edge_of_side, uses = _edges(triangles)
    return MeshCheck(
        closed=bool((uses > 1).all()),
        manifold=bool((uses <= 2).all()) and _fans(triangles, edge_of_side) == len(np.unique(triangles)),
        components=_pieces(triangles),
        volume_ml=float(signed_volumes(points, triangles).sum()) / 1000,
        area_cm2=_area(points, triangles) / 100,
    )


def _edges(triangles: Triangles) -> tuple[Triangles, Triangles]:
    """Number (m, 3) of the edge on each side of each triangle, and how many sides each edge is."""
    ends = np.sort(np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    keys = ends[:, 0] * (int(triangles.max()) + 1) + ends[:, 1]
    _, number, uses = np.unique(keys, return_inverse=True, return_counts=True)
    return number.reshape(-1, 3), uses


def _fans(triangles: Triangles, edge_of_side: Triangles) -> int:
    """Into how many fans the triangles fall that share an edge and one of its ends; one a point where all is well."""
    corners = np.arange(triangles.size).reshape(-1, 3)
    end = (triangles > np.roll(triangles, -1, axis=1)).astype(np.int64)
    edge_ends = triangles.size + 2 * np.stack([edge_of_side, edge_of_side]) + np.stack([end, 1 - end])
    links = np.stack([np.stack([corners, np.roll(corners, -1, axis=1)]), edge_ends]).reshape(2, -1)
    return _components(links)


def _pieces(triangles: Triangles) -> int:
    numbers = np.unique(triangles, return_inverse=True)[1].reshape(-1, 3)
    return _components(np.concatenate([numbers[:, :2], numbers[:, 1:]]).T)


def _components(links: Triangles) -> int:
    """Connected components of the graph with the links (2, n) between nodes that are numbered without a gap."""
    size = int(links.max()) + 1
    return int(connected_components(coo_array((np.ones(links.shape[1], bool), links), (size, size)), directed=False)[0])


def _area(points: Points, triangles: Triangles) -> float:
    a, b, c = (points[triangles[:, corner]].astype(np.float64) for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
