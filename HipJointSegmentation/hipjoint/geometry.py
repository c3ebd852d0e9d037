"""The hip's geometry from label maps or surface models on disk to a folder with measures, landmarks and a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

from hipjoint.errors import InputError
from hipjoint.labels import HIP_CT
from hipjoint.measure.anatomy import Anatomy, anatomy_of
from hipjoint.measure.geometry import GeometryValue, assess
from hipjoint.measure.landmarks import SIDES
from hipjoint.measure.measure import Case
from hipjoint.mesh import write_mesh
from hipjoint.mesh.mask import surface_from_mask
from hipjoint.output.folder import check_free, finished_folder
from hipjoint.output.geometry import write_csv, write_json
from hipjoint.output.manifest import manifest, write_manifest
from hipjoint.output.markups import write_markups
from hipjoint.report.geometry import joint_space_surfaces, write_report
from hipjoint.volume import Volume
from hipjoint.volume.bones import read_bones
from hipjoint.volume.picture import read_labelled_scan

TASK, TITLE = "measure", "Geometry of the hip"


@dataclass(frozen=True)
class GeometryJob:
    """What to measure: label map, folder of results or of models; folder for the results; the CT in HU, if given.

    ``series`` names one of several DICOM series in ``image``.
    """

    source: Path
    out: Path
    image: Path | None = None
    overwrite: bool = False
    series: str | None = None


Values = tuple[GeometryValue, ...]


def run_geometry(job: GeometryJob) -> Values:
    """Measure and write geometry.json, geometry.csv, report.html, meshes, landmarks and run.json; return the values.

    Raises ``InputError`` if the input cannot be used or shows no hip; nothing is written then.
    """
    check_free(job.out, overwrite=job.overwrite)
    labels = read_bones(job.source, HIP_CT)
    image = read_labelled_scan(job.image, labels, series=job.series) if job.image else None
    begun = monotonic()
    anatomy = anatomy_of(labels, image)
    _check(anatomy, job.source)
    case, values = assess(anatomy)
    seconds = {"Measuring": round(monotonic() - begun, 2)}
    facts = manifest(TASK, Volume(labels, "labels"), {"title": TITLE, "seconds": seconds})
    with finished_folder(job.out, overwrite=job.overwrite) as folder:
        _write(case, values, anatomy, facts, folder)
    return values


def _check(anatomy: Anatomy, source: Path) -> None:
    """There must be a hip, and each bone on its own side."""
    if not (any(anatomy.femur(side) or anatomy.hip(side) for side in SIDES)):
        raise InputError(f"{source} shows no femur and no hip bone: mark at least one of them.")
    for right, left in ((anatomy.femur("right"), anatomy.femur("left")), (anatomy.hip("right"), anatomy.hip("left"))):
        if right is not None and left is not None and right.middle[0] > left.middle[0]:
            raise InputError(
                f"{source} has the {right.label.title.lower()} on the patient's left: check the label values and the "
                "orientation in its header."
            )


def _write(case: Case, values: Values, anatomy: Anatomy, facts: Mapping[str, Any], folder: Path) -> None:
    surfaces = {name: surface_from_mask(bone.mask) for name, bone in anatomy.bones.items()}
    write_json(case, values, _notes(anatomy), folder / "geometry.json")
    write_csv(values, folder / "geometry.csv")
    _write_meshes(case, anatomy, surfaces, folder / "meshes")
    (folder / "landmarks").mkdir()
    write_markups(case, folder / "landmarks")
    write_report(case, values, surfaces, {**facts, "notes": _notes(anatomy)}, folder / "report.html")
    write_manifest(facts, folder)


def _write_meshes(case: Case, anatomy: Anatomy, surfaces: Mapping[str, vtkPolyData], folder: Path) -> None:
    """Each bone as STL, and the joint surface of each head with the width of the joint space at its points."""
    folder.mkdir()
    for name, bone in anatomy.bones.items():
        write_mesh(surfaces[name], folder / f"{name}.stl", title=bone.label.title)
    for side, surface in joint_space_surfaces(case).items():
        writer = vtkXMLPolyDataWriter()
        writer.SetInputData(surface)
        writer.SetFileName(str(folder / f"joint_space_{side}.vtp"))
        writer.Write()


def _notes(anatomy: Anatomy) -> list[str]:
    """Which bones the edge of the scan cuts."""
    return [f"{bone.label.title} is cut by the edge of the scan." for bone in anatomy.bones.values() if len(bone.cut)]


def geometry_of(labels: sitk.Image, scan: sitk.Image | None = None) -> tuple[Case, Values]:
    """All landmarks and values of a label map (values of ``labels.HIP_CT``, LPS mm), ``scan`` in HU if there is one."""
    return assess(anatomy_of(labels, scan))
