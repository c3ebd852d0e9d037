"""The report of osteonecrosis: one page with the numbers of both hips, their definitions, slices and 3D pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.assessment import STAGE, Assessment
from hipjoint.labels import ONFH, Label, Side
from hipjoint.measure.osteonecrosis import DEFINITIONS, NO_LESION, HipAssessment
from hipjoint.measure.steinberg import STAGES, grading_note
from hipjoint.mesh.mask import surface_from_mask
from hipjoint.report.page import embedded, template
from hipjoint.report.scene import render_views
from hipjoint.report.slices import PLANES, draw_slice
from hipjoint.volume import canonical

HALF_WIDTH_MM = 45.0
# MRI has no scale: black and white are where this share of the darkest and brightest voxels begins.
_WINDOW_PERCENT = (1.0, 99.5)
# More would push the page over its end.
_SHOWN_CHANGES = 6


def write_report(
    hips: Mapping[Side, HipAssessment],
    assessment: Assessment,
    labels: sitk.Image,
    image: sitk.Image | None,
    facts: Mapping[str, Any],
    path: Path,
) -> None:
    """Write the report of the label map ``labels`` (values of ``labels.ONFH``, LPS mm) to ``path``.

    What the ``assessment`` puts in the place of a measured value stands before it, marked as made by hand.

    ``image`` is the scan for the slices, on any grid in the same space; without it there are none and the page says
    so. ``facts`` are those of the run manifest.
    """
    page = template("osteonecrosis.html.j2").render(
        facts=facts,
        hips=list(hips.values()),
        assessment=assessment,
        titles={**{each.name: each.title for each in DEFINITIONS}, STAGE: "Steinberg stage", "outline": "outline"},
        grading_note=grading_note,
        shown_changes=_SHOWN_CHANGES,
        rows=[(definition, [hip.value(definition.name) for hip in hips.values()]) for definition in DEFINITIONS],
        definitions=DEFINITIONS,
        stages=STAGES,
        pictures=[_pictures(hip, labels, image) for hip in hips.values() if hip.sphere is not None],
        no_lesion=NO_LESION,
        with_image=image is not None,
    )
    path.write_text(page, encoding="utf-8")


def _pictures(hip: HipAssessment, labels: sitk.Image, image: sitk.Image | None) -> dict[str, Any]:
    """The 3D picture of a hip from the front, if it can be rendered, and its slices, if there is an image."""
    pair = [label for label in ONFH if label.side == hip.side]
    views = render_views(_surfaces(labels, pair))
    shown = [] if image is None else _slices(hip, labels, image, pair)
    return {
        "side": hip.side,
        "labels": pair,
        "view": embedded(views["front"]) if views else None,
        "missing": views.missing,
        "slices": shown,
    }


def _surfaces(labels: sitk.Image, pair: list[Label], *, whole: bool = False) -> list[tuple[Label, vtkPolyData]]:
    """The surfaces of head and lesion of one side in LPS mm.

    The head goes without the lesion, which then shows on it, or ``whole``, which outlines it in a slice.
    """
    values = sitk.GetArrayViewFromImage(labels)
    surfaces = []
    for label in pair:
        head_too = whole and label is pair[0]
        mask = np.isin(values, [each.value for each in pair] if head_too else label.value)
        if mask.any():
            grid = sitk.GetImageFromArray(mask.astype(np.uint8))
            grid.CopyInformation(labels)
            surfaces.append((label, surface_from_mask(grid)))
    return surfaces


def _slices(hip: HipAssessment, labels: sitk.Image, image: sitk.Image, pair: list[Label]) -> list[dict[str, str]]:
    """Three slices through the middle of the lesion, or of the head where there is none."""
    upright = canonical(image)
    surfaces = _surfaces(labels, pair, whole=True)
    low, high = np.percentile(sitk.GetArrayViewFromImage(image), _WINDOW_PERCENT)
    window = (float(low), float(max(high, low + 1e-6)))
    centre = upright.TransformPhysicalPointToIndex(_middle(hip, labels, pair[1].value))
    size = upright.GetSize()
    inside = tuple(min(max(0, at), n - 1) for at, n in zip(centre, size, strict=True))
    return [
        {
            "title": plane.title,
            "png": embedded(draw_slice(upright, surfaces, inside, plane, window=window, half_width=HALF_WIDTH_MM)),
        }
        for plane in PLANES
    ]


def _middle(hip: HipAssessment, labels: sitk.Image, lesion: int) -> tuple[float, ...]:
    """The centroid of the lesion in LPS mm, or the centre of the sphere."""
    index = np.argwhere(sitk.GetArrayViewFromImage(labels) == lesion)
    if len(index):
        return tuple(labels.TransformContinuousIndexToPhysicalPoint(index.mean(axis=0)[::-1].tolist()))
    return tuple(hip.sphere.centre.tolist()) if hip.sphere is not None else (0.0, 0.0, 0.0)
