from __future__ import annotations

import base64
import io
import re
import struct
from pathlib import Path

import numpy as np
import phantom
import pytest
from matplotlib.colors import rgb_to_hsv
from matplotlib.image import imread

from hipjoint.labels import HIP_CT, Label
from hipjoint.measure import measure_sizes
from hipjoint.mesh import surface_from_field
from hipjoint.output.manifest import manifest
from hipjoint.report import picture
from hipjoint.report.html import write_report
from hipjoint.report.regions import hip_regions
from hipjoint.report.slices import PIXELS, PLANES, contour, draw_slice
from hipjoint.tasks.result import SegmentationResult
from hipjoint.volume import Volume

FEMUR_RIGHT, FEMUR_LEFT = HIP_CT[:2]


def report_of(result: SegmentationResult, path: Path) -> str:
    surfaces = {segment.label.value: surface_from_field(segment.field) for segment in result.segments}
    rows = measure_sizes(result, surfaces)
    facts = {**manifest("hip-ct", Volume(result.image, "CT", ()), result.run), "title": "Hip CT"}
    write_report(result, surfaces, rows, facts, path)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def the_page(a_result, tmp_path_factory) -> str:
    return report_of(a_result, tmp_path_factory.mktemp("report") / "report.html")


def pictures(page: str) -> list[bytes]:
    return [base64.b64decode(found) for found in re.findall(r'src="data:image/png;base64,([^"]+)"', page)]


def test_the_report_shows_two_views_and_three_slices_of_each_hip(the_page):
    shown = pictures(the_page)
    assert len(shown) == 2 + 2 * 3
    assert all(picture.startswith(b"\x89PNG") for picture in shown)


def test_the_front_view_shows_the_right_femur_on_the_left(the_page):
    front = imread(io.BytesIO(pictures(the_page)[0]))[..., :3]
    left, right = np.array_split(front, 2, axis=1)
    assert pixels_of_hue(left, FEMUR_RIGHT) > 1000 > pixels_of_hue(left, FEMUR_LEFT)
    assert pixels_of_hue(right, FEMUR_LEFT) > 1000 > pixels_of_hue(right, FEMUR_RIGHT)


def pixels_of_hue(picture: np.ndarray, label: Label) -> int:
    """Pixels whose colour, whatever the light on it, is that of ``label`` within a fiftieth of the colour circle."""
    hue, saturation, _ = np.moveaxis(rgb_to_hsv(picture), -1, 0)
    wanted = rgb_to_hsv(np.array(label.colour) / 255)[0]
    return int(np.count_nonzero((np.abs(hue - wanted) < 0.02) & (saturation > 0.3)))


def test_the_report_needs_no_other_file(the_page):
    assert re.findall(r'(?:src|href)="(?!data:)', the_page) == []
    assert "http" not in the_page


def test_the_report_says_that_it_is_for_research_only(the_page):
    assert "For research only. Not a medical device." in the_page


def test_the_report_gives_sizes_and_warnings_as_text(the_page, a_result):
    assert a_result.warnings[0] in the_page
    assert all(segment.label.title in the_page for segment in a_result.segments)
    assert re.search(r'number">500</td>', the_page)


def test_the_report_names_what_computed_and_the_models_with_their_checksums(the_page):
    assert "Arithmetic" in the_page
    assert "hip-ct-fine 1.0 (SHA-256 0123456789ab…)" in the_page


@pytest.mark.usefixtures("no_renderer")
def test_marks_in_a_warning_cannot_break_the_page(a_result, tmp_path):
    result = SegmentationResult(a_result.image, a_result.labels, a_result.segments, ("<script>",), a_result.run)
    assert "&lt;script&gt;" in report_of(result, tmp_path / "report.html")


@pytest.mark.usefixtures("no_renderer")
def test_a_machine_that_cannot_render_gets_the_report_with_a_word_about_it(a_result, tmp_path):
    page = report_of(a_result, tmp_path / "report.html")
    assert "No 3D picture could be rendered on this machine" in page
    assert len(pictures(page)) == 2 * 3


def test_a_machine_that_is_too_busy_to_render_is_not_said_to_lack_opengl(a_result, tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "LIMIT_SECONDS", 0.01)
    page = report_of(a_result, tmp_path / "report.html")
    assert "The 3D pictures were not ready within" in page
    assert "OpenGL" not in page


@pytest.mark.usefixtures("no_renderer")
def test_a_scan_of_one_hip_has_the_slices_of_that_hip(tmp_path):
    page = report_of(phantom.segmented(phantom.empty_image(), values=(2, 4)), tmp_path / "report.html")
    assert "Left hip</h2>" in page
    assert "Right hip</h2>" not in page


def test_slices_go_through_the_femoral_head(a_result):
    regions = hip_regions(a_result.labels, tuple(segment.label for segment in a_result.segments))
    assert [region.side for region in regions] == ["right", "left"]
    for region, value in zip(regions, (1, 2), strict=True):
        point = a_result.labels.TransformIndexToPhysicalPoint(region.centre)
        centre, radius, _ = phantom.SPHERES[value]
        assert np.linalg.norm(np.array(point) - centre) < radius


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: plane.title)
@pytest.mark.parametrize("degrees", [0.0, 20.0])
def test_contours_lie_where_the_slice_cuts_the_surface(plane, degrees):
    image = phantom.empty_image(phantom.turned_about_z(degrees))
    segment = phantom.segmented(image, values=(2,)).segments[0]
    centre, radius, _ = phantom.SPHERES[2]
    index = image.TransformPhysicalPointToIndex(centre)
    off = np.array(image.TransformIndexToPhysicalPoint(index)) - centre
    frame = np.array(image.GetDirection()).reshape(3, 3)
    expected = np.sqrt(radius**2 - (off @ frame[:, plane.axis]) ** 2)

    lines = contour(image, surface_from_field(segment.field), index, plane)
    middle = np.array(image.TransformPhysicalPointToContinuousIndex(centre)) * image.GetSpacing()
    found = np.linalg.norm(lines.reshape(-1, 2) - middle[[plane.across, plane.down]], axis=1)
    assert found == pytest.approx(expected, abs=0.35)


def test_a_slice_is_a_square_picture(a_result):
    png = draw_slice(a_result.image, [], (20, 30, 24), PLANES[0])
    assert struct.unpack(">II", png[16:24]) == (PIXELS, PIXELS)
