from __future__ import annotations

import drawn_hips
import numpy as np
import pytest
import SimpleITK as sitk
from film_scene import film_of
from scipy import ndimage

from hipjoint.errors import InputError
from hipjoint.film_scale import FilmScale
from hipjoint.measure.calibration_ball import find_ball, scaled
from hipjoint.volume.film import Film, PixelSize


def with_ball(centre: tuple[float, float], radius: float) -> np.ndarray:
    film = film_of(drawn_hips.both_hips())
    y, x = np.mgrid[: film.shape[0], : film.shape[1]]
    film[np.hypot(x - centre[0], y - centre[1]) <= radius] = 252
    return ndimage.gaussian_filter(film, 1.0)


def a_film(pixels: np.ndarray) -> Film:
    return Film(sitk.GetImageFromArray(pixels[None]), "film", pixel=PixelSize(9.0, "header"))


@pytest.mark.parametrize(("centre", "radius"), [((380.0, 520.0), 25.0), ((60.0, 120.5), 12.0), ((384.0, 470.0), 40.0)])
def test_a_ball_is_found_to_a_fraction_of_a_pixel(centre: tuple[float, float], radius: float) -> None:
    ball = find_ball(with_ball(centre, radius))
    assert ball is not None
    np.testing.assert_allclose(ball.centre, centre, atol=0.3)
    assert ball.radius == pytest.approx(radius, abs=0.3)


def test_the_ball_gives_the_size_of_a_pixel_before_the_header() -> None:
    film = scaled(a_film(with_ball((380.0, 520.0), 25.0)), FilmScale(ball_mm=25.0))
    assert film.pixel is not None
    assert film.pixel.mm == pytest.approx(0.5, rel=0.01)
    assert "column 380, row 520" in film.pixel.source


def test_femoral_heads_are_no_balls() -> None:
    assert find_ball(film_of(drawn_hips.both_hips())) is None
    with pytest.raises(InputError, match="No calibration ball was found"):
        scaled(a_film(film_of(drawn_hips.both_hips())), FilmScale(ball_mm=25.0))


def test_a_size_in_pixels_and_a_size_of_the_pixel_are_taken_as_given() -> None:
    film = a_film(film_of(drawn_hips.both_hips()))
    by_ball = scaled(film, FilmScale(ball_mm=30.0, ball_px=120.0)).pixel
    given = scaled(film, FilmScale(pixel_mm=0.15)).pixel
    assert by_ball is not None
    assert given is not None
    assert (by_ball.mm, given.mm) == (0.25, 0.15)
    assert scaled(film, FilmScale()) is film


@pytest.mark.parametrize(
    ("numbers", "saying"),
    [
        ({"pixel_mm": 0.1, "ball_mm": 25.0}, "not both"),
        ({"ball_px": 100.0}, "--ball-px needs --ball-mm"),
        ({"pixel_mm": 15.0}, "--pixel-mm 15 cannot be: give 0.02 to 2.5 mm"),
        ({"pixel_mm": float("nan")}, "--pixel-mm nan cannot be"),
        ({"ball_mm": 25.0, "ball_px": 2.0}, "too few pixels"),
    ],
)
def test_numbers_that_cannot_be_are_refused(numbers: dict[str, float], saying: str) -> None:
    with pytest.raises(InputError, match=saying):
        FilmScale(**numbers)
