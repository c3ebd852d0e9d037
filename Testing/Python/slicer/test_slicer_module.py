"""The module as Slicer finds, shows and installs it."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import types
import unittest
from collections.abc import Iterable
from pathlib import Path

import pytest

from hipjoint.labels import HIP_CT

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MODULE = ROOT / "HipJointSegmentation"
LIB = MODULE / "HipJointSegmentationLib"
# The code that may know Slicer and Qt; the effect "Split joint" is in the folder.
SLICER_CODE = [MODULE / "HipJointSegmentation.py", *sorted(LIB.glob("*.py"))]
# What Slicer brings, and what of the engine needs nothing else.
LIGHT = {"slicer", "qt", "ctk", "vtk", "numpy", "SimpleITK", "scipy", "HipJointSegmentationLib", "SegmentEditorEffects"}
LIGHT_ENGINE = {"hipjoint.errors", "hipjoint.tasks.registry"}
# Slicer's own files for extensions, as far as installing needs them.
SLICER_CONFIG = """
set(Slicer_USE_FILE ${CMAKE_CURRENT_LIST_DIR}/empty.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${CMAKE_CURRENT_LIST_DIR}/empty.cmake)
set(Slicer_EXTENSION_CPACK ${CMAKE_CURRENT_LIST_DIR}/empty.cmake)
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR lib)
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR lib)
function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  foreach(file ${MODULE_SCRIPTS} ${MODULE_RESOURCES})
    get_filename_component(folder ${file} DIRECTORY)
    install(FILES ${file} DESTINATION lib/${folder})
  endforeach()
