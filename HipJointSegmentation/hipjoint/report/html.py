"""The HTML report: pictures, sizes, warnings and facts of a run in one file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.labels import Label
from hipjoint.measure.size import SizeRow
from hipjoint.report.facts import fact_rows
from hipjoint.report.page import embedded, template
from hipjoint.report.regions import hip_regions
from hipjoint.report.scene import render_views
from hipjoint.report.slices import PLANES, draw_slice
from hipjoint.tasks.result import SegmentationResult
from hipjoint.volume import canonical

Shown = Sequence[tuple[Label, vtkPolyData]]


def write_report(
    result: SegmentationResult,
    surfaces: Mapping[int, vtkPolyData],
    rows: Sequence[SizeRow],
    facts: Mapping[str, Any],
    path: Path,
) -> None:
    """Write the report of ``result`` to ``path``.

    ``surfaces`` (LPS mm) go by label value, ``rows`` are the sizes, ``facts`` what the run manifest says. Where no 3D
    picture can be rendered the report says so in words.
    """
    shown = [(segment.label, surfaces[segment.label.value]) for segment in result.segments]
    views = render_views(shown)
    page = template("report.html.j2").render(
        facts=facts,
        fact_rows=fact_rows(facts),
        warnings=result.warnings,
        rows=rows,
        views={view: embedded(png) for view, png in views.items()},
        missing=views.missing,
        hips=_hips(result, shown),
    )
    path.write_text(page, encoding="utf-8")


def _hips(result: SegmentationResult, shown: Shown) -> list[dict[str, Any]]:
    """For each hip its side and the pictures of its three slices."""
    image, labels = canonical(result.image), canonical(result.labels)
    regions = hip_regions(labels, tuple(label for label, _ in shown))
    return [{"side": region.side, "slices": _slices(image, shown, region.centre)} for region in regions]


def _slices(image: sitk.Image, shown: Shown, centre: tuple[int, int, int]) -> list[dict[str, str]]:
    return [{"title": plane.title, "png": embedded(draw_slice(image, shown, centre, plane))} for plane in PLANES]
