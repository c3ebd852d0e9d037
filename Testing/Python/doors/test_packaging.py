from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULE = ROOT / "HipJointSegmentation"


def listed(variable: str) -> set[str]:
    """The entries of a ``set(...)`` in the module's CMakeLists.txt."""
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(rf"set\({variable}\s+(.*?)\)", text, re.DOTALL)
    assert found is not None
    return set(found.group(1).replace("${MODULE_NAME}", "HipJointSegmentation").split())


def in_tree(wanted: bool) -> set[str]:
    """Files of the module folder: the Python files if ``wanted``, else all others that are shipped."""
    files = (path.relative_to(MODULE) for path in MODULE.rglob("*") if path.is_file())
    shipped = (path for path in files if path.name != "CMakeLists.txt" and not hidden(path))
    return {path.as_posix() for path in shipped if (path.suffix == ".py") == wanted}


def hidden(path: Path) -> bool:
    return any(part.startswith((".", "_resources", "__pycache__")) or part.endswith(".egg-info") for part in path.parts)


def test_cmake_ships_every_python_file_and_names_none_that_is_missing():
    assert listed("MODULE_PYTHON_SCRIPTS") == in_tree(wanted=True)


def test_cmake_ships_every_other_file_and_names_none_that_is_missing():
    assert listed("MODULE_PYTHON_RESOURCES") == in_tree(wanted=False)


def test_the_icon_is_a_png_of_128_by_128():
    png = (MODULE / "Resources" / "Icons" / "HipJointSegmentation.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (128, 128)


def test_the_catalogue_entry_has_what_the_index_asks_for():
    entry = json.loads((ROOT / "HipJointSegmentation.json").read_text(encoding="utf-8"))
    assert {"$schema", "category", "scm_url"} <= set(entry)
    assert entry["category"] == "Segmentation"


def test_the_extension_is_named_as_its_catalogue_entry():
    assert "project(HipJointSegmentation)" in (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def the_built_package(tmp_path_factory) -> Path:
    """What ``pip install .`` would install, built from a copy so that the checkout stays clean."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, copy)
    for name in ("HipJointSegmentation", "Resources"):
        shutil.copytree(ROOT / name, copy / name)
    build = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", "built"]
    subprocess.run(build, cwd=copy, check=True, capture_output=True)
    return copy / "built" / "hipjoint"


def test_the_built_package_holds_models_and_sample_scan(the_built_package):
    for folder in ("Models", "SampleData"):
        shipped = {path.name for path in (the_built_package / "_resources" / folder).rglob("*")}
        assert shipped == {path.name for path in (ROOT / "Resources" / folder).rglob("*")}


def test_the_built_package_holds_the_template_of_the_report_and_its_types(the_built_package):
    assert (the_built_package / "report" / "report.html.j2").exists()
    assert (the_built_package / "py.typed").exists()


def test_both_readme_commands_are_those_of_start_py():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python start.py\n" in readme
    assert "python start.py test\n" in readme


def test_start_py_explains_itself_when_it_is_asked_for_something_else():
    answer = subprocess.run([sys.executable, ROOT / "start.py", "help"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "python start.py test" in answer.stdout
