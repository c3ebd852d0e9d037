from __future__ import annotations

import drawn_hips
import numpy as np
import pytest
from film_scene import film_of
from scipy import ndimage

from hipjoint.tasks.film_heads import FoundHead
from hipjoint.tasks.film_inputs import normalised
from hipjoint.tasks.film_metal import find_metal, metal_warnings

HEADS = (
    FoundHead("right", drawn_hips.HEAD, drawn_hips.RADIUS, 1.0),
    FoundHead("left", np.array([drawn_hips.COLUMNS - 1 - drawn_hips.HEAD[0], drawn_hips.HEAD[1]]), 40.0, 1.0),
)


def bones() -> np.ndarray:
    """The drawn hips as bones look: walls brighter than what they enclose, and no edge quite sharp."""
    return film_of(drawn_hips.both_hips())


def with_bar(film: np.ndarray, x: int, *, width: int = 14, rows: tuple[int, int] = (330, 520)) -> np.ndarray:
    out = film.copy()
    out[rows[0] : rows[1], x : x + width] = 250
    return ndimage.gaussian_filter(out, 0.7)


def test_bones_are_no_metal() -> None:
    assert find_metal(normalised(bones())) == []
    assert metal_warnings(normalised(bones()), HEADS) == ()


@pytest.mark.parametrize("width", [8, 14, 22])
def test_a_nail_in_the_shaft_is_metal_and_its_length_is_known(width: int) -> None:
    film = normalised(with_bar(bones(), 158, width=width))
    longest = find_metal(film)[0]
    assert longest.length * drawn_hips.COLUMNS == pytest.approx(190, abs=35)
    assert longest.middle == pytest.approx((158 + width / 2, 425), abs=15)


def test_the_hip_with_the_metal_is_named() -> None:
    (sentence,) = metal_warnings(normalised(with_bar(bones(), 588)), HEADS)
    assert sentence.startswith("Metal near the left hip")
    assert {label.side for label in sentence.labels} == {"left"}


def test_metal_far_from_the_hips_is_told_of_the_film() -> None:
    film = normalised(with_bar(bones(), 380, rows=(20, 120)))
    near = FoundHead("right", drawn_hips.HEAD, 15.0, 1.0)
    assert metal_warnings(film, (near,)) == ("The film shows metal: check what is drawn near it.",)


def test_a_short_mark_is_no_metal() -> None:
    assert find_metal(normalised(with_bar(bones(), 60, rows=(300, 330)))) == []
