"""Pictures of simulated films, without and with their labels.

``python -m Training.simulate.film_gallery --films DIR --out PICTURE``; ``film_patches`` fills DIR.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from Training.evaluate.films import sheet, simulated_cases, tile


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=8)
    a = parser.parse_args()
    tiles = []
    for case in simulated_cases(a.films)[: a.count]:
        tiles.append(tile(case.film, np.zeros_like(case.truth), case.name, 300))
        tiles.append(tile(case.film, case.truth, "with labels", 300))
    sheet(tiles, a.out)


if __name__ == "__main__":
    main()
