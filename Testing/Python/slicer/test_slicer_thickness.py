"""The thickness of the cortex as models of the scene."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from engine import SPHERES
from panels import until

from hipjoint.mesh.painted import colours, painted, write_vtp
from hipjoint.report.compartments import SCALE_MM

CENTRE = np.array([-60.0, 20.0, -30.0])
PAINT = """
    import numpy as np, trimesh
    from hipjoint.mesh.painted import painted, write_vtp
    ball = trimesh.creation.icosphere(radius=20.0)
    (Path(arguments[2]) / "thickness").mkdir()
    numbers = {"thickness_mm": np.full(len(ball.vertices), 3.0)}
    write_vtp(painted(ball.vertices, ball.faces, numbers), Path(arguments[2]) / "thickness" / "femur_left.vtp")
"""


@pytest.fixture
def results(tmp_path):
    """A folder of results with two painted balls; at one point nothing was measured."""
    (tmp_path / "thickness").mkdir()
    ball = trimesh.creation.icosphere(radius=20.0)
    thickness = np.linspace(1.0, 5.0, len(ball.vertices))
    thickness[7] = np.nan
    numbers = {"thickness_mm": thickness, "half_maximum_mm": thickness + 1.0}
    for side in ("right", "left"):
        write_vtp(painted(ball.vertices + CENTRE, ball.faces, numbers), tmp_path / "thickness" / f"femur_{side}.vtp")
    return tmp_path


@pytest.fixture
def a_model(slicer, results):
    from HipJointSegmentationLib.ThicknessModels import loadThickness

    bones = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Bones")
    return loadThickness(results, bones)[0]


def test_the_thickness_lies_on_the_femur_with_a_fixed_scale(slicer, a_model):
    assert a_model.GetName() == "Cortical thickness, right"
    bounds = np.array(a_model.GetPolyData().GetBounds()).reshape(3, 2).mean(axis=1)
    assert bounds == pytest.approx(CENTRE * (-1, -1, 1), abs=0.5)
    display = a_model.GetDisplayNode()
    assert display.GetScalarVisibility()
    assert display.GetActiveScalarName() == "thickness_mm"
    assert display.GetScalarRange() == SCALE_MM
    assert display.GetScalarRangeFlag() == display.UseManualScalarRange


def test_its_colours_are_those_of_the_report_and_what_was_not_measured_is_grey(slicer, a_model):
    table, rgb = a_model.GetDisplayNode().GetColorNode().GetLookupTable(), np.zeros(3)
    for step in (0.0, 2.0, 8.0):
        table.GetColor(step, rgb)
        assert rgb * 255 == pytest.approx(colours(np.array([step]), SCALE_MM)[0, :3], abs=4)
    table.GetColor(float("nan"), rgb)
    assert rgb == pytest.approx(0.8)


def test_both_femora_have_one_legend_and_one_table_of_colours(slicer, a_model):
    (legend,) = slicer.util.getNodesByClass("vtkMRMLColorLegendDisplayNode")
    assert legend.GetTitleText() == "Cortical\nthickness, mm"
    other = slicer.util.getNode("Cortical thickness, left")
    assert other.GetDisplayNode().GetColorNodeID() == a_model.GetDisplayNode().GetColorNodeID()


def test_a_task_that_paints_nothing_gives_no_model(slicer, tmp_path):
    from HipJointSegmentationLib.ThicknessModels import loadThickness

    assert loadThickness(tmp_path, slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")) == []
    assert slicer.util.getNodesByClass("vtkMRMLColorLegendDisplayNode") == []


def test_the_model_comes_back_with_a_saved_scene(slicer, a_model, tmp_path):
    from test_slicer_scene import save_close_and_open

    save_close_and_open(slicer, tmp_path)
    display = slicer.util.getNode("Cortical thickness, right").GetDisplayNode()
    assert display.GetActiveScalarName() == "thickness_mm"
    assert display.GetScalarRange() == SCALE_MM
    assert display.GetColorNode().GetName() == "Cortical thickness, mm"


def test_a_run_that_paints_adds_its_models(slicer, a_panel, an_engine):
    from scans import a_phantom, volume_of

    head, _, last = SPHERES.format(seconds=0).rpartition("run_and_tell")
    an_engine(f"{head}\ntry:\n    run_and_tell{last.strip()}\nfinally:{PAINT}")
    a_panel.ui.inputSelector.setCurrentNode(volume_of(a_phantom().image))
    a_panel.ui.applyButton.click()
    until(slicer, lambda: a_panel.ui.applyButton.text == "Apply")
    assert a_panel.ui.messageLabel.text.startswith("Done.")
    model = slicer.util.getNode("Cortical thickness, left")
    assert model.GetDisplayNode().GetActiveScalarName() == "thickness_mm"
