"""Pictures of a radiograph: outlines of the regions, and the landmarks of each measure drawn on it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from skimage.measure import find_contours

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.film_case import (
    FORAMEN_HEIGHT,
    FORAMEN_WIDTH,
    HEAD,
    LESSER_TROCHANTER,
    NECK_CENTRE,
    RIM,
    SHAFT_AXIS,
    SPACES,
    TEARDROP,
    FilmCase,
)
from hipjoint.measure.landmarks import SIDES, Landmark, LandmarkType
from hipjoint.tasks.result import SegmentationResult

_INCHES, _DPI = 4.6, 160
_HEAD, _BONE, _CUP, _GAP, _PELVIS = "#ffd400", "#ff6b5e", "#3fd0ff", "#ff7bff", "#7dff8a"
# What a picture of one hip shows round the head's centre, in head radii: to medial, lateral, up and down.
_CROP = (3.6, 3.2, 2.6, 5.2)


@dataclass(frozen=True)
class Drawing:
    """A picture: its ``title``, the side (None: the whole film), names of the values it goes with, and how to draw."""

    title: str
    side: Side | None
    values: tuple[str, ...]
    draw: Callable[[Axes, FilmCase], None]


def drawings(case: FilmCase) -> list[Drawing]:
    """The pictures of a case: each hip twice, then the pelvis."""
    found = []
    for side in SIDES:
        if case[HEAD, side].found:
            found += [
                Drawing("Femur", side, _FEMORAL, _on(side, _femur)),
                Drawing("Acetabulum and joint space", side, _ACETABULAR, _on(side, _acetabulum)),
            ]
    return [*found, Drawing("Pelvis", None, _PELVIC, _pelvis)]


_FEMORAL = ("head_diameter", "femoral_offset", "neck_shaft_angle")
_ACETABULAR = ("lateral_centre_edge_angle", "sharp_angle", *(kind.name for kind in SPACES.values()), "leg_length")
_PELVIC = ("leg_length_difference", "pelvic_obliquity", "pelvic_rotation_index", "pelvic_tilt_index")


def _on(side: Side, draw: Callable[[Axes, FilmCase, Side], None]) -> Callable[[Axes, FilmCase], None]:
    return lambda axes, case: draw(axes, case, side)


def picture_of(drawing: Drawing, case: FilmCase, result: SegmentationResult, *, outlines: bool = False) -> bytes:
    """PNG of a drawing on the film of ``result`` (white bone), with the outlines of the regions if wanted."""
    pixels = sitk.GetArrayFromImage(result.image)[0]
    left, right, top, bottom = _window(drawing, case, pixels.shape)
    height = _INCHES * (bottom - top) / (right - left)
    figure = Figure(figsize=(_INCHES, height), dpi=_DPI, facecolor="black")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    low, high = np.percentile(pixels[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)], (1, 99.7))
    axes.imshow(pixels, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), interpolation="bilinear")
    if outlines:
        for label, curves in region_outlines(result):
            axes.add_collection(LineCollection(curves, colors=[label], linewidths=0.9))
    drawing.draw(axes, case)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    for letter, x in (("R", 0.02), ("L", 0.98)):
        side = "left" if letter == "R" else "right"
        axes.text(x, 0.5, letter, transform=axes.transAxes, color="white", ha=side, va="center", fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def region_outlines(result: SegmentationResult) -> list[tuple[tuple[float, ...], list[Floats]]]:
    """Colour and curves (n, 2) in pixels of the film of each segment, where its field is zero."""
    found = []
    for segment in result.segments:
        corner = result.image.TransformPhysicalPointToContinuousIndex(segment.field.GetOrigin())[:2]
        scale = np.array(segment.field.GetSpacing()[:2]) / result.image.GetSpacing()[:2]
        curves = find_contours(sitk.GetArrayViewFromImage(segment.field)[0], 0.0)
        colour = tuple(channel / 255 for channel in segment.label.colour)
        found.append((colour, [curve[:, ::-1] * scale + corner for curve in curves]))
    return found


def _window(drawing: Drawing, case: FilmCase, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of what is shown, in pixels of the film."""
    rows, columns = shape
    if drawing.side is None:
        return -0.5, columns - 0.5, -0.5, rows - 0.5
    head = case[HEAD, drawing.side]
    medial, lateral, up, down = (part * head.radius for part in _CROP)
    x, y = head.point
    left, right = (x - lateral, x + medial) if drawing.side == "right" else (x - medial, x + lateral)
    return max(left, -0.5), min(right, columns - 0.5), max(y - up, -0.5), min(y + down, rows - 0.5)


