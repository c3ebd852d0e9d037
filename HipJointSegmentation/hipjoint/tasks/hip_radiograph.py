"""Hips on a radiograph in AP view: five regions of each, in two stages.

A coarse network sees the whole film and finds the femoral heads; a fine network sees it at the scale at which a head
has a radius of 32 pixels and outlines the regions. Probabilities, not labels, are brought back to the film's pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import HIP_RADIOGRAPH
from hipjoint.progress import Progress, Stages
from hipjoint.tasks.film_heads import FoundHead, find_heads
from hipjoint.tasks.film_inputs import Floats, normalised
from hipjoint.tasks.film_metal import find_metal, metal_warnings
from hipjoint.tasks.film_regions import label_image, part_film, segments_of
from hipjoint.tasks.networks import Network, network_facts, open_networks
from hipjoint.tasks.result import SegmentationResult
from hipjoint.volume import Volume
from hipjoint.volume.film import Film
from hipjoint.volume.film_pixels import negative
from hipjoint.warning import BoneWarning

TASK = "hip-radiograph"


@dataclass(frozen=True)
class FilmResult(SegmentationResult):
    """A result on a film (``image`` with white bone); ``heads`` are those that the coarse network found."""

    heads: tuple[FoundHead, ...] = ()


def run(
    volume: Volume, *, device: str, progress: Progress, threads: int | None = None, models_dir: Path | None = None
) -> FilmResult:
    """Segment the hips on a ``Film``.

    Raises InputError if it shows no hip in an AP view, ModelError if a model is missing or damaged.
    """
    if not isinstance(volume, Film):
        raise TypeError("a film is needed, as read_film gives it")
    stages = Stages(progress)
    stages.begin("Loading the models", 0.0)
    networks = open_networks(TASK, device, threads, progress, models_dir)
    stages.begin("Finding the hips", 0.2)
    film, seen, heads = _find(volume, networks["coarse"])
    stages.begin("Outlining the regions", 0.4)
    fine = networks["fine"]
    probability, frame = part_film(seen, heads, fine.entry, fine.backend, _told(progress))
    stages.begin("Returning to the film", 0.8)
    labels = label_image(probability, frame, heads)
    segments = segments_of(labels, probability, frame, heads, film.image)
    warnings = (*_warnings(film, heads), *metal_warnings(seen, heads))
    facts = {**network_facts(networks), "seconds": stages.seconds}
    return FilmResult(film.image, _on_grid(labels, film.image), segments, warnings, facts, heads)


def _find(film: Film, coarse: Network) -> tuple[Film, Floats, tuple[FoundHead, ...]]:
    """The film with white bone, the same normalised, and its heads; raises InputError if there are none."""
    for each in (film, replace(film, image=negative(film.image))):
        seen = normalised(each.pixels)
        heads = find_heads(seen, coarse.entry, coarse.backend)
        if heads:
            caution = () if each is film else ("The film is a negative: black and white were exchanged.",)
            return replace(each, cautions=(*film.cautions, *caution)), seen, heads
    metal = " It shows metal, perhaps in the place of a head." if find_metal(normalised(film.pixels)) else ""
    raise InputError(
        f"{film.name}: no hip in an AP view was found (it is of another part of the body, a lateral view, no "
        f"radiograph, or a hip without a head): give an AP radiograph of the pelvis or of one hip.{metal}"
    )


def _told(progress: Progress) -> Callable[[int, int], None]:
    def on_patch(done: int, total: int) -> None:
        progress.step("Outlining the regions", 0.4 + 0.4 * done / total)

    return on_patch


def _on_grid(labels: np.ndarray, image: sitk.Image) -> sitk.Image:
    out = sitk.GetImageFromArray(labels[None])
    out.CopyInformation(image)
    return out


def _warnings(film: Film, heads: Sequence[FoundHead]) -> tuple[str, ...]:
    found = list(film.cautions)
    sides = [head.side for head in heads]
    said = film.laterality
    if said and sides == ["right", "left"]:
        found.append(f"The header says that this film is of the {said} hip, but it shows both: check the sides.")
    elif said and said not in sides:
        found.append(
            f"The header says that this film is of the {said} hip, but it looks like a {sides[0]} one: one of the two "
            "is wrong, or the film is mirrored. The results are named by the picture."
        )
    rows, columns = film.pixels.shape
    for head in heads:
        low, high = head.centre - head.radius, head.centre + head.radius
        if low.min() < 0 or high[0] > columns - 1 or high[1] > rows - 1:
            labels = [label for label in HIP_RADIOGRAPH if label.side == head.side]
            found.append(BoneWarning(f"The {head.side} femoral head is cut by the edge of the film.", labels))
    return tuple(found)