endfunction()
"""
RUN_INSTALLED = """
import json, sys, types
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from slicerbed.boot import boot
boot(Path(sys.argv[3]))
import slicer, SampleData
slicer.modules.hipjointsegmentation = type("Module", (), {"path": sys.argv[1] + "/HipJointSegmentation.py"})
from HipJointSegmentation import HipJointSegmentation, HipJointSegmentationWidget
module = HipJointSegmentation(types.SimpleNamespace())
slicer.app.startupCompleted.emit()
widget = HipJointSegmentationWidget()
widget.setup()
widget.ui.segmentationSelector.setCurrentNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode"))
widget.ui.correctSection.collapsed = False
editor = widget.correctPanel._editor
editor.setActiveEffectByName("Split joint")
effect = editor.activeEffect().self()
effect._split.click()
import hipjoint
terms, context = slicer.modules.terminologies.logic(), "Segmentation category and type - Hip joint"
print(json.dumps({
    "engine": hipjoint.__file__,
    "sample": SampleData.SampleDataLogic().downloadSample("HipJointCT").GetName(),
    "term": terms.FindTypeInTerminologyBy3dSlicerLabel(context, "Left femur", slicer.vtkSlicerTerminologyEntry()),
    "apply": widget.ui.applyButton.text,
    "effect": [sys.modules[type(effect).__module__].__file__, effect._message.text],
    "icon": [size.width() for size in effect.icon().availableSizes()],
}))
widget.cleanup()
"""


@pytest.fixture
def a_module(slicer):
    from HipJointSegmentation import HipJointSegmentation

    return HipJointSegmentation(types.SimpleNamespace())


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_by(nodes: Iterable[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def knows_slicer(path: Path) -> bool:
    """Whether a file imports Slicer or Qt anywhere, also within a function."""
    roots = {name.partition(".")[0] for name in imported_by(ast.walk(tree(path)))}
    return bool(roots & {"slicer", "qt", "ctk", "PythonQt", "PySide6", "HipJointSegmentationLib"})


def long_functions(path: Path) -> list[str]:
    """Functions of more than 40 lines."""
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [f"{path.name}: {node.name}" for node in functions if node.end_lineno - node.lineno + 1 > 40]


def run(command: list[object], **where: object) -> str:
    """What a command prints; it must end well."""
    answer = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, **where)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_the_module_says_what_it_is_and_what_it_is_not(a_module):
    assert a_module.parent.title == "Hip Joint Segmentation"
    assert a_module.parent.categories == ["Segmentation"]
    assert "Not a medical device" in a_module.parent.helpText
    assert "CC BY 3.0" in a_module.parent.acknowledgementText


def test_the_tutorial_of_the_help_text_is_there(a_module):
    (path,) = re.findall(r"blob/main/(.+?)\"", a_module.parent.helpText)
    assert (ROOT / path).is_file()


def test_the_sample_scan_is_registered_with_checksum_and_picture_when_slicer_has_started(slicer, a_module, monkeypatch):
    import SampleData

    monkeypatch.setattr(SampleData, "registered", [])
    slicer.app.startupCompleted.emit()
    source = SampleData.registered[-1]
    scan = ROOT / "Resources" / "SampleData" / "hip_ct.nii.gz"
    assert source["uris"] == scan.as_uri()
    assert source["checksums"] == "SHA256:" + hashlib.sha256(scan.read_bytes()).hexdigest()
    assert Path(source["thumbnailFileName"]).is_file()


def test_the_terms_of_all_labels_are_offered_when_slicer_has_started(slicer, a_module):
    slicer.app.startupCompleted.emit()
    logic, entry = slicer.modules.terminologies.logic(), slicer.vtkSlicerTerminologyEntry()
    context = "Segmentation category and type - Hip joint"
    for label in HIP_CT:
        assert logic.FindTypeInTerminologyBy3dSlicerLabel(context, label.title, entry)
        assert entry.GetTypeObject().GetCodeValue() == label.code.value


def test_the_effect_is_offered_once_when_slicer_has_started(slicer, a_module, monkeypatch):
    import qSlicerSegmentationsEditorEffectsPythonQt as effects

    factory = effects.qSlicerSegmentEditorEffectFactory()
    monkeypatch.setattr(effects.qSlicerSegmentEditorEffectFactory, "_effects", [])
    for _ in range(2):
        slicer.app.startupCompleted.emit()
    (effect,) = factory.registeredEffects()
    assert (effect.name, effect.title, effect.perSegment) == ("Split joint", "Split joint", True)
    assert max(size.width() for size in effect.self().icon().availableSizes()) == 128
    assert type(effect.clone().self()) is type(effect.self())
    assert "left mouse button" in effect.self().helpText()


def test_the_self_tests_pass(slicer):
    from HipJointSegmentation import HipJointSegmentationTest

    names = [name for name in dir(HipJointSegmentationTest) if name.startswith("test_")]
    outcome = unittest.TestResult()
    for name in names:
        HipJointSegmentationTest(name).run(outcome)
    assert outcome.testsRun == len(names) >= 4
    assert outcome.errors + outcome.failures == []


@pytest.mark.parametrize("path", SLICER_CODE, ids=lambda path: path.stem)
def test_opening_the_module_loads_only_what_slicer_has(path):
    heavy = {
        name
        for name in imported_by(tree(path).body)
        if name.partition(".")[0] not in LIGHT | set(sys.stdlib_module_names) and name not in LIGHT_ENGINE
    }
    assert heavy == set()


def test_only_the_module_and_its_parts_know_slicer():
    everywhere = [path for folder in (MODULE, ROOT / "Training", ROOT / "Testing") for path in folder.rglob("*.py")]
    others = [path for path in everywhere if path not in SLICER_CODE and not path.is_relative_to(HERE)]
    assert len(others) > 100
    assert [path for path in (*others, ROOT / "start.py", ROOT / "setup.py") if knows_slicer(path)] == []


def test_the_module_file_is_short_and_so_are_all_functions():
    assert len(SLICER_CODE[0].read_text(encoding="utf-8").splitlines()) < 150
    assert [name for path in MODULE.rglob("*.py") for name in long_functions(path)] == []


def test_an_import_within_a_function_and_a_line_too_many_are_seen(tmp_path):
    bad, good = tmp_path / "bad.py", tmp_path / "good.py"
    bad.write_text("def f():\n    from slicer.util import x\n" + "    x()\n" * 39)
    good.write_text("import slicers\nfrom . import x\n\ndef f():\n" + "    x()\n" * 39)
    assert (knows_slicer(bad), long_functions(bad)) == (True, ["bad.py: f"])
    assert (knows_slicer(good), long_functions(good)) == (False, [])


def test_the_module_runs_from_what_cmake_installs(the_bed, tmp_path):
    config = tmp_path / "slicer"
    config.mkdir()
    (config / "SlicerConfig.cmake").write_text(SLICER_CONFIG)
    (config / "empty.cmake").write_text("")
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "__pycache__", "Testing", "Training"))
    cmake = shutil.which("cmake", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    # No compiler is needed: nothing is compiled.
    languages = [f"-DCMAKE_{one}_COMPILER_WORKS=1" for one in ("C", "CXX")] + [
        "-DCMAKE_C_COMPILER=true",
        "-DCMAKE_CXX_COMPILER=true",
    ]
    configure = [
        cmake,
        "-S",
        source,
        "-B",
        tmp_path / "build",
        f"-DSlicer_DIR={config}",
        "-G",
        "Unix Makefiles",
        *languages,
    ]
    run([*configure, "-DCMAKE_MAKE_PROGRAM=true"])
    run([cmake, "--install", tmp_path / "build", "--prefix", tmp_path / "installed"])
    shutil.rmtree(source)
    (tmp_path / "bed").mkdir()
    installed = tmp_path / "installed" / "lib"
    arguments = [sys.executable, "-c", RUN_INSTALLED, installed, HERE, tmp_path / "bed"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    told = json.loads(run(arguments, cwd=tmp_path, env=environment).splitlines()[-1])
    effect = installed / "HipJointSegmentationLib" / "SegmentEditorSplitJointEffect.py"
    said = "There are no strokes: select a bone and draw on it, then do so with the bone it touches."
    assert told == {
        "engine": str(installed / "hipjoint" / "__init__.py"),
        "sample": "Hip CT",
        "term": True,
        "apply": "Apply",
        "effect": [str(effect), said],
        "icon": [128],
    }