def _head(axes: Axes, case: FilmCase, side: Side) -> None:
    head = case[HEAD, side]
    axes.add_patch(Circle(tuple(head.point), head.radius, fill=False, color=_HEAD, linewidth=1.0))
    axes.plot(*head.point, "+", color=_HEAD, markersize=7)


def _femur(axes: Axes, case: FilmCase, side: Side) -> None:
    _head(axes, case, side)
    head, axis = case[HEAD, side].point, case[SHAFT_AXIS, side]
    if axis.found:
        way = (axis.points[1] - axis.points[0]) / np.linalg.norm(axis.points[1] - axis.points[0])
        foot = axis.points[0] + ((head - axis.points[0]) @ way) * way
        _line(axes, foot, axis.points[1], _BONE)
        _line(axes, head, foot, _BONE, "--")
    neck = case[NECK_CENTRE, side]
    if neck.found:
        end = head + 2.2 * (neck.point - head)
        _line(axes, head, end, _BONE)
    _points(axes, _BONE, neck)


def _acetabulum(axes: Axes, case: FilmCase, side: Side) -> None:
    _head(axes, case, side)
    head, edge, drop = (case[kind, side] for kind in (HEAD, RIM, TEARDROP))
    up = -case.level.down
    _line(axes, head.point, head.point + 2.0 * head.radius * up, _CUP, "--")
    if edge.found:
        _line(axes, head.point, edge.point, _CUP)
    if edge.found and drop.found:
        _line(axes, drop.point, edge.point, _PELVIS)
    for kind in SPACES.values():
        if case[kind, side].found:
            _line(axes, case[kind, side].points[0], case[kind, side].points[1], _GAP, width=2.0)
    _teardrop_line(axes, case)
    tip = case[LESSER_TROCHANTER, side]
    if tip.found and drop.found:
        _line(
            axes, tip.point, tip.point - ((tip.point - drop.point) @ case.level.down) * case.level.down, _PELVIS, "--"
        )
    _points(axes, _PELVIS, edge, drop, tip)


def _pelvis(axes: Axes, case: FilmCase) -> None:
    _teardrop_line(axes, case)
    for side in SIDES:
        if case[HEAD, side].found:
            _head(axes, case, side)
        for kind in (FORAMEN_WIDTH, FORAMEN_HEIGHT):
            if case[kind, side].found:
                _line(axes, case[kind, side].points[0], case[kind, side].points[1], _CUP)
        _points(axes, _PELVIS, *_found(case, side, (TEARDROP, LESSER_TROCHANTER)))


def _found(case: FilmCase, side: Side, kinds: Sequence[LandmarkType]) -> list[Landmark]:
    return [case[kind, side] for kind in kinds if case[kind, side].found]


def _teardrop_line(axes: Axes, case: FilmCase) -> None:
    drops = [drop for side in SIDES for drop in _found(case, side, (TEARDROP,))]
    if len(drops) == 2:
        _line(axes, drops[0].point, drops[1].point, _PELVIS)


def _points(axes: Axes, colour: str, *landmarks: Landmark) -> None:
    for each in landmarks:
        if each.found:
            axes.plot(*each.point, "o", color=colour, markersize=4, markerfacecolor="none")


def _line(
    axes: Axes, start: npt.ArrayLike, end: npt.ArrayLike, colour: str, style: str = "-", width: float = 1.0
) -> None:
    (x0, y0), (x1, y1) = np.asarray(start), np.asarray(end)
    axes.plot([x0, x1], [y0, y1], style, color=colour, linewidth=width)
