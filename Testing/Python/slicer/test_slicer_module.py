"""The module as Slicer finds, shows and installs it."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import types
import unittest
from pathlib import Path

import pytest

from hipjoint.labels import HIP_CT

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MODULE = ROOT / "HipJointSegmentation"
LIB = MODULE / "HipJointSegmentationLib"
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
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from slicerbed.boot import boot
boot(Path(sys.argv[3]))
import slicer, SampleData
slicer.modules.hipjointsegmentation = type("Module", (), {"path": sys.argv[1] + "/HipJointSegmentation.py"})
from HipJointSegmentation import HipJointSegmentationWidget
widget = HipJointSegmentationWidget()
widget.setup()
from HipJointSegmentationLib.SampleScan import registerSampleScan
registerSampleScan("")
import hipjoint.resources
print(hipjoint.__file__, len(SampleData.registered), widget.ui.applyButton.text)
widget.cleanup()
"""


@pytest.fixture
def a_module(slicer):
    from HipJointSegmentation import HipJointSegmentation

    return HipJointSegmentation(types.SimpleNamespace())


def imported_at_the_top(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return names


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


@pytest.mark.parametrize(
    "path", [MODULE / "HipJointSegmentation.py", *sorted(LIB.glob("*.py"))], ids=lambda path: path.stem
)
def test_opening_the_module_loads_only_what_slicer_has(path):
    heavy = {
        name
        for name in imported_at_the_top(path)
        if name.partition(".")[0] not in LIGHT | set(sys.stdlib_module_names) and name not in LIGHT_ENGINE
    }
    assert heavy == set()


def test_only_the_module_and_its_parts_know_slicer():
    for path in (MODULE / "hipjoint").rglob("*.py"):
        assert not {name.partition(".")[0] for name in imported_at_the_top(path)} & {"slicer", "qt", "ctk"}, path


def test_the_module_file_is_short_and_so_are_its_functions():
    text = (MODULE / "HipJointSegmentation.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    for path in [MODULE / "HipJointSegmentation.py", *LIB.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno <= 40, f"{path.name}: {node.name}"


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
    answer = run(arguments, cwd=tmp_path, env=environment).split()
    assert answer == [str(installed / "hipjoint" / "__init__.py"), "1", "Apply"]
