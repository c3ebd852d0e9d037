"""The report of a radiograph: numbers of both sides, each measure drawn on the film, every definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hipjoint.labels import HIP_RADIOGRAPH, Side
from hipjoint.measure.film_case import FilmCase, FilmMeasure
from hipjoint.measure.film_measures import FILM_MEASURES, as_ratio
from hipjoint.measure.geometry import GeometryValue
from hipjoint.measure.landmarks import SIDES
from hipjoint.measure.value import Definition, Value
from hipjoint.report.facts import fact_rows
from hipjoint.report.film_pictures import Drawing, drawings, picture_of
from hipjoint.report.page import embedded, template
from hipjoint.tasks.result import SegmentationResult

Table = Mapping[tuple[str, Side | None], Value]


def write_report(
    case: FilmCase,
    values: Sequence[GeometryValue],
    result: SegmentationResult,
    warnings: Sequence[str],
    facts: Mapping[str, Any],
    path: Path,
) -> None:
    """Write the report to ``path``; ``facts`` are those of the run manifest."""
    table = {each.place: each.value for each in values}
    shown = {segment.label.value % 10: segment.label for segment in result.segments}
    outlines = Drawing("What was outlined", None, (), lambda axes, case: None)  # noqa: ARG005
    page = template("radiograph.html.j2").render(
        facts=facts,
        fact_rows=_facts(facts),
        warnings=warnings,
        rows=[_row(measure, case, table) for measure in FILM_MEASURES],
        outlines=embedded(picture_of(outlines, case, result, outlines=True)),
        regions=[label for label in HIP_RADIOGRAPH[:5] if label.value in shown],
        figures=[_figure(each, case, result, table) for each in drawings(case)],
        definitions=[measure.definition for measure in FILM_MEASURES],
        landmarks=list({each.type.name: each.type for each in case.landmarks.values()}.values()),
    )
    path.write_text(page, encoding="utf-8")


def shown_definition(measure: FilmMeasure, case: FilmCase) -> Definition:
    """What a person is shown of a measure: mm where the size of a pixel is known, else the ratio."""
    if measure.length and case.pixel_mm is None:
        return as_ratio(measure.definition)
    return measure.definition


def _row(measure: FilmMeasure, case: FilmCase, table: Table) -> dict[str, Any]:
    definition = shown_definition(measure, case)
    values = [table[definition.name, side] for side in (SIDES if measure.sided else (None,))]
    numbers = [value.number for value in values]
    difference = ""
    if measure.sided and numbers[0] is not None and numbers[1] is not None:
        difference = f"{numbers[0] - numbers[1]:+.{definition.digits}f}"
    return {"definition": definition, "values": values, "difference": difference, "sided": measure.sided}


def _figure(drawing: Drawing, case: FilmCase, result: SegmentationResult, table: Table) -> dict[str, Any]:
    wanted = [measure for measure in FILM_MEASURES if measure.definition.name in drawing.values]
    values = [table[shown_definition(measure, case).name, drawing.side] for measure in wanted]
    title = drawing.title if drawing.side is None else f"{drawing.side.capitalize()} hip: {drawing.title.lower()}"
    return {"title": title, "png": embedded(picture_of(drawing, case, result)), "values": values}


def _facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The facts of a run, with the film's pixels in the place of a scan's voxels."""
    columns, rows = facts["input"]["size"][:2]
    pixel = facts["pixel"]
    size = f"{pixel['mm']:.4g} mm ({pixel['source']})" if pixel else "of unknown size"
    film = ("Film", f"{columns} × {rows} pixels, {size}")
    return [film if name == "Scan" else (name, value) for name, value in fact_rows(facts)]
