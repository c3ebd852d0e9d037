"""The landmarks that ``hipjoint measure`` writes, read by the real markups of Slicer."""

from __future__ import annotations

import numpy as np
import whole_hips as solids
from whole_hips import SIDES, Body

from hipjoint.geometry import geometry_of
from hipjoint.output.markups import write_markups


def test_every_landmark_opens_in_slicer_where_it_lies(slicer, tmp_path):
    body = Body(bones=("femur_right", "hip_right", "hip_left"))
    case, _ = geometry_of(solids.label_map(body, 1.5))
    paths = write_markups(case, tmp_path)
    assert len(paths) > 8
    load = slicer.modules.markups.logic().LoadMarkups
    nodes = {path.name.split(".")[0]: slicer.mrmlScene.GetNodeByID(load(str(path))) for path in paths}
    ras = np.array([-1.0, -1.0, 1.0])
    for name, each in case.landmarks.items():
        if each.found:
            place = np.zeros(3)
            nodes[name].GetNthControlPointPosition(0, place)
            assert np.allclose(place * ras, each.points[0], atol=0.01), name
    assert nodes["rim_right"].IsA("vtkMRMLMarkupsClosedCurveNode")
    assert nodes["head_right"].IsA("vtkMRMLMarkupsLineNode")
    for side in SIDES:
        plane = nodes[f"rim_plane_{side}"]
        normal = np.zeros(3)
        plane.GetNormalWorld(normal)
        assert plane.GetNumberOfControlPoints() == 3
        assert abs(normal * ras @ body.direction(side, solids.axis_of(45.0, 20.0))) > 0.99
