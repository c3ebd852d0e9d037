"""The shipped networks on a real film, as it is, mirrored, as a negative and cut to one hip; and on what is none."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.errors import InputError
from hipjoint.progress import Silent
from hipjoint.tasks import hip_radiograph
from hipjoint.tasks.film_regions import hip_labels
from hipjoint.volume.film import Film, read_film
from Training.evaluate.metrics import overlap
from Training.labels.films import SIDES, film_labels, load_films

FILM = Path(__file__).parents[2] / "Data" / "film.jpg"
DRAWN = load_films()["IMG0001092"]
# Lower bounds of Dice by region on either side; what was measured stands in Docs/evidence.md.
LEAST = {1: 0.85, 2: 0.75, 3: 0.55, 4: 0.5, 5: 0.7}


def found_on(pixels: np.ndarray) -> hip_radiograph.FilmResult:
    film = Film(sitk.GetImageFromArray(np.ascontiguousarray(pixels, dtype=np.float32)[None]), "film")
    return hip_radiograph.run(film, device="cpu", progress=Silent())


def labels_of(result: hip_radiograph.FilmResult) -> np.ndarray:
    return sitk.GetArrayFromImage(result.labels)[0]


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return read_film(FILM).pixels


@pytest.fixture(scope="module")
def result(pixels: np.ndarray) -> hip_radiograph.FilmResult:
    return found_on(pixels)


@pytest.mark.parametrize("side", SIDES)
def test_the_regions_agree_with_those_drawn_by_hand(result, side):
    truth, found = film_labels(DRAWN, (side,)), hip_labels(labels_of(result), side)
    for value, least in LEAST.items():
        assert overlap(found == value, truth == value) > least, value


def test_both_heads_are_found_where_they_are(result):
    assert [head.side for head in result.heads] == ["right", "left"]
    right, left = (head.centre for head in result.heads)
    assert right[0] < left[0]
    assert all(head.radius == pytest.approx(28, rel=0.15) for head in result.heads)


def test_a_mirrored_film_gives_the_mirrored_regions(pixels, result):
    mirrored = labels_of(found_on(pixels[:, ::-1]))[:, ::-1]
    for side, other in (("right", "left"), ("left", "right")):
        as_it_is, turned = hip_labels(labels_of(result), side), hip_labels(mirrored, other)
        assert overlap(as_it_is == 1, turned == 1) > 0.9


def test_a_negative_is_noticed_and_gives_the_same(pixels, result):
    negative = found_on(255 - pixels)
    assert any("negative" in warning for warning in negative.warnings)
    assert overlap(labels_of(negative) > 0, labels_of(result) > 0) > 0.95


@pytest.mark.parametrize("side", SIDES)
def test_a_film_of_one_hip_is_of_its_side(pixels, result, side):
    middle = pixels.shape[1] // 2
    half = pixels[:, :middle] if side == "right" else pixels[:, middle:]
    assert [head.side for head in found_on(half).heads] == [side]


@pytest.mark.parametrize("grain", [0, 3, 10])
def test_noise_of_any_grain_is_refused(pixels, grain):
    noise = ndimage.gaussian_filter(np.random.default_rng(grain).normal(128, 40, pixels.shape), grain)
    with pytest.raises(InputError, match="no hip in an AP view"):
        found_on(noise)


def test_a_film_that_shows_no_hip_is_refused(pixels):
    spine = pixels[:90, 150:300].repeat(3, 0).repeat(3, 1)
    with pytest.raises(InputError, match="no hip in an AP view"):
        found_on(spine)
