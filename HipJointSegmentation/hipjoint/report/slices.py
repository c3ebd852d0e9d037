"""Pictures of orthogonal slices through a hip, with the surface models drawn as contours."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkPlane, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkCutter

from hipjoint.labels import Label

WINDOW_HU = (-250.0, 1050.0)
HALF_WIDTH_MM = 75.0
SCALE_BAR_MM = 20.0
PIXELS = 640
_DPI = 200


@dataclass(frozen=True)
class Plane:
    """One of the three planes: ``axis`` it is normal to; ``across`` and ``down`` run in it; letters at its edges."""

    title: str
    axis: int
    across: int
    down: int
    upside_down: bool
    letters: tuple[str, str, str, str]


# The letters stand at the left, right, top and bottom edge, as in radiology: the patient's right at the left.
PLANES = (
    Plane("Axial", 2, 0, 1, upside_down=False, letters=("R", "L", "A", "P")),
    Plane("Coronal", 1, 0, 2, upside_down=True, letters=("R", "L", "S", "I")),
    Plane("Sagittal", 0, 1, 2, upside_down=True, letters=("A", "P", "S", "I")),
)


def draw_slice(
    image: sitk.Image,
    surfaces: Sequence[tuple[Label, vtkPolyData]],
    centre: tuple[int, int, int],
    plane: Plane,
    *,
    window: tuple[float, float] = WINDOW_HU,
    half_width: float = HALF_WIDTH_MM,
) -> bytes:
    """PNG of the slice of ``image`` (axes nearest to LPS) through the voxel ``centre`` (x, y, z).

    ``window`` are the values drawn black and white, ``half_width`` is how much is shown on each side of it in mm.

    ``surfaces`` are in LPS mm; what is drawn of them is where the plane of the slice cuts them.
    """
    figure = Figure(figsize=(PIXELS / _DPI, PIXELS / _DPI), dpi=_DPI, facecolor="black")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    _draw_image(axes, image, centre, plane, window)
    for label, surface in surfaces:
        lines = contour(image, surface, centre, plane)
        colour = tuple(channel / 255 for channel in label.colour)
        axes.add_collection(LineCollection(list(lines), colors=[colour], linewidths=1.1, capstyle="round"))
    _frame(axes, image, centre, plane, half_width)
    _draw_letters(axes, plane, half_width)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _draw_image(
    axes: Axes, image: sitk.Image, centre: tuple[int, int, int], plane: Plane, window: tuple[float, float]
) -> None:
    pixels = np.take(sitk.GetArrayViewFromImage(image), centre[plane.axis], axis=2 - plane.axis)
    low, high = window
    left, right = _edges(image, plane.across)
    top, bottom = _edges(image, plane.down)
    extent = (left, right, bottom, top)
    axes.imshow(pixels, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="bilinear")


def _edges(image: sitk.Image, axis: int) -> tuple[float, float]:
    """Outer edges of the image along an axis, in mm from the middle of its first voxel."""
    spacing = image.GetSpacing()[axis]
    return -0.5 * spacing, (image.GetSize()[axis] - 0.5) * spacing


def contour(image: sitk.Image, surface: vtkPolyData, centre: tuple[int, int, int], plane: Plane) -> np.ndarray:
    """Line pieces (N, 2, 2) where the slice cuts the surface, in mm along the image axes across and down."""
    frame = np.array(image.GetDirection()).reshape(3, 3)
    cut = vtkPlane()
    cut.SetOrigin(image.TransformIndexToPhysicalPoint(centre))
    cut.SetNormal(*frame[:, plane.axis])
    cutter = vtkCutter()
    cutter.SetCutFunction(cut)
    cutter.SetInputData(surface)
    cutter.Update()
    output = cutter.GetOutput()
    if output.GetNumberOfLines() == 0:
        return np.empty((0, 2, 2))
    points = (vtk_to_numpy(output.GetPoints().GetData()) - np.array(image.GetOrigin())) @ frame
    pieces = vtk_to_numpy(output.GetLines().GetConnectivityArray()).reshape(-1, 2)
    return np.asarray(points[:, [plane.across, plane.down]][pieces])


def _frame(axes: Axes, image: sitk.Image, centre: tuple[int, int, int], plane: Plane, half_width: float) -> None:
    """Show a square round the centre, the head end of the patient up."""
    x, y = (centre[axis] * image.GetSpacing()[axis] for axis in (plane.across, plane.down))
    axes.set_xlim(x - half_width, x + half_width)
    up = (y - half_width, y + half_width)
    axes.set_ylim(*(up if plane.upside_down else reversed(up)))


def _draw_letters(axes: Axes, plane: Plane, half_width: float) -> None:
    places = ((0.03, 0.5), (0.97, 0.5), (0.5, 0.96), (0.5, 0.04))
    style: dict[str, Any] = {
        "color": "white",
        "fontsize": 7,
        "ha": "center",
        "va": "center",
        "transform": axes.transAxes,
    }
    for letter, place in zip(plane.letters, places, strict=True):
        axes.text(*place, letter, **style)
    length = SCALE_BAR_MM / (2 * half_width)
    axes.plot([0.04, 0.04 + length], [0.05, 0.05], color="white", linewidth=1.2, transform=axes.transAxes)
    axes.text(0.04 + length / 2, 0.085, f"{SCALE_BAR_MM:.0f} mm", **{**style, "fontsize": 5.5})
