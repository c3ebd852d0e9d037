"""The calibration ball on a radiograph, and the size of a pixel that comes from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from hipjoint.errors import InputError
from hipjoint.film_scale import FilmScale
from hipjoint.measure.boundary import Floats
from hipjoint.measure.robust import fit_circle
from hipjoint.tasks.film_inputs import HEAD_RADIUS, at_head_scale, normalised
from hipjoint.volume.film import Film, PixelSize

_SIDE = 768  # pixels of the longest side of the film in which the ball is looked for
_RADII = (4.0, 80.0)  # in these pixels
_ROUND, _SMOOTH = 0.85, 0.03
_LEVELS = np.arange(0.25, 4.0, 0.25)
_CONTRAST, _ALL_ROUND = 0.4, 0.7  # of the normalised film against what lies beside it, on so many of the rays


@dataclass(frozen=True)
class Ball:
    """A ball: ``centre`` (x, y) and ``radius`` in pixels of the film, ``rough`` the residual by the radius."""

    centre: Floats
    radius: float
    rough: float


def scaled(film: Film, scale: FilmScale) -> Film:
    """The film with the size of a pixel that the user gives; it goes before that of the header.

    Raises ``InputError`` if a ball is to be looked for and there is none.
    """
    if scale.pixel_mm is not None:
        return replace(film, pixel=PixelSize(scale.pixel_mm, "given by the user"))
    if scale.ball_mm is None:
        return film
    if scale.ball_px is not None:
        return replace(film, pixel=_by_ball(scale.ball_mm, scale.ball_px, "as measured by the user"))
    ball = find_ball(film.pixels)
    if ball is None:
        raise InputError(
            f"No calibration ball was found on the film (option --ball-mm {scale.ball_mm:g}): measure its diameter in "
            "pixels and give it with --ball-px, or leave the ball out."
        )
    x, y = ball.centre
    return replace(film, pixel=_by_ball(scale.ball_mm, 2 * ball.radius, f"found at column {x:.0f}, row {y:.0f}"))


def _by_ball(mm: float, pixels: float, how: str) -> PixelSize:
    return PixelSize(mm / pixels, f"calibration ball of {mm:g} mm, {pixels:.1f} pixels wide, {how}")


def find_ball(film: npt.NDArray[np.float32]) -> Ball | None:
    """The roundest bright disc with a sharp edge on a film (rows, columns) with white bone, None if there is none."""
    seen, frame = at_head_scale(normalised(film), HEAD_RADIUS * max(film.shape) / _SIDE)
    # Not clipped, as the brightest of the normalised film is: half-way down would lie too far out.
    whole = (film - film.mean()) / max(float(film.std()), 1e-6)
    found = []
    for level in _LEVELS:
        pieces, _ = ndimage.label(seen > level)
        for number, place in enumerate(ndimage.find_objects(pieces), start=1):
            disc = _disc(pieces[place] == number, place, seen.shape)
            if disc is not None:
                centre, radius = disc
                ball = _measured(whole, frame.to_film(centre), radius * frame.scale)
                found += [ball] if ball is not None else []
    return min(found, key=lambda ball: ball.rough, default=None)


def _disc(
    piece: npt.NDArray[np.bool_], place: tuple[slice, ...], shape: tuple[int, ...]
) -> tuple[Floats, float] | None:
    """Centre and radius of a piece that is nearly round and lies within the film, None of another."""
    at_edge = any(part.start == 0 or part.stop == size for part, size in zip(place, shape, strict=True))
    if at_edge or not _RADII[0] <= max(piece.shape) / 2 <= _RADII[1]:
        return None
    places = np.argwhere(piece)[:, ::-1].astype(np.float64)
    centre = places.mean(axis=0)
    reach = float(np.linalg.norm(places - centre, axis=1).max()) + 0.5
    if len(places) < _ROUND * np.pi * reach**2:
        return None
    return centre + np.array([place[1].start, place[0].start]), float(np.sqrt(len(places) / np.pi))


def _measured(film: npt.NDArray[np.float32], centre: Floats, radius: float) -> Ball | None:
    """The circle through the edge of a disc, on each ray where its brightness has fallen by half; None if none."""
    angles = np.radians(np.arange(0, 360, 3))
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    steps = np.arange(0.6, 1.5, min(0.01, 0.1 / radius)) * radius
    places = centre + steps[:, None, None] * ways
    rays = ndimage.map_coordinates(film, [places[..., 1], places[..., 0]], order=1, mode="nearest")
    metal = float(np.median(rays[steps < 0.75 * radius]))
    beside = rays[(steps > 1.2 * radius) & (steps < 1.4 * radius)].mean(axis=0)
    fallen = rays < (metal + beside) / 2
    clear = fallen.any(axis=0) & (metal - beside >= _CONTRAST)
    if np.count_nonzero(clear) < _ALL_ROUND * len(ways):
        return None
    points = centre + steps[fallen.argmax(axis=0)][:, None] * ways
    middle, size = fit_circle(points[clear], 0.01 * radius)
    away = np.abs(np.linalg.norm(points[clear] - middle, axis=1) - size)
    rough = 1.4826 * float(np.median(away)) / size
    return Ball(middle, size, rough) if rough <= _SMOOTH else None
