from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
import whole_femur
from whole_femur import HEAD_MM, SHAFT_MM, Femur

from hipjoint.errors import InputError
from hipjoint.measure.bmd import Calibration, from_phantom
from hipjoint.measure.compartment_assessment import FemurAssessment, assess
from hipjoint.measure.compartments import DEFINITIONS, PLACES
from hipjoint.measure.femur_regions import REGIONS, FemurRegions
from hipjoint.progress import Silent
from hipjoint.tasks.femur_compartments import CompartmentsResult, divide

REGION_NAMES = list(REGIONS)


@pytest.fixture(scope="module")
def a_femur() -> Femur:
    return whole_femur.femur()


@pytest.fixture(scope="module")
def the_result(a_femur) -> CompartmentsResult:
    return divide(a_femur.scan, a_femur.femora, Silent())


@pytest.fixture(scope="module")
def the_values(the_result) -> FemurAssessment:
    calibration = Calibration(0.8, -5.0)
    return assess(the_result.labels, the_result.image, calibration=calibration, cortices=the_result.cortices)["right"]


@pytest.fixture(scope="module")
def as_the_label_map_shows_it(a_femur) -> dict[str, FemurAssessment]:
    return assess(a_femur.compartments)


def masks(labels: sitk.Image) -> tuple[np.ndarray, np.ndarray]:
    values = sitk.GetArrayViewFromImage(labels)
    return values == 11, values == 12


def test_the_inner_surface_of_the_cortex_is_drawn_where_the_scan_shows_it(a_femur, the_result):
    cortical, trabecular = masks(the_result.labels)
    true_cortical, true_trabecular = masks(a_femur.compartments)
    assert np.array_equal(cortical | trabecular, true_cortical | true_trabecular)
    assert 2 * (trabecular & true_trabecular).sum() / (trabecular.sum() + true_trabecular.sum()) > 0.98
    assert trabecular.sum() == pytest.approx(true_trabecular.sum(), rel=0.03)


def test_thin_and_thick_cortex_are_measured_in_their_regions(the_values):
    assert the_values.value("thickness_mean_head").number == pytest.approx(HEAD_MM, abs=0.15)
    assert the_values.value("thickness_mean_shaft").number == pytest.approx(SHAFT_MM, abs=0.15)
    assert the_values.value("thickness_p5_shaft").number > SHAFT_MM - 0.4


def test_the_inner_surface_shows_deeper_than_a_thin_cortex_reaches_and_where_a_thick_one_ends(the_result, the_values):
    cortex = the_result.cortices["right"]
    region = the_values.regions.of(cortex.surface.points)
    head, shaft = (
        np.nanmedian(cortex.inner["visible"][region == REGION_NAMES.index(name)]) for name in ("head", "shaft")
    )
    shown = whole_femur.shown_inner(np.array([HEAD_MM, SHAFT_MM]))
    assert shown[0] > HEAD_MM + 0.15
    assert (head, shaft) == pytest.approx(tuple(shown), abs=0.15)


def test_the_volumes_of_the_regions_add_up_to_the_whole(a_femur, the_values):
    for name in ("whole", "cortical", "trabecular"):
        parts = [the_values.value(f"{name}_{region}").number for region in REGIONS]
        assert sum(parts) == pytest.approx(the_values.value(f"{name}_whole").number, abs=0.01)
    voxels = np.count_nonzero(sitk.GetArrayViewFromImage(a_femur.femora))
    assert the_values.value("whole_whole").number == pytest.approx(voxels * a_femur.voxel_ml, rel=1e-6)


def test_each_region_lies_where_its_rule_says(a_femur, the_values):
    regions = the_values.regions
    assert isinstance(regions, FemurRegions)
    places = {
        "head": (0, 0, 5),
        "neck": tuple(-27.0 * a_femur.to_head),
        "trochanteric": tuple(a_femur.shaft_at(-50.0)),
        "shaft": tuple(a_femur.shaft_at(-95.0)),
    }
    points = np.array([a_femur.place(at) for at in places.values()])
    assert [REGION_NAMES[number] for number in regions.of(points)] == list(places)


