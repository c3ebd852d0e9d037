"""Osteonecrosis from a label map on disk to a folder with measures and report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import ONFH
from hipjoint.measure.lesion import default_uncertainty
from hipjoint.measure.osteonecrosis import HipAssessment, assess
from hipjoint.output.folder import check_free, finished_folder
from hipjoint.output.manifest import manifest, write_manifest
from hipjoint.output.osteonecrosis import Hips, write_csv, write_json
from hipjoint.report.osteonecrosis import write_report
from hipjoint.volume import Volume
from hipjoint.volume.label_map import read_label_map, read_picture

TASK, TITLE = "onfh", "Osteonecrosis of the femoral head"


@dataclass(frozen=True)
class OnfhJob:
    """What to measure: label map, folder for the results, the scan for pictures, the outlines' uncertainty in mm."""

    labels: Path
    out: Path
    image: Path | None = None
    uncertainty_mm: float | None = None
    overwrite: bool = False


def run_onfh(job: OnfhJob) -> Hips:
    """Measure and write measurements.json, measurements.csv, report.html and run.json; return what was measured.

    Raises ``InputError`` if the files cannot be used, do not fit together, or show no femoral head; nothing is written
    then.
    """
    check_free(job.out, overwrite=job.overwrite)
    labels = read_label_map(job.labels, ONFH)
    image = read_picture(job.image) if job.image else None
    uncertainty = job.uncertainty_mm or default_uncertainty(labels)
    hips = assess(labels, uncertainty_mm=uncertainty)
    _check_heads(hips, job.labels)
    if image is not None and job.image is not None:
        _check_shown(hips, image, job.image)
    facts = manifest(TASK, Volume(labels, "labels"), {"title": TITLE, "uncertainty_mm": uncertainty})
    with finished_folder(job.out, overwrite=job.overwrite) as folder:
        write_json(hips, folder / "measurements.json")
        write_csv(hips, folder / "measurements.csv")
        write_report(hips, labels, image, facts, folder / "report.html")
        write_manifest(facts, folder)
    return hips


def _check_heads(hips: Hips, path: Path) -> None:
    if any(hip.sphere is not None for hip in hips.values()):
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
