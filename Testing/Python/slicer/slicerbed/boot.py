"""Start the bed: Qt without a screen, the real scene and module logics, the stand-ins under Slicer's names."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
import types
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).resolve().parent
LOGICS = {
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Colors": "vtkSlicerColorLogic",
    "Units": "vtkSlicerUnitsLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "Volumes": "vtkSlicerVolumesLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Models": "vtkSlicerModelsLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Terminologies": "vtkSlicerTerminologiesModuleLogic",
}


def boot(folder: Path) -> None:
    """Make ``slicer``, ``qt`` and ``ctk`` importable as in Slicer; ``folder`` is for settings and temporary files."""
    import slicer
    from PySide6.QtWidgets import QApplication

    hold_none()

    slicer.bed_application = QApplication.instance() or QApplication(["bed"])
    from slicerbed import editor, nodecombobox, qt, tables, widgets

    sys.modules["qt"] = qt.module()
    sys.modules["ctk"] = types.ModuleType("ctk")
    qt.UiLoader.custom = (
        widgets.qMRMLWidget,
        widgets.ctkCollapsibleButton,
        widgets.ctkDirectoryButton,
        nodecombobox.qMRMLNodeComboBox,
        tables.qMRMLSegmentsTableView,
        tables.qMRMLTableView,
    )
    editor.register()
    slicer.__path__.append(str(HERE / "submodules"))
    sys.path.append(str(HERE / "modules"))
    start_scene(slicer, folder)
    put_python_slicer_on_path(folder / "bin")


def hold_none() -> None:
    """Take references to None for good: PySide gives back one that it never took with every call that returns nothing.

    Before Python 3.12 that ends the process when the last one goes, after some hundred tests even with a million more.
    """
    if sys.version_info < (3, 12):
        ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40  # the count is the first field of an object


def start_scene(slicer: Any, folder: Path) -> None:
    """The real scene with the logics of Slicer's modules, and items of the subject hierarchy for new nodes."""
    from slicerbed.application import Application

    scene, logic = slicer.vtkMRMLScene(), slicer.vtkSlicerApplicationLogic()
    logic.SetMRMLScene(scene)
    slicer.mrmlScene, slicer.modules = scene, types.SimpleNamespace()
    slicer.app = Application(logic, folder)
    for name, class_name in LOGICS.items():
        module_logic = getattr(slicer, class_name)()
        module_logic.SetMRMLApplicationLogic(logic)
        logic.SetModuleLogic(name, module_logic)
        module_logic.SetMRMLScene(scene)
        holder = types.SimpleNamespace(logic=lambda held=module_logic: held)
        setattr(slicer.modules, name.lower(), holder)
    slicer.bed_hierarchy = Hierarchy(slicer, scene)


class Hierarchy:
    """Gives new data nodes an item in the subject hierarchy, which plugins with a window do in Slicer."""

    SHOWN = (
        "vtkMRMLVolumeNode",
        "vtkMRMLSegmentationNode",
        "vtkMRMLTableNode",
        "vtkMRMLModelNode",
        "vtkMRMLTransformNode",
        "vtkMRMLMarkupsNode",
    )

    def __init__(self, slicer: Any, scene: Any) -> None:
        import vtk

        self.slicer = slicer

        @vtk.calldata_type(vtk.VTK_OBJECT)
        def added(caller: Any, event: Any, node: Any) -> None:
            if any(node.IsA(kind) for kind in self.SHOWN) and not node.GetHideFromEditors():
                hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
                if not hierarchy.GetItemByDataNode(node):
                    hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)

        scene.AddObserver(scene.NodeAddedEvent, added)


def put_python_slicer_on_path(folder: Path) -> None:
    """``PythonSlicer``, which in Slicer is a launcher that starts Python as its child."""
    folder.mkdir()
    launcher = folder / "PythonSlicer"
    launcher.write_text(f'#!/bin/sh\n"{sys.executable}" "$@"\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    os.environ["PATH"] = os.pathsep.join([str(folder), os.environ["PATH"]])
