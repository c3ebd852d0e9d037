"""The report of the hip's geometry: numbers of both sides, each measure drawn on the bones, and every definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.geometry_record import is_edited
from hipjoint.implants.definitions import CUP_DEFINITIONS, STEM_DEFINITIONS
from hipjoint.implants.sizing import Implants, geometry_values
from hipjoint.labels import Side
from hipjoint.measure.acetabular_measures import space_map
from hipjoint.measure.geometry import MEASURES, GeometryValue
from hipjoint.measure.landmarks import ACETABULUM, HEAD, LANDMARKS, RIM, SIDES
from hipjoint.measure.measure import Case, Unmeasurable
from hipjoint.measure.value import Definition, Value
from hipjoint.mesh.arrays import surface_of
from hipjoint.report.geometry_pictures import Shown, pictures, space_picture
from hipjoint.report.implant_pictures import implant_pictures
from hipjoint.report.page import embedded, template
from hipjoint.report.picture import render_pictures


def write_report(
    case: Case,
    values: Sequence[GeometryValue],
    surfaces: Mapping[str, vtkPolyData],
    facts: Mapping[str, Any],
    path: Path,
    implants: Sequence[Implants] = (),
) -> None:
    """Write the report to ``path``; ``surfaces`` (LPS mm) go by the names of bones, ``facts`` are the manifest's.

    Those of ``implants`` go by "cup_right", "stem_right" and so on.
    """
    spaces = joint_space_surfaces(case)
    shown = {
        **pictures(case),
        **implant_pictures(case, implants),
        **{f"joint_space_{side}": space_picture(case, side) for side in spaces},
    }
    drawn = {**surfaces, **{f"joint_space_{side}": surface for side, surface in spaces.items()}}
    pngs = render_pictures({name: each.picture for name, each in shown.items()}, drawn)
    table = {each.place: each.value for each in (*values, *geometry_values(implants))}
    sized = (*CUP_DEFINITIONS, *STEM_DEFINITIONS) if implants else ()
    edited = {each.place for each in (*values, *geometry_values(implants)) if is_edited(each, case.landmarks)}
    page = template("geometry.html.j2").render(
        facts=facts,
        rows=[_row(measure.definition, measure.sided, table) for measure in MEASURES],
        edited=edited,
        implants=[_row(definition, True, table) for definition in sized],
        pelvis=_figures(shown, pngs, table, None),
        sides=[{"side": side, "figures": _figures(shown, pngs, table, side)} for side in SIDES],
        missing=pngs.missing,
        definitions=[*(measure.definition for measure in MEASURES), *sized],
        landmarks=LANDMARKS,
    )
    path.write_text(page, encoding="utf-8")


Table = Mapping[tuple[str, Side | None], Value]


def _row(definition: Definition, sided: bool, table: Table) -> dict[str, Any]:
    values = [table[definition.name, side] for side in (SIDES if sided else (None,))]
    numbers = [value.number for value in values]
    difference = ""
    if sided and numbers[0] is not None and numbers[1] is not None:
        difference = f"{numbers[0] - numbers[1]:+.{definition.digits}f}"
    return {"definition": definition, "values": values, "difference": difference, "sided": sided}


def _figures(
    shown: Mapping[str, Shown], pngs: Mapping[str, bytes], table: Table, side: Side | None
) -> list[dict[str, Any]]:
    return [
        {
            "title": each.title,
            "caption": each.caption,
            "png": embedded(pngs[name]),
            "values": [table[value, side] for value in each.values],
        }
        for name, each in shown.items()
        if each.side == side and name in pngs
    ]


def joint_space_surfaces(case: Case) -> dict[Side, vtkPolyData]:
    """The joint surface of each head whose joint can be measured, with "joint_space_mm" at its points (LPS mm)."""
    found = {}
    for side in SIDES:
        if not all(case[kind, side].found for kind in (HEAD, ACETABULUM, RIM)):
            continue
        try:
            space = space_map(case, side)
        except Unmeasurable:
            continue
        surface = case.bones().near_meshes[side]
        distance, number = cKDTree(space.points).query(surface.points)
        known = distance < 1e-3
        triangles = surface.triangles[known[surface.triangles].all(axis=1)]
        used, corners = np.unique(triangles, return_inverse=True)
        polydata = surface_of(surface.points[used], corners.reshape(-1, 3))
        widths = numpy_to_vtk(space.widths[number[used]].astype(np.float32), deep=True)
        widths.SetName("joint_space_mm")
        polydata.GetPointData().SetScalars(widths)
        found[side] = polydata
    return found
