"""A film of the drawn hips, and networks that answer as they are drawn."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import drawn_hips
import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.tasks.film_heads import heads_in
from hipjoint.tasks.film_inputs import at_head_scale, letterboxed

GREYS = np.array([40, 150, 200, 190, 90, 170], np.float32)


def film_of(hips: dict[str, np.ndarray]) -> np.ndarray:
    """Grey values (rows, columns), bone white, shaded off as on films, with a little grain."""
    labels = np.maximum(*hips.values()) if len(hips) == 2 else next(iter(hips.values()))
    smooth = ndimage.gaussian_filter(GREYS[labels], 1.5)
    return smooth + np.random.default_rng(1).normal(0, 1, labels.shape).astype(np.float32)


def write_film(pixels: np.ndarray, path: Path, kind: type = np.uint8) -> Path:
    sitk.WriteImage(sitk.GetImageFromArray(pixels.astype(kind)), str(path))
    return path


def coarse_truth(hips: dict[str, np.ndarray]) -> np.ndarray:
    """Probabilities (6, rows, columns) on the film of the coarse network's classes."""
    y, x = np.mgrid[: drawn_hips.ROWS, : drawn_hips.COLUMNS]
    classes = np.zeros((drawn_hips.ROWS, drawn_hips.COLUMNS), np.int64)
    for side, labels in hips.items():
        femur = np.isin(labels, (1, 2))
        classes[np.isin(labels, (3, 4, 5))] = 5
        classes[femur] = 3 if side == "right" else 4
        centre = drawn_hips.HEAD[0] if side == "right" else drawn_hips.COLUMNS - 1 - drawn_hips.HEAD[0]
        head = femur & (np.hypot(x - centre, y - drawn_hips.HEAD[1]) <= drawn_hips.RADIUS)
        classes[head] = 1 if side == "right" else 2
    return np.moveaxis(np.eye(6, dtype=np.float32)[classes], -1, 0)


class Answers:
    """A back end that gives the probabilities of a frame, padded to the size of what it is asked about."""

    name, info = "Answers", {}

    def __init__(self, frame_of: Any, truth: np.ndarray) -> None:
        self._frame_of, self._truth = frame_of, truth
        self.asked: list[np.ndarray] = []

    def run(self, x: np.ndarray) -> np.ndarray:
        self.asked.append(x.copy())
        found = np.stack([self._frame_of(each)[0] for each in self._truth])
        margins = [((n - m) // 2, (n - m) - (n - m) // 2) for n, m in zip(x.shape[2:], found.shape[1:], strict=True)]
        background = np.pad(found[:1], [(0, 0), *margins], constant_values=1)
        return np.concatenate([background, np.pad(found[1:], [(0, 0), *margins])])[None].copy()


def networks(hips: dict[str, np.ndarray]) -> dict[str, Any]:
    """What ``open_networks`` gives, with the truth in place of models."""
    labels = np.maximum(*hips.values()) if len(hips) == 2 else next(iter(hips.values()))
    fine = np.moveaxis(np.eye(6, dtype=np.float32)[labels], -1, 0)
    coarse = Answers(letterboxed, coarse_truth(hips))
    # The size at which the fine network sees the film is that of the heads as the coarse one finds them.
    whole = np.stack([letterboxed(each)[0] for each in coarse_truth(hips)])
    heads = heads_in(whole, letterboxed(coarse_truth(hips)[0])[1])
    radius = float(np.mean([head.radius for head in heads]))
    regions = Answers(lambda each: at_head_scale(each, radius), fine)
    facts = {"name": "drawn", "version": "0", "sha256": "0" * 64}
    return {
        "coarse": SimpleNamespace(entry=SimpleNamespace(patch=(256, 256), **facts), backend=coarse),
        "fine": SimpleNamespace(entry=SimpleNamespace(patch=(1024, 1024), **facts), backend=regions),
    }
