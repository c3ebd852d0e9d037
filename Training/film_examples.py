"""Examples of task hip-radiograph: from stored shadows to what a network sees of a film, another film at every look."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from numpy.typing import NDArray

from hipjoint.tasks.film_inputs import HEAD_RADIUS, letterboxed, normalised
from Training.config import FilmConfig
from Training.examples import Patches
from Training.simulate.film_physics import Floats, blurred, picture_of, restyled

Labels = NDArray[np.uint8]
NO_HIP = 0.2  # share of what the first network sees that shows no hip


def coarse_labels(labels: Labels, heads: dict[str, NDArray[np.float32]]) -> Labels:
    """Background, head right, left (whole discs), femur right, left and pelvis, from L1 to L5."""
    row, column = np.mgrid[: labels.shape[0], : labels.shape[1]].astype(np.float32)
    middle = np.mean([head[0] for head in heads.values()])
    left = column >= middle
    out = np.where(labels >= 3, 5, 0)
    out = np.where((labels == 1) | (labels == 2), 3 + left, out)
    for side, head in heads.items():
        disc = np.hypot(column - head[0], row - head[1]) < head[2]
        out = np.where(disc, 1 + (side == "left"), out)
    return out.astype(np.uint8)


def framed(rng: np.random.Generator, stored: dict[str, NDArray[np.generic]]) -> tuple[slice, slice]:
    """The part of the stored shadow that the film shows: most often the pelvis, else one hip."""
    rows, columns = stored["labels"].shape
    heads = [np.asarray(stored[f"head_{s}"], float) for s in ("right", "left")]
    if rng.random() < 0.25:
        x, y, r = heads[int(rng.integers(0, 2))][:3]
        box = [x - rng.uniform(2.5, 5) * r, x + rng.uniform(2.5, 5) * r, y - rng.uniform(2.5, 7) * r]
        box.append(y + rng.uniform(4.0, 9) * r)
    else:
        (x0, y0, r0), (x1, y1, r1) = (h[:3] for h in heads)
        box = [x0 - rng.uniform(2.8, 7) * r0, x1 + rng.uniform(2.8, 7) * r1]
        box += [min(y0, y1) - rng.uniform(3.5, 9.5) * r0, max(y0, y1) + rng.uniform(3.0, 9) * r1]
    left, right = (int(np.clip(round(v), 0, columns)) for v in box[:2])
    top, bottom = (int(np.clip(round(v), 0, rows)) for v in box[2:])
    return slice(top, bottom), slice(left, right)


def _window(
    rng: np.random.Generator, film: Floats, labels: Labels, scale: float, crop: int, target: tuple[float, float]
) -> tuple[Floats, Labels]:
    """A square (crop, crop) round ``target`` (column, row) of a film, turned a little, ``scale`` film pixels to one."""
    angle = np.deg2rad(rng.normal(0, 4.0))
    rows, columns = film.shape
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    grown = np.array([[c, -s], [s, c]]) * crop / np.array([[columns], [rows]])
    shift = (np.array(target) + 0.5) * 2 / np.array([columns, rows]) - 1
    theta = torch.from_numpy(np.c_[grown, shift].astype(np.float32))[None]
    grid = F.affine_grid(theta, [1, 1, crop, crop], align_corners=False)
    lowest = float(film.min())
    seen = F.grid_sample(torch.from_numpy(film - lowest)[None, None], grid, align_corners=False)[0, 0] + lowest
    whole = torch.from_numpy(labels.astype(np.float32))[None, None]
    found = F.grid_sample(whole, grid, mode="nearest", align_corners=False)[0, 0]
    return seen.numpy(), found.numpy().astype(np.uint8)


def make_film_example(
    rng: np.random.Generator, stored: dict[str, NDArray[np.generic]], config: FilmConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs (1, rows, columns) and classes as 0 or 1 (K, rows, columns) from one stored shadow or real film."""
    heads = {s: np.asarray(stored[f"head_{s}"], np.float32) for s in ("right", "left")}
    labels = np.asarray(stored["labels"], np.uint8)
    if config.sided:
        labels = coarse_labels(labels, heads)
    place = framed(rng, stored)
    if "picture" in stored:
        film, labels = normalised(restyled(rng, stored["picture"][place])), labels[place]
    else:
        picture, exposed = picture_of(rng, stored["soft"][place], stored["bone"][place])
        film, labels = normalised(picture), np.where(exposed, labels[place], 0).astype(np.uint8)
    if config.sided:
        if rng.random() < NO_HIP:
            film, labels = no_hip(rng, film, stored["soft"][place]), np.zeros_like(labels)
        seen, labels = _whole(rng, film, labels, config.crop)
    else:
        radius = float(np.mean([h[2] for h in heads.values()]))
        scale = radius / HEAD_RADIUS * float(np.exp(rng.normal(0, 0.08)))
        head = heads[("right", "left")[int(rng.integers(0, 2))]]
        target = (head[0] - place[1].start, head[1] - place[0].start) + rng.normal(0, 4.0, 2) * radius
        inside = (np.clip(target[0], 0, film.shape[1]), np.clip(target[1], 0, film.shape[0]))
        seen, labels = _window(rng, film, labels, scale, config.crop, inside)
    if rng.random() < 0.5:
        seen, labels = seen[:, ::-1], labels[:, ::-1]
        if config.sided:
            labels = np.array([0, 2, 1, 4, 3, 5], np.uint8)[labels]
    # One more than there are classes: what a real film is not sure of belongs to none.
    shares = F.one_hot(torch.from_numpy(labels.astype(np.int64)), len(config.classes) + 1).movedim(-1, 0)[:-1].float()
    return torch.from_numpy(np.ascontiguousarray(seen))[None], shares


def no_hip(rng: np.random.Generator, film: Floats, soft: NDArray[np.generic]) -> Floats:
    """What must not be taken for a film of a hip: a negative, no bone, noise of any grain, shuffled pieces."""
    kind = int(rng.integers(0, 4))
    if kind == 0:
        return -film
    if kind == 1:
        return normalised(picture_of(rng, soft, np.zeros_like(soft))[0])
    if kind == 2:
        noise = torch.from_numpy(rng.standard_normal(film.shape, dtype=np.float32))
        return normalised(blurred(noise, float(np.exp(rng.uniform(-1.5, 3.2)))).numpy())
    side = int(rng.integers(3, 9))
    rows, columns = (n // side * side for n in film.shape)
    pieces = [p for row in np.vsplit(film[:rows, :columns], side) for p in np.hsplit(row, side)]
    order = rng.permutation(len(pieces))
    whole = [np.hstack([pieces[j] for j in order[i : i + side]]) for i in range(0, len(order), side)]
    return np.asarray(np.pad(np.vstack(whole), ((0, film.shape[0] - rows), (0, film.shape[1] - columns)), "edge"))


def _whole(rng: np.random.Generator, film: Floats, labels: Labels, side: int) -> tuple[Floats, Labels]:
    """The whole film as the first network gets it, turned a little."""
    rows, columns = film.shape
    wide = max(rows, columns)
    film, labels = _window(rng, film, labels, wide / (side * 2), side * 2, ((columns - 1) / 2, (rows - 1) / 2))
    seen, frame = letterboxed(film, side)
    return seen, frame.labels(labels)


class Films(Patches):
    """Endless random examples from a folder of shadows."""

    config: FilmConfig

    def example(self, rng: np.random.Generator, stored: np.lib.npyio.NpzFile) -> tuple[torch.Tensor, ...]:
        """What a training takes from one file."""
        return make_film_example(rng, {name: stored[name] for name in stored.files}, self.config)
