from __future__ import annotations

from pathlib import Path

import hips
import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.labels import ONFH
from hipjoint.measure.jic import Acetabulum
from hipjoint.measure.osteonecrosis import DEFINITIONS, assess, assess_hip
from hipjoint.measure.value import Definition, Value, missing

MIRROR = np.array([-1.0, 1.0, 1.0])
HEIGHT = Definition("height", "Height", "mm", "From bottom to top.", "this test")
ROOT = Path(__file__).resolve().parents[3]


def test_every_measure_has_a_value_in_the_order_of_the_definitions(a_hip):
    assert [value.definition for value in a_hip.values] == list(DEFINITIONS)
    assert a_hip.finding == "lesion found"


def test_the_values_are_those_of_the_solid(a_hip):
    assert a_hip.value("head_radius").number == pytest.approx(hips.RADIUS, abs=0.1)
    assert a_hip.value("flattening").number == pytest.approx(2.6, abs=0.3)
    assert "superior" in a_hip.value("flattening").words
    assert a_hip.value("necrotic_angle").number == pytest.approx(200, abs=4)
    assert a_hip.value("head_neck_junction").number == pytest.approx(18.0, abs=0.4)
    assert a_hip.value("steinberg_grade").text.startswith("B, 19 % (")
    assert a_hip.value("jic_type").text.startswith("C2")
    assert a_hip.value("jic_type").quality == "doubtful"


def test_the_share_is_lesion_over_head_and_lesion(a_label_map, a_hip):
    values = sitk.GetArrayViewFromImage(a_label_map)
    share = 100 * np.count_nonzero(values == 3) / np.count_nonzero(values)
    assert a_hip.value("lesion_share").number == pytest.approx(share, abs=0.2)


def test_a_missing_hip_is_shown_with_the_reason_for_every_value(a_label_map):
    left = assess(a_label_map)["left"]
    assert left.finding == "no femoral head found"
    assert [value.definition for value in left.values] == list(DEFINITIONS)
    assert {value.reason for value in left.values} == {"No left femoral head is in the label map."}


def test_a_head_without_lesion_says_so_and_is_measured_all_the_same():
    hip = assess(hips.label_map(hips.grid(), (1, hips.head())))["right"]
    assert hip.finding == "no lesion found"
    assert hip.value("lesion_share").number == 0.0
    assert hip.value("steinberg_grade").reason == "No lesion found."
    assert hip.value("head_volume").quality == "good"


def test_a_lesion_without_head_is_not_measured():
    hip = assess(hips.label_map(hips.grid(), (3, hips.head())))["right"]
    assert hip.finding == "femoral head not measurable"
    assert "marked without a femoral head" in hip.notes[0]


def test_both_sides_of_a_mirrored_patient_agree():
    head = hips.head(collapse_mm=2.6)
    lesion = hips.both(head, hips.sector(-43, 11, "coronal"), hips.sector(-52, 71, "sagittal"))
    grid = hips.grid()
    turned = hips.grid(middle=hips.CENTRE * MIRROR - [0.42, 0, 0])
    right = assess(hips.label_map(grid, (1, head), (3, lesion)))["right"]
    left = assess(hips.label_map(turned, (2, lambda p: head(p * MIRROR)), (4, lambda p: lesion(p * MIRROR))))["left"]
    for name in ("head_volume", "lesion_share", "jic_type", "necrotic_angle"):
        assert left.value(name).number == pytest.approx(right.value(name).number, rel=0.02)
    assert left.value("flattening").number == pytest.approx(right.value("flattening").number, abs=0.05)
    assert left.value("flattening").words.endswith(", superior-anterior")


def test_the_grid_may_lie_in_space_in_any_way(a_hip):
    head = hips.head(collapse_mm=2.6)
    lesion = hips.both(head, hips.sector(-45, 35, "coronal"), hips.sector(-50, 70, "sagittal"))
    turned = assess(hips.label_map(hips.grid(direction=hips.TURNED), (1, head), (3, lesion)))["right"]
    for name in ("head_volume", "lesion_share", "necrotic_angle"):
        assert turned.value(name).number == pytest.approx(a_hip.value(name).number, rel=0.03)


def test_a_neck_and_a_lesion_in_it_do_not_count():
    neck = hips.tapered(0, 33, 13, 0.15)
    plain = hips.label_map(hips.grid(), (1, hips.either(hips.ball(), neck)))
    spread = hips.label_map(hips.grid(), (1, hips.either(hips.ball(), neck)), (3, hips.tapered(24, 33, 10, 0)))
    hip = assess(spread)["right"]
    assert hip.value("head_volume").number == pytest.approx(
        assess(plain)["right"].value("head_volume").number, rel=0.01
    )
    assert hip.finding == "no lesion found"
    assert any("lie outside the head" in note for note in hip.notes)
    assert "Most of the lesion lies outside the head" in hip.value("head_volume").reason