def test_density_is_the_mean_of_the_voxels_and_bmd_follows_the_calibration(the_result, the_values):
    cortical, _ = masks(the_result.labels)
    mean = sitk.GetArrayViewFromImage(the_result.image)[cortical].mean(dtype=np.float64)
    assert the_values.value("cortical_hu_whole").number == pytest.approx(mean, abs=0.1)
    assert the_values.value("cortical_bmd_whole").number == pytest.approx(0.8 * mean - 5.0, abs=0.1)


def test_the_cortical_index_is_both_walls_over_the_width_and_missing_where_the_shaft_is_not_shown(the_values):
    index = the_values.value("cortical_index_30mm")
    assert index.number == pytest.approx(2 * SHAFT_MM / (2 * whole_femur.SHAFT_RADIUS), abs=0.02)
    far = the_values.value("cortical_index_100mm")
    assert far.number is None
    assert "100 mm below the lesser trochanter" in far.reason


def test_a_region_that_the_scan_cuts_is_doubtful_and_the_others_are_not(the_values):
    assert "upper shaft is cut by the edge of the scan" in the_values.value("cortical_shaft").reason
    assert the_values.value("cortical_head").quality == "good"
    assert the_values.value("cortical_neck").quality == "good"


def test_the_scanner_is_found_from_the_scan(the_result):
    scanner = the_result.cortices["right"].scanner
    assert scanner.cortex_hu == pytest.approx(whole_femur.CORTEX, rel=0.03)
    assert scanner.across == pytest.approx(whole_femur.BLUR, abs=0.1)
    assert not scanner.guessed


def test_without_a_scan_there_is_no_density_and_thickness_is_that_of_the_label_map(as_the_label_map_shows_it):
    found = as_the_label_map_shows_it["right"]
    assert found.value("cortical_hu_whole").reason == "No scan was given."
    shaft = found.value("thickness_mean_shaft")
    assert shaft.number == pytest.approx(SHAFT_MM, abs=0.3)
    assert shaft.quality == "doubtful"
    assert "label map" in shaft.reason


def test_a_side_without_femur_says_so_in_every_value(as_the_label_map_shows_it):
    left = as_the_label_map_shows_it["left"]
    assert len(left.values) == len(DEFINITIONS)
    assert {value.reason for value in left.values} == {"The scan shows no left femur."}


def test_thick_slices_make_every_number_doubtful(a_femur):
    thick = assess(whole_femur.thick(a_femur.compartments, 4.0))["right"]
    assert all("The slices are 4 mm apart" in thick.value(f"cortical_{place}").reason for place in PLACES)


def test_without_calibration_bmd_is_not_measurable(the_result):
    found = assess(the_result.labels, the_result.image, cortices=the_result.cortices)["right"]
    assert found.value("trabecular_bmd_head").number is None
    assert "calibration" in found.value("trabecular_bmd_head").reason


def test_a_phantom_gives_the_line_through_its_rods():
    line = from_phantom([(0.0, 10.0), (100.0, 90.0), (200.0, 170.0)])
    assert line.bmd(150.0) == pytest.approx(130.0)


@pytest.mark.parametrize("rods", [[(100.0, 90.0)], [(100.0, 90.0), (100.0, 95.0)], [(0.0, 100.0), (100.0, 0.0)]])
def test_a_phantom_that_gives_no_rising_line_is_refused(rods):
    with pytest.raises(InputError, match="BMD calibration"):
        from_phantom(rods)


def test_a_scan_without_femur_is_refused(a_femur):
    with pytest.raises(InputError, match="No femur"):
        divide(a_femur.scan, a_femur.femora * 0, Silent())
