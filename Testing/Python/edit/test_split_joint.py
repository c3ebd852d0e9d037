from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from ball_in_socket import CENTRE, HEAD_MM, NECK, ROOF, Phantom, ball_in_socket
from scipy import ndimage

from hipjoint.edit import local_box, split_joint
from hipjoint.edit.strokes import brushed
from hipjoint.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("Right femur", "Right hip bone")
# Drawn in three slices of the bundled scan; voxels of its part in ``sample``.
REAL_STROKES = tuple(
    [np.array(line) - (40, 110, 25) for line in bone]
    for bone in (
        (
            [(54, 156, 49), (54, 154, 58), (54, 152, 71)],
            [(64, 144, 62), (64, 163, 64)],
        ),
        (
            [(54, 135, 82), (54, 142, 84), (54, 154, 86)],
            [(54, 171, 82), (54, 177, 75), (54, 179, 68), (54, 177, 63)],
            [(64, 133, 75), (64, 138, 85), (64, 146, 88)],
            [(64, 178, 79), (64, 179, 67), (64, 176, 59)],
            [(74, 136, 71), (74, 146, 84)],
            [(74, 169, 78), (74, 176, 71), (74, 173, 56)],
        ),
    )
)


@pytest.fixture(scope="module")
def a_stuck_hip() -> Phantom:
    return ball_in_socket(2.0, (1.2, 1.2, 1.2))


def lines(phantom: Phantom):
    return tuple([stroke] for stroke in phantom.strokes())


def split(phantom: Phantom, **choices):
    return split_joint(phantom.hu, phantom.stuck, lines(phantom), phantom.spacing, names=NAMES, **choices)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


@pytest.mark.parametrize(
    ("gap_mm", "spacing"),
    [(0.5, (0.8, 0.8, 0.8)), (1.0, (1.0, 0.8, 0.8)), (2.0, (1.5, 0.8, 0.8)), (3.0, (1.25, 1.25, 1.25))],
)
def test_stuck_bones_are_parted_along_the_joint_space(gap_mm, spacing):
    phantom = ball_in_socket(gap_mm, spacing)
    parted = split(phantom)
    for bone, truth, stuck in zip(parted.bones, phantom.truth, phantom.stuck, strict=True):
        assert dice(bone, truth[parted.box]) > 0.98
        assert dice(stuck[parted.box], truth[parted.box]) < 0.9


def test_the_parted_bones_do_not_overlap_and_the_joint_space_is_neither(a_stuck_hip):
    parted = split(a_stuck_hip)
    assert not (parted.bones[0] & parted.bones[1]).any()
    index = np.moveaxis(np.indices(a_stuck_hip.hu.shape), 0, -1) * a_stuck_hip.spacing - CENTRE
    radius = np.linalg.norm(index, axis=-1)
    between = (np.abs(radius - HEAD_MM - 1.0) < 0.5) & (index @ ROOF > 6)
    left = (parted.bones[0] | parted.bones[1])[between[parted.box]]
    assert left.mean() < 0.03


def test_strokes_always_win(a_stuck_hip):
    # Strokes of the femur deep into the hip bone, and along the joint space.
    femur, hip = a_stuck_hip.strokes()
    across = np.cross(NECK, [0.0, 1.0, 0.0])
    gap = CENTRE + (HEAD_MM + 1) * ROOF
    wrong = [
        a_stuck_hip.line(CENTRE + 20 * ROOF, CENTRE + 34 * ROOF),
        a_stuck_hip.line(gap - 6 * across, gap + 6 * across),
    ]
    drawn = ([femur, *wrong], [hip[:25], hip[55:]])
    parted = split_joint(a_stuck_hip.hu, a_stuck_hip.stuck, drawn, a_stuck_hip.spacing, radius_mm=1.5)
    start = [part.start for part in parted.box]
    labelled = (a_stuck_hip.stuck[0] | a_stuck_hip.stuck[1])[parted.box]
    for bone, lines_of_it in zip(parted.bones, drawn, strict=True):
        for line in lines_of_it:
            touched = brushed([line - start], 1.5, bone.shape, a_stuck_hip.spacing) & labelled
            assert touched.any()
            assert bone[touched].all()


def test_what_no_stroke_reaches_keeps_its_bone(a_stuck_hip):
    femur, hip = (mask.copy() for mask in a_stuck_hip.stuck)
    box = split(a_stuck_hip).box
    corner = tuple(slice(part.start, part.start + 3) for part in box)
    assert not (femur | hip)[tuple(slice(part.start, part.start + 5) for part in box)].any()
    hip[corner] = True
    parted = split_joint(a_stuck_hip.hu, (femur, hip), lines(a_stuck_hip), a_stuck_hip.spacing)
    assert parted.bones[1][:3, :3, :3].all()


def test_nothing_but_labelled_voxels_gets_a_label(a_stuck_hip):
    parted = split(a_stuck_hip)
    labelled = (a_stuck_hip.stuck[0] | a_stuck_hip.stuck[1])[parted.box]
    assert not ((parted.bones[0] | parted.bones[1]) & ~labelled).any()


def test_the_input_is_not_changed(a_stuck_hip):
    kept = [array.copy() for array in (a_stuck_hip.hu, *a_stuck_hip.stuck)]
    split(a_stuck_hip)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (a_stuck_hip.hu, *a_stuck_hip.stuck), strict=True))


def test_the_box_is_the_strokes_with_their_margin():
    strokes = ([np.array([[20.0, 30, 40], [22, 30, 40]])], [np.array([[25.0, 33, 40]])])
    box = local_box(strokes, (200, 200, 50), (2.0, 1.0, 0.5), NAMES, margin_mm=10)
    assert box == (slice(15, 31), slice(20, 44), slice(20, 50))


