"""The report of cortical and trabecular bone: numbers of both femora, painted surfaces, slices with both contours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.inner_surface import INNER_SURFACES
from hipjoint.labels import Label, Side
from hipjoint.measure.compartment_assessment import FemurAssessment, compartments_of
from hipjoint.measure.compartments import CORTICAL_INDEX, DEFINITIONS, PLACES, REGION_RULE, WHOLE
from hipjoint.measure.cortex_map import CortexMap
from hipjoint.measure.femur_regions import TITLES
from hipjoint.mesh.painted import colours, painted
from hipjoint.report.facts import fact_rows
from hipjoint.report.page import embedded, template
from hipjoint.report.picture import Camera, Mesh, Picture, Rendered, render_pictures
from hipjoint.report.slices import PLANES, draw_slice
from hipjoint.tasks.femur_compartments import CompartmentsResult
from hipjoint.volume import canonical

# Fixed, so that pictures of different patients can be compared.
SCALE_MM = (0.0, 8.0)
VIEWS: Mapping[str, tuple[float, float, float]] = {"front": (0.0, 1.0, 0.0), "back": (0.0, -1.0, 0.0)}
HALF_WIDTH_MM = 55.0
_MARGIN = 1.06
_LEGEND_STEPS = 17


def write_report(
    femora: Mapping[Side, FemurAssessment],
    result: CompartmentsResult,
    surfaces: Mapping[int, vtkPolyData],
    facts: Mapping[str, Any],
    path: Path,
) -> None:
    """Write the report to ``path``; ``surfaces`` (LPS mm) of the compartments go by label value."""
    shown = [femur for femur in femora.values() if femur.cortex is not None]
    views = _views({femur.side: femur.cortex for femur in shown if femur.cortex is not None})
    drawn = facts["inner_surface"]
    page = template("compartments.html.j2").render(
        facts=facts,
        fact_rows=fact_rows(facts),
        warnings=result.warnings,
        femora=list(femora.values()),
        rows=_rows(femora),
        places=[TITLES[place] for place in PLACES],
        index_rows=[(each.title, [femur.value(each.name) for femur in femora.values()]) for each in CORTICAL_INDEX],
        pictures=[_pictures(femur, result, surfaces, views) for femur in shown],
        missing=views.missing,
        legend=_legend(),
        definitions=[each for each in DEFINITIONS if each.name.endswith(f"_{WHOLE}") or each in CORTICAL_INDEX],
        place=TITLES[WHOLE],
        rule=REGION_RULE,
        inner_surface=(drawn, INNER_SURFACES.get(drawn, "As it was drawn before.")),
    )
    path.write_text(page, encoding="utf-8")


def _rows(femora: Mapping[Side, FemurAssessment]) -> dict[Side, list[tuple[str, str, list[Any]]]]:
    """For each side the title and unit of each quantity and its values in all places."""
    quantities = [each for each in DEFINITIONS if each.name.endswith(f"_{WHOLE}")]
    return {
        side: [
            (
                each.title.removesuffix(f", {TITLES[WHOLE]}"),
                each.unit,
                [femur.value(f"{each.name.removesuffix(WHOLE)}{place}") for place in PLACES],
            )
            for each in quantities
        ]
        for side, femur in femora.items()
    }


def _views(cortices: Mapping[Side, CortexMap]) -> Rendered:
    """Pictures "<side>-<view>" of the painted surfaces."""
    pictures: dict[str, Picture] = {}
    surfaces: dict[str, vtkPolyData] = {}
    for side, cortex in cortices.items():
        points = cortex.surface.points
        surfaces[side] = painted(points, cortex.surface.triangles, {"thickness_mm": cortex.thickness})
        middle, half = (points.min(axis=0) + points.max(axis=0)) / 2, (points.max(axis=0) - points.min(axis=0)) / 2
        for view, direction in VIEWS.items():
            focus = (float(middle[0]), float(middle[1]), float(middle[2]))
            camera = Camera(focus, direction, (0.0, 0.0, 1.0), _MARGIN * float(max(half[2], half[0])))
            pictures[f"{side}-{view}"] = Picture(camera, (Mesh(side, (204, 204, 204), scale=SCALE_MM),))
    return render_pictures(pictures, surfaces)


def _pictures(
    femur: FemurAssessment,
    result: CompartmentsResult,
    surfaces: Mapping[int, vtkPolyData],
    views: Mapping[str, bytes],
) -> dict[str, Any]:
    found = [(view, embedded(views[f"{femur.side}-{view}"])) for view in VIEWS if f"{femur.side}-{view}" in views]
    labels = compartments_of(femur.side)
    outlines = [(label, surfaces[label.value]) for label in labels if label.value in surfaces]
    return {"side": femur.side, "labels": labels, "views": found, "slices": _slices(femur, result.image, outlines)}


def _slices(
    femur: FemurAssessment, image: sitk.Image, outlines: list[tuple[Label, vtkPolyData]]
) -> list[dict[str, str]]:
    """Three slices through the middle of the femur, and one across the shaft near its lower end."""
    if femur.cortex is None:
        return []
    upright = canonical(image)
    points = femur.cortex.surface.points
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    low = points[points[:, 2] <= np.percentile(points[:, 2], 6)].mean(axis=0)
    places = [(plane, middle, plane.title) for plane in PLANES] + [(PLANES[0], low, "Axial, lower end")]
    return [
        {
            "title": title,
            "png": embedded(draw_slice(upright, outlines, _voxel(upright, at), plane, half_width=HALF_WIDTH_MM)),
        }
        for plane, at, title in places
    ]


def _voxel(image: sitk.Image, place: Any) -> tuple[int, int, int]:
    index = image.TransformPhysicalPointToIndex([float(x) for x in place])
    x, y, z = (min(max(0, at), size - 1) for at, size in zip(index, image.GetSize(), strict=True))
    return x, y, z


def _legend() -> list[dict[str, Any]]:
    """Colours of the scale from its lower end, with the number at every mm."""
    steps = np.linspace(*SCALE_MM, _LEGEND_STEPS)
    return [
        {"colour": ", ".join(map(str, colour[:3])), "text": f"{step:.0f}" if float(step).is_integer() else ""}
        for step, colour in zip(steps, colours(steps, SCALE_MM), strict=True)
    ]
