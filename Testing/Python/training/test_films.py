"""Outlines drawn on films become label images: exact on shapes whose pixels can be counted."""

import numpy as np
import pytest

from Training.labels.films import SIDES, film_labels, load_films, load_split, rasterize, ring_outline


def rectangle(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    return [[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]]


def circle(x: float, y: float, radius: float, points: int = 12) -> list[list[float]]:
    angles = np.arange(points) * 2 * np.pi / points
    return [[x + radius * np.cos(a), y + radius * np.sin(a)] for a in angles]


def test_a_rectangle_with_corners_fills_exactly_its_pixels():
    labels = rasterize({"L5": [rectangle(1.5, 2.5, 5.5, 4.5)]}, (8, 9))
    expected = np.zeros((8, 9), np.uint8)
    expected[3:5, 2:6] = 5
    np.testing.assert_array_equal(labels, expected)


def test_a_pixel_belongs_to_the_label_with_the_largest_share():
    rings = {"L1": [rectangle(-0.5, -0.5, 2.3, 0.5)], "L2": [rectangle(2.3, -0.5, 3.8, 0.5)]}
    assert rasterize(rings, (1, 6)).tolist() == [[1, 1, 1, 2, 0, 0]]
    assert rasterize({"L1": [rectangle(-0.5, -0.5, 1.7, 0.5)]}, (1, 3)).tolist() == [[1, 1, 0]]


def test_a_ring_within_a_ring_is_a_hole():
    labels = rasterize({"L5": [rectangle(-0.5, -0.5, 5.5, 5.5), rectangle(1.5, 1.5, 3.5, 3.5)]}, (6, 6))
    assert (labels == 5).sum() == 36 - 4
    assert (labels[2:4, 2:4] == 0).all()


def test_where_outlines_overlap_teardrop_joint_head_neck_pelvis_win_in_this_order():
    stack = {f"L{label}": [rectangle(-0.5, -0.5, width - 0.5, 0.5)] for width, label in enumerate((3, 4, 1, 2, 5), 1)}
    assert rasterize(stack, (1, 6)).tolist() == [[3, 4, 1, 2, 5, 0]]


def test_a_ring_may_run_off_the_film():
    labels = rasterize({"L1": [rectangle(-20, 2.5, 3.5, 40)]}, (6, 6))
    assert (labels == 1).sum() == 3 * 4


def test_a_smooth_ring_through_points_of_a_circle_is_that_circle():
    drawn = circle(20.3, 15.2, 10.0)
    np.testing.assert_allclose(np.linalg.norm(ring_outline(drawn) - (20.3, 15.2), axis=1), 10.0, atol=0.02)
    area = (rasterize({"L1": [drawn]}, (32, 42)) == 1).sum()
    assert area == pytest.approx(np.pi * 100, rel=0.02)


def test_a_corner_stays_where_it_was_drawn_and_does_not_bend_the_straight_side():
    outline = ring_outline([[0, 0, 1], [10, 0, 1], [12, 5], [10, 10, 1], [0, 10, 1]])
    top = outline[(outline[:, 1] < 1e-9) & (outline[:, 0] <= 10)]
    assert {(0.0, 0.0), (10.0, 0.0)} <= {(float(x), float(y)) for x, y in top.round(9)}
    assert outline[:, 0].max() == pytest.approx(12, abs=0.2)


def test_both_hips_of_a_film_are_drawn_and_either_alone():
    film = {
        "size": [8, 1],
        "right": {"L1": [rectangle(-0.5, -0.5, 1.5, 0.5)]},
        "left": {"L2": [rectangle(0.5, -0.5, 3.5, 0.5)]},
    }
    assert film_labels(film).tolist() == [[1, 1, 2, 2, 0, 0, 0, 0]]
    assert film_labels(film, ("left",)).tolist() == [[0, 2, 2, 2, 0, 0, 0, 0]]


def test_every_shipped_hip_has_five_labels_on_its_own_side_of_the_film():
    films = load_films()
    assert len(films) == 16
    for name, film in films.items():
        columns, rows = film["size"]
        middles = {}
        for side in SIDES:
            labels = rasterize(film[side], (rows, columns), supersampling=1)
            assert (np.bincount(labels.ravel(), minlength=6)[1:] > 60).all(), (name, side)
            middles[side] = np.argwhere(labels == 1)[:, 1].mean()
        assert middles["right"] < middles["left"], name


def test_no_number_near_a_labelled_film_is_left_for_training():
    split = load_split()
    number = {name: int(name.removeprefix("IMG")) for names in split.values() for name in names}
    assert sum(len(names) for names in split.values()) == len(number) == 88
    assert set(load_films()) == {*split["validation"], *split["test"]}
    for one, other in (("validation", "test"), ("validation", "adaptation"), ("test", "adaptation")):
        gaps = np.abs(np.subtract.outer([number[n] for n in split[one]], [number[n] for n in split[other]]))
        assert gaps.min() > 10, (one, other)
