from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from lxml import etree
from solids import judged
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOGeometry import vtkOBJReader, vtkSTLReader
from vtkmodules.vtkIOPLY import vtkPLYReader

from hipjoint.errors import InputError
from hipjoint.mesh import check, export, write_mesh

FORMATS = [".stl", ".ply", ".obj", ".3mf"]
READERS: dict[str, Any] = {".stl": vtkSTLReader, ".ply": vtkPLYReader, ".obj": vtkOBJReader}


@pytest.fixture(params=FORMATS)
def a_file(request: pytest.FixtureRequest, tmp_path: Path, a_sphere: vtkPolyData) -> Path:
    path = tmp_path / f"femur_right{request.param}"
    write_mesh(a_sphere, path, title="Right femur")
    return path


def test_every_format_comes_back_as_the_same_closed_surface(a_file: Path, a_sphere: vtkPolyData) -> None:
    mesh = trimesh.load_mesh(a_file)
    given = judged(a_sphere)
    assert (mesh.is_watertight, mesh.is_winding_consistent) == (True, True)
    assert len(mesh.faces) == len(given.faces)
    np.testing.assert_allclose(mesh.triangles, given.triangles, atol=1e-4)


@pytest.mark.parametrize("suffix", READERS)
def test_the_readers_of_vtk_and_slicer_find_it_in_its_place(suffix: str, tmp_path: Path, a_sphere: vtkPolyData) -> None:
    path = tmp_path / f"a{suffix}"
    write_mesh(a_sphere, path, title="Right femur")
    reader = READERS[suffix]()
    reader.SetFileName(str(path))
    reader.Update()
    found = check(reader.GetOutput())
    assert (found.closed, found.manifold, found.components) == (True, True, 1)
    assert found.volume_ml == pytest.approx(check(a_sphere).volume_ml, rel=1e-5)
    np.testing.assert_allclose(reader.GetOutput().GetBounds(), (25, 55, -75, -45, 85, 115), atol=0.05)


def test_the_header_of_an_stl_file_says_where_and_how_large(tmp_path: Path, a_sphere: vtkPolyData) -> None:
    path = tmp_path / "a.stl"
    write_mesh(a_sphere, path, title="Right femur")
    content = path.read_bytes()
    header = content[:80].rstrip(b"\0")
    assert header == b"SPACE=LPS mm HipJointSegmentation Right femur"
    count = int.from_bytes(content[80:84], "little")
    assert count == a_sphere.GetNumberOfPolys()
    assert len(content) == 84 + 50 * count


def test_a_long_title_does_not_push_the_triangles_out_of_place(tmp_path: Path, a_sphere: vtkPolyData) -> None:
    path = tmp_path / "a.stl"
    write_mesh(a_sphere, path, title="Right femur, grün " * 9)
    assert len(trimesh.load_mesh(path).faces) == a_sphere.GetNumberOfPolys()
    assert not path.read_bytes().startswith(b"solid")


@pytest.mark.parametrize("suffix", [".ply", ".obj"])
def test_the_other_headers_say_it_too(suffix: str, tmp_path: Path, a_sphere: vtkPolyData) -> None:
    path = tmp_path / f"a{suffix}"
    write_mesh(a_sphere, path, title="Right femur")
    assert b"SPACE=LPS mm HipJointSegmentation Right femur\n" in path.read_bytes()[:400]


def test_a_file_in_ras_says_so_and_is_turned_about_the_long_axis(tmp_path: Path, a_sphere: vtkPolyData) -> None:
    for space in ("LPS", "RAS"):
        write_mesh(a_sphere, tmp_path / f"{space}.stl", title="Right femur", space=space)
    lps, ras = (trimesh.load_mesh(tmp_path / f"{space}.stl") for space in ("LPS", "RAS"))
    assert (tmp_path / "RAS.stl").read_bytes().startswith(b"SPACE=RAS mm")
    assert ras.volume == pytest.approx(lps.volume)
    assert ras.center_mass == pytest.approx(lps.center_mass * (-1, -1, 1), abs=1e-4)


def test_a_ply_file_is_binary(tmp_path: Path, a_sphere: vtkPolyData) -> None:
    write_mesh(a_sphere, tmp_path / "a.ply", title="Right femur")
    assert b"format binary_little_endian" in (tmp_path / "a.ply").read_bytes()[:60]


def test_a_3mf_file_is_in_millimetres_and_has_the_title(tmp_path: Path, a_sphere: vtkPolyData) -> None:
    write_mesh(a_sphere, tmp_path / "a.3mf", title="Right femur & 'neck'")
    with zipfile.ZipFile(tmp_path / "a.3mf") as archive:
        assert {"3D/3dmodel.model", "[Content_Types].xml", "_rels/.rels"} <= set(archive.namelist())
        model = etree.fromstring(archive.read("3D/3dmodel.model"))
    space = {"m": "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"}
    assert model.get("unit") == "millimeter"
    assert model.xpath("//m:object/@name", namespaces=space)[0] == "Right femur & 'neck'"
    xs = [float(x) for x in model.xpath("//m:vertex/@x", namespaces=space)]
    assert (min(xs), max(xs)) == (pytest.approx(25, abs=0.05), pytest.approx(55, abs=0.05))
    assert len(model.xpath("//m:build/m:item", namespaces=space)) == 1


def test_suffixes_may_be_in_capitals(tmp_path: Path, a_sphere: vtkPolyData) -> None:
    for suffix in FORMATS:
        write_mesh(a_sphere, tmp_path / f"A{suffix.upper()}", title="Right femur")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A.3MF", "A.OBJ", "A.PLY", "A.STL"]


def test_an_unknown_format_is_refused_by_name(tmp_path: Path, a_sphere: vtkPolyData) -> None:
    with pytest.raises(InputError, match=r"^a\.step: '\.step' is not a mesh format, choose one of \.stl, \.ply, .*\.$"):
        write_mesh(a_sphere, tmp_path / "a.step", title="Right femur")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_folder_that_is_not_there_is_one_sentence(suffix: str, tmp_path: Path, a_sphere: vtkPolyData) -> None:
    with pytest.raises(InputError, match=r"cannot be written \(No such file or directory\): check the folder"):
        write_mesh(a_sphere, tmp_path / "missing" / f"a{suffix}", title="Right femur")


@pytest.mark.parametrize("suffix", FORMATS)
def test_writing_that_fails_half_way_leaves_the_old_file_as_it_was(
    suffix: str, tmp_path: Path, a_sphere: vtkPolyData, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(polydata: vtkPolyData, path: Path, title: str, space: str) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    monkeypatch.setitem(export._WRITERS, suffix, half)
    with pytest.raises(InputError, match="No space left on device"):
        write_mesh(a_sphere, path, title="Right femur")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_noticed_although_vtk_only_logs_it(a_sphere: vtkPolyData, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk may be full"):
        export._write_stl(a_sphere, tmp_path / "missing" / "a.stl", "Right femur", "LPS")
