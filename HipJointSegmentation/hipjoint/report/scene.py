"""The 3D pictures of the bones in a report: all surfaces, from the front and from the back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.labels import Label
from hipjoint.report.picture import Camera, Mesh, Picture, Point, Rendered, render_pictures

# Which way the camera looks (LPS).
VIEWS: dict[str, Point] = {"front": (0.0, 1.0, 0.0), "back": (0.0, -1.0, 0.0)}
WIDTH, HEIGHT = 1200, 900
MARGIN = 1.06


def render_views(surfaces: Sequence[tuple[Label, vtkPolyData]]) -> Rendered:
    """PNG of the surfaces (LPS mm) for each of ``VIEWS``; none without any surface."""
    if not surfaces:
        return Rendered()
    bounds = np.array([surface.GetBounds() for _, surface in surfaces])
    low, high = bounds[:, ::2].min(axis=0), bounds[:, 1::2].max(axis=0)
    x, y, z = ((low + high) / 2).tolist()
    half = MARGIN * float(max(high[2] - low[2], (high[0] - low[0]) * HEIGHT / WIDTH)) / 2
    meshes = tuple(Mesh(label.name, label.colour) for label, _ in surfaces)
    pictures = {
        view: Picture(Camera((x, y, z), direction, (0.0, 0.0, 1.0), half), meshes, size=(WIDTH, HEIGHT))
        for view, direction in VIEWS.items()
    }
    return render_pictures(pictures, {label.name: surface for label, surface in surfaces})
