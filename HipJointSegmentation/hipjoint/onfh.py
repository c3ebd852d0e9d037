"""Osteonecrosis from a label map on disk to a folder with measures and report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from hipjoint.assessment import Assessment, read_assessment
from hipjoint.errors import InputError
from hipjoint.labels import ONFH
from hipjoint.measure.lesion import default_uncertainty
from hipjoint.measure.osteonecrosis import HipAssessment, assess
from hipjoint.measure.plausible import refuse_other_labels, refuse_other_sides
from hipjoint.output.folder import check_free, finished_folder
from hipjoint.output.manifest import manifest, write_manifest
from hipjoint.output.osteonecrosis import Hips, write_csv, write_json
from hipjoint.report.osteonecrosis import write_report
from hipjoint.volume import Volume
from hipjoint.volume.label_map import read_label_map
from hipjoint.volume.picture import read_labelled_scan

TASK, TITLE = "onfh", "Osteonecrosis of the femoral head"


@dataclass(frozen=True)
class OnfhJob:
    """What to measure: label map, folder for the results, the scan for pictures, the outlines' uncertainty in mm.

    ``assessment`` is a JSON file with what a clinician chose and changed by hand; ``series`` names one of several DICOM
    series in ``image``.
    """

    labels: Path
    out: Path
    image: Path | None = None
    uncertainty_mm: float | None = None
    overwrite: bool = False
    assessment: Path | None = None
    series: str | None = None


def run_onfh(job: OnfhJob) -> tuple[Hips, Assessment]:
    """Measure and write measurements.json, measurements.csv, report.html and run.json.

    Returns what was measured and what was chosen by hand; the latter is written too, as assessment.json, if it was
    given.

    Raises ``InputError`` if the files cannot be used, do not fit together, or show no femoral head; nothing is written
    then.
    """
    check_free(job.out, overwrite=job.overwrite)
    assessment = read_assessment(job.assessment) if job.assessment else Assessment()
    labels = read_label_map(job.labels, ONFH)
    refuse_other_labels(labels, job.labels)
    image = read_labelled_scan(job.image, labels, series=job.series) if job.image else None
    uncertainty = job.uncertainty_mm or default_uncertainty(labels)
    hips = assess(labels, uncertainty_mm=uncertainty)
    _check_heads(hips, labels, job.labels)
    if image is not None and job.image is not None:
        _check_shown(hips, image, job.image)
    facts = manifest(TASK, Volume(labels, "labels"), {"title": TITLE, "uncertainty_mm": uncertainty})
    with finished_folder(job.out, overwrite=job.overwrite) as folder:
        write_json(hips, assessment, facts["finished"], folder / "measurements.json")
        write_csv(hips, assessment, folder / "measurements.csv")
        write_report(hips, assessment, labels, image, facts, folder / "report.html")
        if job.assessment:
            (folder / "assessment.json").write_text(assessment.text() + "\n", encoding="utf-8")
        write_manifest(facts, folder)
    return hips, assessment


def _check_heads(hips: Hips, labels: sitk.Image, path: Path) -> None:
    """There must be a head, and each head and lesion on its own side."""
    spheres = {side: hip.sphere for side, hip in hips.items() if hip.sphere is not None}
    refuse_other_sides(labels, spheres, path)
    if spheres:
        return
    reasons = " ".join(note for hip in hips.values() for note in hip.notes)
    raise InputError(f"{path} shows no femoral head that can be measured: {reasons}")


def _check_shown(hips: Hips, image: sitk.Image, path: Path) -> None:
    """Each head's centre must lie in the image: else image and labels are of two different scans."""
    for hip in hips.values():
        if hip.sphere is not None and not _holds(image, hip):
            raise InputError(f"{path} does not show the {hip.side} femoral head: give the scan that the labels are of.")


def _holds(image: sitk.Image, hip: HipAssessment) -> bool:
    if hip.sphere is None:
        return False
    index = image.TransformPhysicalPointToIndex(hip.sphere.centre.tolist())
    return all(0 <= at < size for at, size in zip(index, image.GetSize(), strict=True))