def test_lesion_and_head_may_overlap_as_segments_do():
    grid = hips.grid()
    head = hips.mask(hips.head(), grid)
    lesion = hips.mask(hips.both(hips.head(), hips.sector(-45, 35, "coronal")), grid)
    apart = assess_hip(head & ~lesion, lesion, grid, "right")
    over = assess_hip(head, lesion, grid, "right")
    assert over.value("lesion_share").number == apart.value("lesion_share").number


def test_a_hollow_in_the_head_counts_as_head():
    grid = hips.grid()
    none = np.zeros(grid.GetSize()[::-1], bool)
    hollow = assess_hip(hips.mask(hips.but(hips.head(), hips.ball(6.0)), grid), none, grid, "right")
    whole = assess_hip(hips.mask(hips.head(), grid), none, grid, "right")
    assert hollow.value("head_volume").number == whole.value("head_volume").number


def test_a_head_at_the_edge_of_the_image_is_doubtful():
    grid = hips.grid(extent_mm=44.0)
    hip = assess(hips.label_map(grid, (1, hips.head())))["right"]
    assert hip.value("head_volume").quality == "doubtful"
    assert "cut by the edge of the image" in hip.value("head_volume").reason


def test_a_known_acetabulum_makes_the_type_certain(a_label_map):
    turn = np.deg2rad(60.0)
    edge = hips.CENTRE + 28 * np.array([-np.sin(turn), 0, np.cos(turn)])
    hip = assess(a_label_map, acetabula={"right": Acetabulum(edge)})["right"]
    assert hip.value("jic_type").text.startswith("C1")
    assert hip.value("jic_type").quality == "good"


def test_a_larger_uncertainty_widens_the_interval_and_can_make_the_grade_doubtful(a_label_map):
    hip = assess(a_label_map, uncertainty_mm=2.0)["right"]
    assert hip.value("steinberg_grade").quality == "doubtful"
    assert hip.value("steinberg_grade").reason.endswith("the grade could also be A.")


def test_a_value_without_number_needs_a_reason():
    assert missing(HEIGHT, None, "Not in the picture.").text == "not measurable"
    with pytest.raises(ValueError, match="needs a reason"):
        Value(HEIGHT, None, 3.0, "doubtful")
    with pytest.raises(ValueError, match="has a number unless"):
        Value(HEIGHT, None, None)
    with pytest.raises(ValueError, match="is no number"):
        Value(HEIGHT, None, float("nan"))


def test_a_value_reads_as_number_and_unit():
    assert Value(HEIGHT, "left", 3.14159).text == "3.1 mm"
    assert Value(HEIGHT, "left", 3.14159, interval=(3.0, 3.2)).record()["interval"] == [3.0, 3.2]


def test_every_measure_is_explained_in_the_documentation():
    text = (ROOT / "Docs" / "osteonecrosis.md").read_text(encoding="utf-8")
    assert text.startswith("No real osteonecrosis image was available to this project")
    for definition in DEFINITIONS:
        assert f"| {definition.title} |" in text


def test_the_labels_of_a_lesion_say_what_it_is_and_where():
    assert [label.value for label in ONFH] == [1, 2, 3, 4]
    lesion = ONFH[2]
    assert (lesion.code.value, lesion.category.value) == ("6574001", "49755003")
    assert lesion.region is not None
    assert lesion.region.value == ONFH[0].code.value == "2812003"


def test_normal_heads_in_a_real_scan_are_round_and_end_at_the_neck():
    labels = sitk.ReadImage(str(ROOT / "Testing" / "Data" / "hip_ct_labels.nii.gz"))
    femora = sitk.Mask(labels, labels <= 2)
    found = assess(femora)
    # Sphere fitted to the edges of the head in the scan itself, LPS mm.
    assert found["right"].sphere is not None
    assert found["right"].sphere.centre == pytest.approx(np.array([-65.1, -137.5, -541.7]), abs=0.5)
    assert found["right"].sphere.radius == pytest.approx(23.4, abs=0.4)
    for hip in found.values():
        assert hip.finding == "no lesion found"
        assert hip.neck is not None
        assert hip.neck.ending == "leaves the sphere"
        assert 16 < hip.neck.junction_mm < 20
        assert "as in normal heads" in hip.value("flattening").words