def test_a_cut_out_box_gives_the_same_as_the_whole_scan(a_stuck_hip):
    whole = split(a_stuck_hip)
    box = whole.box
    start = [part.start for part in box]
    strokes = tuple([stroke - start] for stroke in a_stuck_hip.strokes())
    masks = tuple(mask[box] for mask in a_stuck_hip.stuck)
    alone = split_joint(a_stuck_hip.hu[box], masks, strokes, a_stuck_hip.spacing)
    assert all(np.array_equal(a, b) for a, b in zip(alone.bones, whole.bones, strict=True))


def test_a_brush_is_a_ball_in_mm():
    mask = brushed([np.array([[10.0, 20, 30]])], 6.0, (20, 40, 60), (1.5, 1.0, 0.5))
    place = np.moveaxis(np.indices(mask.shape), 0, -1) - (10, 20, 30)
    assert np.array_equal(mask, np.linalg.norm(place * (1.5, 1.0, 0.5), axis=-1) <= 6)


def test_a_line_drawn_fast_has_no_holes():
    mask = brushed([np.array([[5.0, 5, 5], [5, 5, 45]])], 0.1, (10, 10, 50), (1.0, 1.0, 1.0))
    assert np.argwhere(mask)[:, 2].tolist() == list(range(5, 46))


@pytest.mark.parametrize("missing", [0, 1])
def test_a_bone_without_a_stroke_is_named(a_stuck_hip, missing):
    strokes = list(lines(a_stuck_hip))
    strokes[missing] = []
    with pytest.raises(InputError, match=f"no stroke on the bone {NAMES[missing]}: draw at least one"):
        split_joint(a_stuck_hip.hu, a_stuck_hip.stuck, tuple(strokes), a_stuck_hip.spacing, names=NAMES)


@pytest.mark.parametrize(("voxel", "bone"), [(-20.0, 0), (500.0, 0), (-20.0, 1), (500.0, 1)])
def test_strokes_outside_the_scan_are_told(a_stuck_hip, voxel, bone):
    strokes = list(lines(a_stuck_hip))
    strokes[bone] = [np.full((5, 3), voxel)]
    with pytest.raises(InputError, match=f"{NAMES[bone]} lie outside the scan"):
        split_joint(a_stuck_hip.hu, a_stuck_hip.stuck, tuple(strokes), a_stuck_hip.spacing, names=NAMES)


def test_a_stroke_that_leaves_the_scan_counts_as_far_as_it_lies_inside(a_stuck_hip):
    far = CENTRE + 90 * NECK
    strokes = ([a_stuck_hip.line(CENTRE, far)], [a_stuck_hip.strokes()[1]])
    parted = split_joint(a_stuck_hip.hu, a_stuck_hip.stuck, strokes, a_stuck_hip.spacing)
    assert dice(parted.bones[0], a_stuck_hip.truth[0][parted.box]) > 0.98


def test_strokes_beside_the_bones_are_told(a_stuck_hip):
    strokes = (lines(a_stuck_hip)[0], [np.array([[2.0, 2, 2], [2, 2, 6]])])
    with pytest.raises(InputError, match="Right hip bone touch neither bone"):
        split_joint(a_stuck_hip.hu, a_stuck_hip.stuck, strokes, a_stuck_hip.spacing, names=NAMES)


def test_the_joint_of_a_real_scan_is_found_again():
    hu, truth = sample("Resources/SampleData/hip_ct.nii.gz"), sample("Testing/Data/hip_ct_labels.nii.gz")
    bones = truth == 1, truth == 3
    stuck = glued(*bones)
    parted = split_joint(hu, stuck, REAL_STROKES, (1.25, 1.25, 1.25))
    for bone, true in zip(parted.bones, bones, strict=True):
        assert dice(bone, true[parted.box]) > 0.97
    assert (stuck[0] & ~bones[0])[parted.box].sum() > 5 * (parted.bones[0] & ~bones[0][parted.box]).sum()


def sample(name: str) -> np.ndarray:
    """The surroundings of the right hip in a file of the bundled scan."""
    whole = sitk.ReadImage(str(ROOT / name))
    assert whole.GetSpacing() == pytest.approx((1.25,) * 3)
    return sitk.GetArrayFromImage(whole)[40:90, 110:200, 25:105]


def glued(femur: np.ndarray, hip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All gaps of up to 6 mm filled, and the femur grown into them and 3.5 mm into the hip bone."""
    reach = ndimage.distance_transform_edt(~(femur | hip), sampling=1.25) <= 3
    closed = femur | hip | (ndimage.distance_transform_edt(reach, sampling=1.25) > 3)
    grown = closed & (ndimage.distance_transform_edt(~femur, sampling=1.25) <= 3.5)
    return grown, closed & ~grown


def test_dark_specks_of_marrow_beside_the_joint_space_stay_bone(a_stuck_hip):
    # A tube of marrow from the joint space into the head, as dark as the joint space.
    tube = brushed(
        [a_stuck_hip.line(CENTRE + 18 * ROOF, CENTRE + 24 * ROOF)], 0.6, a_stuck_hip.hu.shape, a_stuck_hip.spacing
    )
    hu = np.where(tube, 50.0, a_stuck_hip.hu)
    parted = split_joint(hu, a_stuck_hip.stuck, lines(a_stuck_hip), a_stuck_hip.spacing)
    deep = tube & (a_stuck_hip.truth[0])
    assert deep.sum() >= 4
    assert parted.bones[0][deep[parted.box]].mean() > 0.7
