"""Surfaces as files that printers, planning programs and Slicer open; all in millimetres."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import trimesh
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOGeometry import vtkSTLWriter
from vtkmodules.vtkIOPLY import vtkPLYWriter

from hipjoint.errors import InputError
from hipjoint.mesh.arrays import arrays, surface_of

Space = Literal["LPS", "RAS"]
Writer = Callable[[vtkPolyData, Path, str, Space], None]


def write_mesh(polydata: vtkPolyData, path: Path, *, title: str, space: Space = "LPS") -> None:
    """Write a triangle surface given in LPS mm as binary .stl or .ply, as .obj or .3mf; ``title`` says what it is.

    The file is in ``space`` mm. STL, PLY and OBJ have no units: their headers say ``SPACE=LPS mm`` or
    ``SPACE=RAS mm``, of which Slicer reads the first word; 3MF says millimetre. The file appears when it is complete.
    Raises ``InputError`` if the format is unknown or the file cannot be written.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise InputError(f"{path.name}: {path.suffix!r} is not a mesh format, choose one of {', '.join(_WRITERS)}.")
    part = path.with_name(f".{path.stem}.part{path.suffix.lower()}")
    try:
        part.touch()
        write(_in_space(polydata, space), part, title, space)
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): check the folder and the free space."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _in_space(polydata: vtkPolyData, space: Space) -> vtkPolyData:
    """RAS is LPS turned by half a turn about the long axis of the patient."""
    if space == "LPS":
        return polydata
    points, triangles = arrays(polydata)
    return surface_of(points * (-1, -1, 1), triangles)


def _header(title: str, space: Space) -> str:
    return f"SPACE={space} mm HipJointSegmentation {title}"


def _write_stl(polydata: vtkPolyData, path: Path, title: str, space: Space) -> None:
    writer = vtkSTLWriter()
    writer.SetHeader(_header(title, space))
    _write_binary(writer, polydata, path)


def _write_ply(polydata: vtkPolyData, path: Path, title: str, space: Space) -> None:
    writer = vtkPLYWriter()
    writer.AddComment(_header(title, space))
    _write_binary(writer, polydata, path)


def _write_binary(writer: vtkSTLWriter | vtkPLYWriter, polydata: vtkPolyData, path: Path) -> None:
    writer.SetFileTypeToBinary()
    writer.SetInputData(polydata)
    writer.SetFileName(str(path))
    if not writer.Write() or writer.GetErrorCode():
        raise OSError(0, "the disk may be full")


def _write_obj(polydata: vtkPolyData, path: Path, title: str, space: Space) -> None:
    text = _trimesh(polydata, title).export(file_type="obj", header=_header(title, space))
    path.write_text(text, encoding="utf-8")


def _write_3mf(polydata: vtkPolyData, path: Path, title: str, space: Space) -> None:  # noqa: ARG001  (the format has no place for it)
    path.write_bytes(_trimesh(polydata, title).export(file_type="3mf"))


def _trimesh(polydata: vtkPolyData, title: str) -> trimesh.Trimesh:
    return trimesh.Trimesh(*arrays(polydata), process=False, metadata={"name": title})


_WRITERS: dict[str, Writer] = {".stl": _write_stl, ".ply": _write_ply, ".obj": _write_obj, ".3mf": _write_3mf}
