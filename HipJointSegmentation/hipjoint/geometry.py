"""The hip's geometry from label maps or surface models on disk to a folder with measures, landmarks and a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import SimpleITK as sitk
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

from hipjoint.errors import InputError
from hipjoint.geometry_record import edited_landmarks
from hipjoint.implants.record import canals_text, placed_implants
from hipjoint.implants.sizing import Implants, geometry_values, implant_surfaces, implants_for, in_their_canals
from hipjoint.job import check_formats
from hipjoint.labels import HIP_CT
from hipjoint.measure.anatomy import Anatomy, anatomy_of
from hipjoint.measure.geometry import GeometryValue, assess, measure_again
from hipjoint.measure.landmarks import SIDES, Landmarks
from hipjoint.measure.measure import Case
from hipjoint.mesh import write_mesh
from hipjoint.mesh.landmark_solids import landmark_solid
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

    ``series`` names one of several DICOM series in ``image``. ``landmarks`` is a geometry.json of which the landmarks
    that a person moved take the place of those that are found. Without ``report`` no page is drawn. ``implants`` asks
    for the sizes of a cup and a stem too; ``placed`` is a geometry.json whose implants are taken as they lie instead.
    """

    source: Path
    out: Path
    image: Path | None = None
    overwrite: bool = False
    series: str | None = None
    landmarks: Path | None = None
    mesh_formats: tuple[str, ...] = ("stl",)
    report: bool = True
    implants: bool = False
    placed: Path | None = None


Values = tuple[GeometryValue, ...]


def run_geometry(job: GeometryJob) -> Values:
    """Measure and write geometry.json, geometry.csv, report.html, meshes, landmarks and run.json; return the values.

    Those of implants come last.
    Raises ``InputError`` if the input cannot be used or shows no hip; nothing is written then.
    """
    check_formats(job.mesh_formats)
    check_free(job.out, overwrite=job.overwrite)
    by_hand = edited_landmarks(job.landmarks) if job.landmarks else {}
    given = placed_implants(job.placed) if job.placed else None
    labels = read_bones(job.source, HIP_CT)
    image = read_labelled_scan(job.image, labels, series=job.series) if job.image else None
    begun = monotonic()
    anatomy = anatomy_of(labels, image)
    _check(anatomy, job.source)
    case, values = _with_landmarks(by_hand, *assess(anatomy))
    implants = implants_for(case) if job.implants and given is None else in_their_canals(case, given or ())
    seconds = {"Measuring": round(monotonic() - begun, 2)}
    facts = manifest(TASK, Volume(labels, "labels"), {"title": TITLE, "seconds": seconds})
    with finished_folder(job.out, overwrite=job.overwrite) as folder:
        _write(case, values, implants, facts, folder, job)
    return values + geometry_values(implants)


def _with_landmarks(by_hand: Landmarks, case: Case, values: Values) -> tuple[Case, Values]:
    """The case with landmarks that were moved by hand, and the values that depend on them anew."""
    edited = Case({**case.landmarks, **by_hand}, case.anatomy)
    return edited, measure_again(values, edited, by_hand)


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


def _write(
    case: Case,
    values: Values,
    implants: Sequence[Implants],
    facts: Mapping[str, Any],
    folder: Path,
    job: GeometryJob,
) -> None:
    bones, notes = case.bones(), _notes(case, implants)
    surfaces = {name: surface_from_mask(bone.mask) for name, bone in bones.bones.items()}
    write_json(case, values, notes, folder / "geometry.json", implants)
    write_csv(case, values + geometry_values(implants), folder / "geometry.csv")
    _write_meshes(case, surfaces, folder / "meshes", job.mesh_formats)
    solids = implant_surfaces(implants)
    _write_implants(solids, folder / "meshes", job.mesh_formats)
    if implants:
        (folder / "canals.json").write_text(canals_text(implants), encoding="utf-8")
    (folder / "landmarks").mkdir()
    write_markups(case, folder / "landmarks")
    if job.report:
        drawn = {**surfaces, **solids}
        write_report(case, values, drawn, {**facts, "notes": notes}, folder / "report.html", implants)
    write_manifest(facts, folder)


def _write_meshes(case: Case, surfaces: Mapping[str, vtkPolyData], folder: Path, formats: Sequence[str]) -> None:
    """Each bone and each landmark in each format, and the joint surface of each head with the joint space's width."""
    landmarks = folder / "landmarks"
    landmarks.mkdir(parents=True)
    for suffix in formats:
        for name, bone in case.bones().bones.items():
            write_mesh(surfaces[name], folder / f"{name}.{suffix}", title=bone.label.title)
        for key, each in case.landmarks.items():
            if each.found:
                write_mesh(landmark_solid(each), landmarks / f"{key}.{suffix}", title=f"{each.type.title} {each.side}")
    for side, surface in joint_space_surfaces(case).items():
        writer = vtkXMLPolyDataWriter()
        writer.SetInputData(surface)
        writer.SetFileName(str(folder / f"joint_space_{side}.vtp"))
        writer.Write()


def _write_implants(solids: Mapping[str, vtkPolyData], folder: Path, formats: Sequence[str]) -> None:
    """Each cup and stem in each format."""
    for name, solid in solids.items():
        for suffix in formats:
            title = f"{name.replace('_', ' ')}, a generic shape of no maker"
            write_mesh(solid, folder / f"{name}.{suffix}", title=title.capitalize())


def _notes(case: Case, implants: Sequence[Implants]) -> list[str]:
    """Which bones the edge of the scan cuts, and which landmarks and implants a person moved."""
    cut = [
        f"{bone.label.title} is cut by the edge of the scan." for bone in case.bones().bones.values() if len(bone.cut)
    ]
    moved = [f"{each.type.title.lower()} ({each.side})" for each in case.landmarks.values() if each.edited]
    placed = [f"{kind} ({each.side})" for each in implants for kind in each.edited]
    by_hand = {"Landmarks moved by hand": moved, "Implants sized or placed by hand": placed}
    return [*cut, *(f"{what}: {', '.join(names)}." for what, names in by_hand.items() if names)]


def geometry_of(labels: sitk.Image, scan: sitk.Image | None = None) -> tuple[Case, Values]:
    """All landmarks and values of a label map (values of ``labels.HIP_CT``, LPS mm), ``scan`` in HU if there is one."""
    return assess(anatomy_of(labels, scan))
