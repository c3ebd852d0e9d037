"""Real films without outlines, with the regions that the networks themselves draw: self-training of radiographs.

``python -m Training.simulate.film_real --films AP_PELVIS --models MODELS --folder PATCHES``

Only films of the split's part for adaptation are read. A film is shown to the networks as it is, mirrored and at three
scales; its regions are the mean of the answers after the rules of the task, and what they do not agree on is left out
of the loss (pseudo-labels: Lee, ICML workshop 2013). A film on which they agree little is left out as a whole.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hipjoint.models import Backend, ModelEntry
from hipjoint.progress import Silent
from hipjoint.tasks.film_heads import FoundHead, find_heads
from hipjoint.tasks.film_inputs import Floats, normalised
from hipjoint.tasks.film_regions import part_film
from hipjoint.tasks.hip_radiograph import TASK
from hipjoint.tasks.networks import open_networks
from hipjoint.volume.film import read_film
from Training.evaluate.metrics import overlap
from Training.labels.films import load_split

SCALES = (0.9, 1.0, 1.1)
SURE = 0.75  # mean probability below which a pixel is not used
AGREED = 0.88  # Dice between single answers and their mean below which a film is not used
UNSURE = 6  # in a label image: what no loss asks for

Labels = NDArray[np.uint8]


def answers(film: Floats, heads: tuple[FoundHead, ...], entry: ModelEntry, backend: Backend) -> NDArray[np.float32]:
    """Probabilities (answers, 6, rows, columns) on the pixels of a ``normalised`` film, mirrored ones turned back."""
    found = []
    for mirrored in (False, True):
        for scale in SCALES:
            shown = [_seen_so(head, film.shape[1] if mirrored else None, scale) for head in heads]
            turned = np.ascontiguousarray(film[:, ::-1]) if mirrored else film
            probability, frame = part_film(turned, shown, entry, backend)
            back = np.stack([frame.back(p, beyond=float(k == 0)) for k, p in enumerate(probability)])
            found.append(back[..., ::-1] if mirrored else back)
    return np.stack(found)


def _seen_so(head: FoundHead, columns: int | None, scale: float) -> FoundHead:
    """A head with its radius ``scale`` times as large, on a film of so many ``columns`` that is mirrored."""
    x, y = head.centre
    place = np.array([x if columns is None else columns - 1 - x, y])
    return FoundHead(head.side, place, head.radius * scale, head.sure)


def drawn(found: NDArray[np.float32]) -> tuple[Labels, float]:
    """Label image (rows, columns) with UNSURE, and how well the single answers agree with it (mean Dice of regions)."""
    mean = found.mean(0)
    best = mean.argmax(0).astype(np.uint8)
    each = [overlap(one.argmax(0) == value, best == value) for one in found for value in range(1, mean.shape[0])]
    return np.where(mean.max(0) < SURE, UNSURE, best).astype(np.uint8), float(np.mean(each))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path, required=True, help="folder of the real films")
    parser.add_argument("--models", type=Path, help="another models folder than the shipped one")
    parser.add_argument("--folder", type=Path, required=True)
    a = parser.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    networks = open_networks(TASK, "auto", None, Silent(), a.models)
    coarse, fine = networks["coarse"], networks["fine"]
    for name in load_split()["adaptation"]:
        pixels = read_film(a.films / f"{name}.jpg").pixels
        film = normalised(pixels)
        heads = find_heads(film, coarse.entry, coarse.backend)
        labels, agreed = drawn(answers(film, heads, fine.entry, fine.backend)) if len(heads) == 2 else (None, 0.0)
        kept = labels is not None and agreed >= AGREED
        print(json.dumps({"film": name, "agreed": round(agreed, 3), "kept": kept}), flush=True)
        if kept:
            places = {f"head_{h.side}": np.array([*h.centre, h.radius, 1], np.float32) for h in heads}
            picture = pixels.astype(np.float16)
            np.savez_compressed(a.folder / f"real_{name}.npz", picture=picture, labels=labels, **places)


if __name__ == "__main__":
    main()
