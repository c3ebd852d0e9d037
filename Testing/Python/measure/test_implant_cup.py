"""Cups in a socket that is a hemispherical shell: what covers them and how far they reach is known."""

import numpy as np
import pytest
import whole_hips as solids
from whole_hips import Body, Leg

from hipjoint.errors import InputError
from hipjoint.implants.cup import CUPS, Cup, cup_fit, cup_for, cup_of, cup_surface
from hipjoint.implants.pose import cup_angles, cup_pose
from hipjoint.implants.sizing import cup_values, size_cup
from hipjoint.measure.anatomy import anatomy_of
from hipjoint.measure.frames import TABLE
from hipjoint.measure.geometry import assess
from hipjoint.mesh import check

BODY = Body(legs={"right": Leg(inclination=40.0, anteversion=20.0), "left": Leg()}, bones=("hip_right",))
CENTRE = BODY.place("right", (0, 0, 0))
CUP = Cup(2 * solids.SOCKET)


@pytest.fixture(scope="module")
def the_anatomy():
    return anatomy_of(solids.label_map(BODY, 1.0))


@pytest.fixture(scope="module")
def the_hip(the_anatomy):
    return the_anatomy.hip("right")


@pytest.mark.parametrize(("inclination", "covered"), [(40.0, 1.0), (70.0, 1 - 28.15 / 180), (10.0, 1 - 28.15 / 180)])
def test_a_cup_turned_in_its_socket_is_covered_but_for_the_lune_that_it_turned_out(the_hip, inclination, covered):
    pose = cup_pose(CENTRE, inclination, 20.0, TABLE, "right")
    turned = cup_pose(CENTRE, 40.0, 20.0, TABLE, "right")[:3, 2] @ pose[:3, 2]
    assert covered == pytest.approx(1 - np.degrees(np.arccos(min(1.0, turned))) / 180, abs=0.001)
    assert cup_fit(CUP, pose, the_hip, TABLE).coverage == pytest.approx(covered, abs=0.015)


def test_a_cup_leaves_the_wall_behind_it_and_pierces_it_when_moved_to_medial(the_hip):
    pose = cup_pose(CENTRE, 40.0, 20.0, TABLE, "right")
    wall = solids.SHELL - solids.SOCKET
    assert cup_fit(CUP, pose, the_hip, TABLE).medial_wall == pytest.approx(wall, abs=0.4)
    assert cup_fit(CUP, pose, the_hip, TABLE).penetration == 0.0
    pose[:3, 3] += (wall + 3.0) * -TABLE.lateral("right")
    assert cup_fit(CUP, pose, the_hip, TABLE).penetration == pytest.approx(3.0, abs=0.4)


def test_a_cup_far_from_bone_is_not_covered_and_has_no_wall(the_hip):
    fit = cup_fit(CUP, cup_pose(CENTRE - 150.0 * TABLE.anterior, 40.0, 20.0, TABLE, "right"), the_hip, TABLE)
    assert fit.coverage == 0.0
    assert fit.medial_wall is None
    assert fit.penetration is None


def test_sizes_are_the_next_larger_and_end_where_the_cups_end():
    assert cup_for(53.2).diameter == 54.0
    assert cup_for(54.0).diameter == 54.0
    assert cup_for(43.0).diameter == 44.0
    assert cup_for(41.0) is None
    assert cup_for(66.5) is None
    with pytest.raises(InputError, match="45 mm is no size"):
        cup_of(45.0)


def test_the_proposed_cup_lies_in_the_socket_at_40_and_20_degrees(the_anatomy):
    case, _ = assess(the_anatomy)
    placed = size_cup(case, "right")
    assert placed.cup.diameter in (54.0, 56.0)
    assert placed.pose[:3, 3] == pytest.approx(CENTRE, abs=0.3)
    angles = cup_angles(placed.pose, TABLE, "right")
    assert (angles.inclination, angles.version) == pytest.approx((40.0, 20.0))
    values = {each.definition.name: each for each in cup_values(case, "right", placed)}
    assert values["cup_inclination"].quality == "doubtful"  # one hip makes no pelvic plane
    assert "table" in values["cup_inclination"].reason
    assert values["cup_coverage"].number > 97


@pytest.mark.parametrize("cup", [CUPS[0], CUPS[-1]])
def test_the_surface_of_a_cup_is_closed_and_holds_what_a_hemispherical_wall_holds(cup):
    pose = cup_pose(CENTRE, 30.0, 10.0, TABLE, "right")
    found = check(cup_surface(cup, pose))
    assert found.closed
    assert found.manifold
    assert found.components == 1
    wall = 2 / 3 * np.pi * (cup.radius**3 - (cup.radius - cup.wall) ** 3) / 1000
    assert found.volume_ml == pytest.approx(wall, rel=0.01)
