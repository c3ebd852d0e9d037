from __future__ import annotations

import numpy as np
import pytest

from hipjoint.tasks.film_inputs import HEAD_RADIUS, at_head_scale, letterboxed, normalised


def a_film(rows: int = 300, columns: int = 400) -> np.ndarray:
    return np.random.default_rng(0).normal(1000, 100, (rows, columns)).astype(np.float32)


def a_disc(rows: int, columns: int, centre: tuple[float, float], radius: float) -> np.ndarray:
    y, x = np.mgrid[:rows, :columns]
    return (np.hypot(x - centre[0], y - centre[1]) <= radius).astype(np.float32)


def test_a_film_is_seen_as_a_z_score_in_any_units_and_depth() -> None:
    film = a_film()
    seen = normalised(film)
    assert seen.dtype == np.float32
    assert (seen.mean(), seen.std()) == (pytest.approx(0, abs=0.02), pytest.approx(1, abs=0.05))
    np.testing.assert_allclose(normalised(film * 16 + 4000), seen, atol=1e-3)


def test_burnt_in_borders_and_markers_do_not_move_what_is_exposed() -> None:
    film = a_film()
    framed = np.full((500, 700), 0.0, np.float32)
    framed[100:400, 150:550] = film
    framed[110:130, 160:200] = 4095
    seen, alone = normalised(framed)[100:400, 150:550], normalised(film)
    rest = np.ones_like(film, bool)
    rest[10:30, 10:50] = False
    np.testing.assert_allclose(seen[rest], alone[rest], atol=0.1)
    assert normalised(framed).min() > -4
    assert normalised(framed).max() < 4


def test_a_film_of_one_value_is_seen_as_nothing() -> None:
    np.testing.assert_array_equal(normalised(np.full((50, 50), 7)), 0)


@pytest.mark.parametrize("shape", [(300, 400), (1000, 500), (200, 256), (256, 256)])
def test_the_whole_film_is_letterboxed_and_places_come_back(shape: tuple[int, int]) -> None:
    centre, radius = (shape[1] * 0.4, shape[0] * 0.6), max(shape) / 12
    seen, frame = letterboxed(a_disc(*shape, centre, radius))
    assert seen.shape == (256, 256)
    y, x = np.nonzero(seen > 0.5)
    np.testing.assert_allclose(frame.to_film((x.mean(), y.mean())), centre, atol=0.5 * frame.scale)
    assert np.sqrt(len(x) / np.pi) * frame.scale == pytest.approx(radius, rel=0.03)
    np.testing.assert_allclose(frame.from_film(frame.to_film((3.0, 9.0))), (3.0, 9.0))


@pytest.mark.parametrize("radius", [17.0, 40.0, 170.0])
def test_at_the_scale_of_the_head_its_radius_is_forty_pixels(radius: float) -> None:
    rows, columns = round(9 * radius), round(12 * radius)
    seen, frame = at_head_scale(a_disc(rows, columns, (columns / 2, rows / 2), radius), radius)
    assert np.sqrt((seen > 0.5).sum() / np.pi) == pytest.approx(HEAD_RADIUS, rel=0.02)
    assert frame.scale == radius / HEAD_RADIUS


def test_a_wrong_radius_does_not_make_a_huge_or_a_tiny_picture() -> None:
    film = a_film(900, 1200)
    assert max(at_head_scale(film, 1.0)[0].shape) == 1600
    assert max(at_head_scale(film, 5000.0)[0].shape) == 256


def test_what_is_found_on_a_frame_comes_back_to_the_films_pixels() -> None:
    disc = a_disc(500, 700, (300.0, 200.0), 60.0)
    for seen, frame in (letterboxed(disc), at_head_scale(disc, 60.0)):
        back = frame.back(seen) > 0.5
        assert back.shape == disc.shape
        assert (back & (disc > 0)).sum() * 2 / (back.sum() + disc.sum()) > 0.99


def test_labels_are_brought_onto_a_frame_without_new_values() -> None:
    labels = (a_disc(300, 400, (100.0, 100.0), 30.0) * 5).astype(np.uint8)
    _, frame = at_head_scale(labels.astype(np.float32), 30.0)
    assert set(np.unique(frame.labels(labels))) == {0, 5}


def test_fine_stripes_do_not_become_coarse_ones() -> None:
    stripes = np.tile([0.0, 1.0], (1000, 500)).astype(np.float32)
    seen, _ = letterboxed(stripes)
    assert np.ptp(seen[100:150, 100:150]) < 0.2
