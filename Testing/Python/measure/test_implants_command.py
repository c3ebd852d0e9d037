"""``hipjoint measure --implants``: cups and stems in the files and on the page."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import trimesh
import whole_hips as solids
from whole_hips import SIDES, Body

from hipjoint.geometry import GeometryJob, run_geometry

BODY = Body(pose=solids.rotation(5.0, 0.0, 3.0))


@pytest.fixture(scope="module")
def the_results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("implants")
    sitk.WriteImage(solids.label_map(BODY, 1.25), str(folder / "bones.nii.gz"))
    run_geometry(GeometryJob(folder / "bones.nii.gz", folder / "out", implants=True))
    return folder / "out"


def test_the_json_has_a_cup_a_side_with_its_pose_and_says_why_there_is_no_stem(the_results):
    implants = json.loads((the_results / "geometry.json").read_text(encoding="utf-8"))["implants"]
    assert "no planning approval" in implants["about"]
    for side in SIDES:
        cup = implants[side]["cup"]
        assert cup["outer_diameter_mm"] in (54.0, 56.0)
        assert cup["angles_in"] == "pelvic plane"
        assert np.array(cup["pose_lps_mm"])[:3, 3] == pytest.approx(BODY.place(side, (0, 0, 0)), abs=0.4)
        assert implants[side]["stem"] is None
        values = {value["name"]: value for value in implants[side]["values"]}
        assert values["cup_inclination"]["number"] == pytest.approx(40.0)
        assert values["cup_version"]["number"] == pytest.approx(20.0)
        assert values["stem_size"]["quality"] == "not measurable"
        assert "CT" in values["stem_size"]["reason"]


def test_cups_lie_beside_the_bones_as_closed_models_and_on_the_page(the_results):
    for side in SIDES:
        cup = trimesh.load(the_results / "meshes" / f"cup_{side}.stl")
        assert cup.is_watertight
        assert cup.volume > 0
        reach = np.linalg.norm(cup.vertices - BODY.place(side, (0, 0, 0)), axis=1).max()
        assert reach == pytest.approx(27.5, abs=0.9)
    page = (the_results / "report.html").read_text(encoding="utf-8")
    assert page.count("Implants, a sizing aid drawn on the bones") == 2
    assert "no planning approval" in page
    with (the_results / "geometry.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["name"] == "cup_coverage"]
    assert len(rows) == 2
    # The socket opens at 45 and 20 degrees, the cup at 40 and 20 of the pelvis as it was drawn.
    assert all(float(row["number"]) > 90 for row in rows)
