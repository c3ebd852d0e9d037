"""Arcs, combined necrotic angle and JIC type, on wedges whose angles are known by construction."""

from __future__ import annotations

import hips
import numpy as np
import pytest

from hipjoint.measure.head_neck import Neck, signed_distance
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.jic import Acetabulum, JicResult, Portion, jic_type, portion_of
from hipjoint.measure.necrotic_angle import NecroticAngle, angle_doubt, combined_angle, grade_of, risk_of
from hipjoint.measure.surface_arc import Arc, Plane, surface_arc

SPHERE = Sphere(hips.CENTRE, hips.RADIUS)
NECK = Neck(hips.NECK, 18.0, "cut")
KNOWN = Portion(-40.0, 28.0, known=True)


def arc(lesion: hips.Solid, plane: Plane, spacing=hips.ISO, direction=None, head: hips.Solid | None = None) -> Arc:
    grid = hips.grid(spacing, direction)
    solid = head or hips.head()
    fields = [signed_distance(hips.mask(each, grid), grid) for each in (solid, hips.both(solid, lesion))]
    return surface_arc(*fields, grid, SPHERE, NECK, plane, "right")


def wedge(coronal: tuple[float, float], sagittal: tuple[float, float]) -> hips.Solid:
    return hips.both(hips.sector(*coronal, "coronal"), hips.sector(*sagittal, "sagittal"))


def angle(coronal: tuple[float, float], sagittal: tuple[float, float], spacing=hips.ISO, direction=None):
    lesion = wedge(coronal, sagittal)
    return combined_angle(*(arc(lesion, plane, spacing, direction) for plane in ("coronal", "sagittal")))


@pytest.mark.parametrize("direction", [None, hips.TURNED], ids=["straight", "oblique"])
@pytest.mark.parametrize(
    ("coronal", "sagittal"), [((-30, 40), (-50, 60)), ((-60, 70), (-70, 80)), ((-45, 35), (-20, 85))]
)
def test_both_arcs_of_a_wedge_are_found_within_two_degrees(coronal, sagittal, direction):
    found = angle(coronal, sagittal, direction=direction)
    assert found.coronal == pytest.approx(coronal[1] - coronal[0], abs=2)
    assert found.sagittal == pytest.approx(sagittal[1] - sagittal[0], abs=2)


@pytest.mark.parametrize("spacing", [hips.CORONAL_SLICES, hips.AXIAL_SLICES], ids=["coronal", "axial"])
def test_with_thick_slices_the_angle_lies_within_the_error_that_is_told(spacing):
    found = angle((-60, 70), (-70, 80), spacing)
    assert abs(found.combined - 280) <= found.error
    assert found.error > angle((-60, 70), (-70, 80)).error


def test_slices_of_5_mm_across_the_arcs_make_the_angle_doubtful():
    assert "ends of the arcs may be wrong" in angle_doubt(angle((-60, 70), (-70, 80), hips.AXIAL_SLICES))
    assert angle_doubt(angle((-60, 70), (-70, 80))) == ""


def test_a_lesion_deep_in_the_head_involves_no_surface():
    deep = hips.both(hips.ball(18.0), wedge((-60, 70), (-70, 80)))
    assert arc(deep, "coronal").degrees == 0.0


def test_the_cut_at_the_neck_is_no_joint_surface():
    everything = arc(hips.ball(), "coronal")
    cut = 2 * np.degrees(np.arccos(18.0 / hips.RADIUS))
    assert everything.degrees == pytest.approx(360 - cut, abs=4)


def test_a_collapsed_surface_is_still_the_surface():
    found = arc(wedge((-30, 40), (-50, 60)), "coronal", head=hips.head(collapse_mm=4.0))
    assert found.degrees == pytest.approx(70, abs=2)


@pytest.mark.parametrize(
    ("degrees", "risk"),
    [(150, "low risk"), (190, "low risk"), (191, "moderate risk"), (239, "moderate risk"), (240, "high risk")],
)
def test_the_risk_classes_are_those_of_ha(degrees, risk):
    assert risk_of(degrees) == risk


def test_the_grades_begin_at_200_250_and_300_degrees():
    assert [grade_of(degrees) for degrees in (199.9, 200, 249.9, 250, 299.9, 300)] == [1, 2, 2, 3, 3, 4]


def test_an_angle_near_a_border_is_doubtful():
    assert "moderate risk" in angle_doubt(NecroticAngle(100.0, 89.0, 4.0))


def typed(lateral: float, medial: float = -60.0, portion: Portion = KNOWN) -> JicResult:
    return jic_type(arc(wedge((medial, lateral), (-40, 40)), "coronal"), portion)


@pytest.mark.parametrize(("share", "kind"), [(25, "A"), (42, "B"), (58, "B"), (75, "C1"), (95, "C1"), (105, "C2")])
def test_the_type_follows_how_far_the_lesion_goes_to_the_lateral(share, kind):
    found = typed(KNOWN.medial + share / 100 * (KNOWN.lateral - KNOWN.medial))
    assert found.type == kind
    assert found.extent == pytest.approx(min(share, 100), abs=3)
    assert found.doubt == ""


def test_a_lesion_medial_of_the_weight_bearing_portion_is_type_a():
    assert typed(-45.0, -85.0).type == "A"


def test_without_the_edge_of_the_acetabulum_the_type_is_doubtful_and_says_what_else_it_could_be():
    unknown = portion_of(None, SPHERE, "right")
    assert (unknown.medial, unknown.lateral) == (-40.0, 28.0)
    assert typed(25.0, portion=unknown).doubt.endswith("a normal one was taken; another normal one would give C2.")
    assert typed(50.0, portion=unknown).doubt.endswith("a normal one was taken.")


def test_a_lesion_that_leaves_the_medial_third_free_is_said_to_be_unforeseen():
    assert "medial third free" in typed(20.0, 0.0).doubt


def test_a_lesion_that_does_not_reach_the_mid_coronal_surface_has_no_type():
    with pytest.raises(ValueError, match="does not reach the joint surface"):
        jic_type(arc(wedge((-30, 30), (30, 80)), "coronal"), KNOWN)


def test_a_lesion_beyond_the_edge_alone_has_no_type():
    with pytest.raises(ValueError, match="beyond the lateral edge"):
        typed(70.0, 40.0)


@pytest.mark.parametrize("side", ["right", "left"])
def test_the_portion_goes_from_the_bisector_of_edge_and_teardrop_to_the_edge(side):
    lateral = -1.0 if side == "right" else 1.0

    def at(degrees: float, distance: float) -> np.ndarray:
        turn = np.deg2rad(degrees)
        return hips.CENTRE + distance * np.array([lateral * np.sin(turn), 0.2, np.cos(turn)])

    # Edge and teardrop equally far from the centre: the bisector goes through it, half-way between them.
    found = portion_of(Acetabulum(at(32.0, 28.0), at(-112.0, 28.0)), SPHERE, side)
    assert found.lateral == pytest.approx(32.0)
    assert found.medial == pytest.approx(-40.0)
    assert found.known


def test_landmarks_of_another_hip_are_refused():
    with pytest.raises(ValueError, match="do not lie round this head"):
        portion_of(Acetabulum(hips.at(30.0, 0, -20.0)), SPHERE, "right")
