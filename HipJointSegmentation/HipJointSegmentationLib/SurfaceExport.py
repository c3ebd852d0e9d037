"""Segments as surface files."""

from dataclasses import dataclass
from pathlib import Path

from slicer.i18n import tr as _

from hipjoint.errors import InputError
from HipJointSegmentationLib.FileNames import fileName
from HipJointSegmentationLib.SegmentImage import maskOf

FORMATS = {"stl": "STL", "ply": "PLY", "obj": "OBJ", "3mf": "3MF"}


@dataclass(frozen=True)
class ExportOptions:
    """Where to and how: ``format`` a key of ``FORMATS``, ``space`` "LPS" or "RAS"."""

    folder: Path
    format: str = "stl"
    space: str = "LPS"
    template: str = "hip_{segment}"
    overwrite: bool = False


def plannedFiles(segmentationNode, segmentIds, options, scan=""):
    """Path of the file of each segment id. Raises ``InputError`` if two would get the same name."""
    segmentation = segmentationNode.GetSegmentation()
    names = [
        fileName(options.template, segmentation.GetSegment(one).GetName(), number, scan)
        for number, one in enumerate(segmentIds, start=1)
    ]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(
            _("Two segments would get the file name {name}: put {field} in it.").format(name=twice, field="{segment}")
        )
    return {one: Path(options.folder, f"{name}.{options.format}") for one, name in zip(segmentIds, names, strict=True)}


def exportSegments(segmentationNode, segmentIds, options, scan=""):
    """Write a closed surface of each segment in mm and return the paths.

    Raises ``InputError``, before anything is written, if a file is there already and ``overwrite`` is not set, if no
    segment is chosen or if one is empty.
    """
    # Needs the packages that are installed at the first run.
    from hipjoint.mesh import write_mesh
    from hipjoint.mesh.mask import surface_from_mask

    files = plannedFiles(segmentationNode, segmentIds, options, scan)
    masks = {one: maskOf(segmentationNode, one) for one in segmentIds}
    _check(segmentationNode, files, masks, options)
    for one, path in files.items():
        title = segmentationNode.GetSegmentation().GetSegment(one).GetName()
        write_mesh(surface_from_mask(masks[one]), path, title=title, space=options.space)
    return list(files.values())


def _check(segmentationNode, files, masks, options):
    if not files:
        raise InputError(_("There is nothing to export: choose at least one segment."))
    if not Path(options.folder).is_dir():
        raise InputError(_("The folder {folder} is not there: choose another one.").format(folder=options.folder))
    empty = next((one for one, mask in masks.items() if mask is None), None)
    if empty:
        name = segmentationNode.GetSegmentation().GetSegment(empty).GetName()
        raise InputError(_("The segment {name} is empty: leave it out.").format(name=name))
    there = [path.name for path in files.values() if path.exists()]
    if there and not options.overwrite:
        raise InputError(
            _("{name} is there already: choose to replace it, or another file name.").format(name=there[0])
        )
