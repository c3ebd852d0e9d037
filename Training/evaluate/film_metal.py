"""How well metal on radiographs is noticed: every film of a list, and how long the longest bar of metal on it is.

``python -m Training.evaluate.film_metal --films FOLDER`` with the FOLDER of list.csv (file, fractured, hardware). Films
of the test, validation and guard lists of Training/labels/radiographs/split.json are left out unless ``--held-out``
asks for these alone (those with metal in the spine count as native hips and are told apart by their names).
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from hipjoint.tasks.film_inputs import normalised
from hipjoint.tasks.film_metal import LEAST_LENGTH, SIDE, find_metal
from hipjoint.volume.film import read_film
from Training.labels.films import load_split


def longest_bar(path: Path) -> float:
    """Length of the longest bar of metal on a film, as a share of its longest side; 0 for none."""
    bars = find_metal(normalised(read_film(path).pixels))
    return bars[0].length if bars else 0.0


def chosen(folder: Path, *, held_out: bool) -> list[tuple[Path, bool]]:
    """The films to look at, and whether metal is on them."""
    split = load_split()
    kept = {name for part in ("test", "validation", "guard") for name in split[part]}
    with (folder / "list.csv").open(newline="") as file:
        rows = [(folder / row["file"], row["hardware"] == "1") for row in csv.DictReader(file)]
    return [(path, metal) for path, metal in rows if (path.stem in kept) == held_out]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path, required=True)
    parser.add_argument("--held-out", action="store_true")
    a = parser.parse_args()
    films = chosen(a.films, held_out=a.held_out)
    lengths = np.array([longest_bar(path) for path, _ in films])
    metal = np.array([has for _, has in films])
    for (path, has), length in sorted(zip(films, lengths, strict=True), key=lambda each: each[1]):
        if length or has:
            print(f"{path.stem} metal {int(has)} longest bar {length:.3f}")
    found = lengths > 0
    print(f"noticed {np.count_nonzero(found & metal)} of {metal.sum()} films with metal")
    print(f"false alarms on {np.count_nonzero(found & ~metal)} of {(~metal).sum()} films without")
    print(f"threshold {LEAST_LENGTH / SIDE:.3f}")


if __name__ == "__main__":
    main()
