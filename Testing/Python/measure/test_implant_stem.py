"""Stems in a canal that is a tube with a funnel on it: which size fits is known."""

from itertools import pairwise

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.special import ndtr

from hipjoint.errors import InputError
from hipjoint.implants.canal import canal_of
from hipjoint.implants.sizing import implants_for, size_stem, stem_values
from hipjoint.implants.stem import STEMS, Stem, stem_of, stem_surface
from hipjoint.implants.stem_fit import size_stem as fitting
from hipjoint.implants.stem_fit import stem_fit, stem_pose
from hipjoint.measure.anatomy import Anatomy
from hipjoint.measure.landmarks import HEAD, LANDMARKS, LESSER_TROCHANTER, SHAFT_AXIS, SIDES, absent, placed, table_of
from hipjoint.measure.measure import Case, Unmeasurable
from hipjoint.mesh import check

HEAD_AT, OFFSET = np.array([40.0, 0.0, 55.0]), 40.0
# The tube ends in a funnel this high, which opens by this much a millimetre.
FUNNEL_MM, OPENS = -62.0, 0.35


def scan_of(radius: float, lowest: float = -155.0) -> sitk.Image:
    """A CT (1 mm) of a tube along z, 6 mm thick, whose canal has a ``radius`` and opens above."""
    z, y, x = np.meshgrid(np.arange(lowest, 48.0), np.arange(-48.0, 49.0), np.arange(-48.0, 49.0), indexing="ij")
    inner = radius + OPENS * np.maximum(z - FUNNEL_MM, 0)
    from_axis = np.hypot(x, y)
    cortex = ndtr((from_axis - inner) / 0.6) - ndtr((from_axis - inner - 6.0) / 0.6)
    image = sitk.GetImageFromArray((1300.0 * cortex - 50.0).astype(np.float32))
    image.SetOrigin((-48.0, -48.0, lowest))
    return image


def case_of(scan: sitk.Image | None) -> Case:
    """Landmarks of a right femur whose shaft lies along z."""
    found = table_of(absent(kind, side, f"The scan shows no {side} bone.") for kind in LANDMARKS for side in SIDES)
    found |= table_of(
        [
            placed(HEAD, "right", HEAD_AT, radius=24.0),
            placed(SHAFT_AXIS, "right", np.array([0.0, 0.0, -20.0]), np.array([0.0, 0.0, -120.0])),
            placed(LESSER_TROCHANTER, "right", np.array([20.0, 12.0, 0.0])),
        ]
    )
    return Case(found, Anatomy({}, scan))


@pytest.mark.parametrize(("radius", "size"), [(5.7, 5), (6.8, 7)])
def test_the_largest_stem_that_goes_into_a_tube_is_proposed_with_its_head_as_high_as_the_native_one(radius, size):
    case = case_of(scan_of(radius))
    found = size_stem(case, "right")
    # Half a millimetre of cortex gives way.
    assert found.stem.distal / 2 < radius + 0.5 < found.stem.distal / 2 + 0.5
    assert found.stem.size == size
    assert found.canal.radii[found.canal.heights < -70] == pytest.approx(radius, abs=0.25)
    head = found.pose[:3, :3] @ found.stem.head + found.pose[:3, 3]
    assert head[2] == pytest.approx(HEAD_AT[2], abs=1e-6)
    values = {each.definition.name: each.number for each in stem_values(case, "right", found)}
    assert values["implant_leg_length_change"] == pytest.approx(0.0, abs=1e-6)
    assert values["implant_offset_change"] == pytest.approx(found.stem.neck / np.sqrt(2) - OFFSET, abs=1e-3)
    assert values["stem_fill"] == pytest.approx(100 * filled(found.stem, found.pose[2, 3], radius), abs=3.0)


def filled(stem: Stem, top: float, radius: float) -> float:
    """Width of a stem over that of the tube, mean over the lower half."""
    levels = np.linspace(-0.95, -0.5, 10) * stem.length
    medial, lateral, _ = stem.extents(levels)
    return float(np.mean((medial + lateral) / 2 / (radius + OPENS * np.maximum(top + levels - FUNNEL_MM, 0))))


def test_what_a_moved_stem_does_follows_from_its_pose():
    case = case_of(scan_of(6.8))
    found = size_stem(case, "right")
    moved = found.pose.copy()
    moved[:3, 3] += [-3.0, 0.0, 5.0]
    fit = stem_fit(found.stem, moved, found.canal)
    assert fit.deepest == pytest.approx(3.0 + found.stem.distal / 2 - 6.8, abs=0.3)
    assert 0.1 < fit.outside < 0.5
    assert not fit.inside
    values = {
        each.definition.name: each.number
        for each in stem_values(case, "right", type(found)(found.stem, moved, found.canal))
    }
    assert values["implant_leg_length_change"] == pytest.approx(5.0, abs=1e-6)
    assert values["implant_offset_change"] == pytest.approx(found.stem.neck / np.sqrt(2) - 3.0 - OFFSET, abs=1e-3)
    higher_cup = stem_values(case, "right", found, HEAD_AT + np.array([2.0, 0.0, 4.0]))
    numbers = {each.definition.name: each.number for each in higher_cup}
    assert numbers["implant_leg_length_change"] == pytest.approx(-4.0, abs=1e-6)


def test_without_a_ct_a_stem_is_not_measurable_and_says_so():
    with pytest.raises(Unmeasurable, match="CT"):
        size_stem(case_of(None), "right")
    right = implants_for(case_of(None))[0]
    assert right.stem is None
    reasons = {each.definition.name: each.reason for each in right.values}
    assert "CT" in reasons["stem_size"]
    assert "no right bone" in reasons["cup_size"]


def test_a_scan_that_ends_above_the_tip_of_all_stems_says_how_far_it_goes():
    case = case_of(scan_of(6.8, lowest=-60.0))
    with pytest.raises(Unmeasurable, match="below the lesser trochanter"):
        size_stem(case, "right")


def test_a_size_is_doubtful_if_the_scan_is_too_short_to_judge_the_next():
    scan = scan_of(6.8)
    found = size_stem(case_of(scan), "right")
    tip = int(found.pose[2, 3] - found.stem.length)
    assert found.doubt == ""
    shorter = case_of(scan_of(6.8, lowest=tip + 6.0))
    smaller = size_stem(shorter, "right")
    assert smaller.stem.size < found.stem.size
    size = stem_values(shorter, "right", smaller)[0]
    assert size.quality == "doubtful"
    assert f"a stem of size {smaller.stem.size + 1} goes farther down" in size.reason


def test_a_canal_narrower_than_the_smallest_stem_has_none():
    canal = canal_of(case_of(scan_of(3.0)), "right")
    with pytest.raises(Unmeasurable, match="too narrow"):
        fitting(canal, HEAD_AT)
    assert not stem_fit(STEMS[0], stem_pose(STEMS[0], canal, HEAD_AT), canal).inside


def test_stems_are_larger_in_every_way_with_each_size_and_their_surfaces_are_closed():
    for one, next_one in pairwise(STEMS):
        assert all(getattr(next_one, name) > getattr(one, name) for name in ("distal", "width", "depth", "length"))
    found = check(stem_surface(STEMS[3], np.eye(4)))
    assert found.closed
    assert found.manifold
    assert found.components == 1
    with pytest.raises(InputError, match="no size of a stem"):
        stem_of(99)
