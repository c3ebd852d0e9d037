"""The accuracy table of task hip-radiograph: simulated held-out films and films drawn by hand, apart, with pictures.

``python -m Training.evaluate.films --simulated DIR --drawn FILMS --out DIR``

``--simulated`` takes a folder of shadows of held-out shapes (``Training.simulate.film_patches hip_radiograph --part
test --each 1 --patients 20``); ``--drawn`` the folder of the films that ``Training/labels/radiographs`` holds outlines
of. With ``--others N`` that many films without outlines are shown, too.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hipjoint.errors import InputError
from hipjoint.labels import HIP_RADIOGRAPH
from hipjoint.progress import Silent
from hipjoint.tasks import hip_radiograph
from hipjoint.tasks.film_regions import LEFT_OFFSET
from hipjoint.volume.film import Film, read_film
from Training.evaluate.metrics import overlap
from Training.labels.films import film_labels, load_films, load_split
from Training.simulate.film_physics import picture_of

REGIONS = {1: "L1", 2: "L2", 3: "L3", 4: "L4", 5: "L5"}
COLOURS = np.array([(0, 0, 0), *(label.colour for label in HIP_RADIOGRAPH[: len(REGIONS)])], float)

Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """A film, its true label image (right hip 1 to 5, left hip 11 to 15) and its name."""

    name: str
    film: Film
    truth: Labels


def film_of(picture: NDArray[np.float32]) -> Film:
    """A picture (rows, columns) as the task takes it."""
    return Film(sitk.GetImageFromArray(picture[None]), "film")


def simulated_cases(folder: Path) -> list[Case]:
    """The films of a folder, both hips on each."""
    cases = []
    for path in sorted(folder.glob("*.npz")):
        rng = np.random.default_rng(int(path.stem))
        with np.load(path) as stored:
            heads = {side: stored[f"head_{side}"] for side in ("right", "left")}
            picture, exposed = picture_of(rng, stored["soft"], stored["bone"])
            truth = np.where(exposed, stored["labels"], 0)
        middle = np.mean([head[0] for head in heads.values()])
        left = (truth > 0) & (np.arange(truth.shape[1])[None] >= middle)
        cases.append(Case(path.stem, film_of(picture), np.where(left, truth + LEFT_OFFSET, truth).astype(np.uint8)))
    return cases


def drawn_cases(folder: Path, part: str) -> list[Case]:
    """The films of ``part`` (validation, test) that are drawn by hand."""
    films = load_films()
    cases = []
    for name in load_split()[part]:
        sides = [film_labels(films[name], (side,)) for side in ("right", "left")]
        truth = np.where(sides[1] > 0, sides[1] + LEFT_OFFSET, sides[0]).astype(np.uint8)
        cases.append(Case(name, read_film(folder / f"{name}.jpg"), truth))
    return cases


def found_labels(film: Film, models: Path | None) -> tuple[Labels, str]:
    """The label image of the task, and the sentence of a refusal (then all is 0)."""
    try:
        result = hip_radiograph.run(film, device="auto", progress=Silent(), models_dir=models)
    except InputError as error:
        return np.zeros(film.pixels.shape, np.uint8), str(error)
    return np.asarray(sitk.GetArrayFromImage(result.labels)[0]), ""


def compare(case: Case, models: Path | None) -> tuple[dict[str, object], Labels]:
    """Dice by hip and region of one film."""
    begun = monotonic()
    labels, refusal = found_labels(case.film, models)
    row: dict[str, object] = {"case": case.name, "seconds": round(monotonic() - begun, 2), "refused": refusal}
    for side, offset in (("right", 0), ("left", LEFT_OFFSET)):
        values = {n: (labels == v + offset, case.truth == v + offset) for v, n in REGIONS.items()}
        row[side] = {n: round(overlap(a, b), 4) for n, (a, b) in values.items() if b.any()}
    return row, labels


def summary(rows: list[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Mean, standard deviation and worst by region over all hips, and of the hips' means."""
    hips = [row[side] for row in rows for side in ("right", "left") if row[side]]
    out = {}
    for name in [*REGIONS.values(), "mean"]:
        values = [np.mean(list(h.values())) if name == "mean" else h[name] for h in hips if name in {*h, "mean"}]  # type: ignore[attr-defined,index]
        out[name] = {"mean": float(np.mean(values)), "sd": float(np.std(values)), "worst": float(np.min(values))}
    return out | {"hips": {"n": float(len(hips))}}


def tile(film: Film, labels: Labels, text: str, side: int = 420) -> NDArray[np.uint8]:
    """The film with the regions in colour, ``side`` pixels high."""
    values = film.pixels
    low, high = np.percentile(values, (1, 99.5))
    grey = np.repeat(np.clip((values - low) / max(high - low, 1e-6), 0, 1)[..., None], 3, 2) * 255
    shown = np.where(labels[..., None] > 0, 0.6 * grey + 0.4 * COLOURS[labels % LEFT_OFFSET], grey).astype(np.uint8)
    picture = Image.fromarray(shown).resize((round(side * values.shape[1] / values.shape[0]), side))
    canvas = Image.new("RGB", (round(1.25 * side), side + 14))
    canvas.paste(picture.crop((0, 0, min(picture.width, canvas.width), side)), (0, 14))
    ImageDraw.Draw(canvas).text((3, 1), text, fill=(255, 255, 255))
    return np.asarray(canvas)


def sheet(tiles: list[NDArray[np.uint8]], path: Path, columns: int = 4) -> None:
    """All pictures in rows."""
    blank = np.zeros_like(tiles[0])
    tiles = tiles + [blank] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles), columns)]
    Image.fromarray(np.concatenate(rows)).save(path, quality=82)


def other_tiles(folder: Path, count: int, models: Path | None) -> list[NDArray[np.uint8]]:
    """Pictures of the first ``count`` films that are not drawn by hand."""
    tiles = []
    for name in load_split()["adaptation"][:count]:
        film = read_film(folder / f"{name}.jpg")
        labels, refusal = found_labels(film, models)
        tiles.append(tile(film, labels, f"{name}  {'refused' if refusal else 'no reference'}"))
    return tiles


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulated", type=Path)
    parser.add_argument("--drawn", type=Path, help="folder of the real films")
    parser.add_argument("--parts", nargs="+", default=["validation", "test"])
    parser.add_argument("--others", type=int, default=0, help="how many films without outlines are shown")
    parser.add_argument("--models", type=Path, help="another models folder than the shipped one")
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    groups = {"simulated": simulated_cases(a.simulated)} if a.simulated else {}
    groups |= {f"drawn by hand, {part}": drawn_cases(a.drawn, part) for part in a.parts} if a.drawn else {}
    tables, shown = {}, []
    for title, cases in groups.items():
        compared = [compare(case, a.models) for case in cases]
        rows = [row for row, _ in compared]
        tables[title] = {"summary": summary(rows), "films": rows}
        pictures = []
        for case, (row, labels) in zip(cases, compared, strict=True):
            dice = [np.mean(list(row[s].values())) for s in ("right", "left") if row[s]]  # type: ignore[attr-defined]
            pictures.append((min(dice), tile(case.film, labels, f"{case.name}  {' '.join(f'{d:.2f}' for d in dice)}")))
        tiles = [picture for _, picture in sorted(pictures, key=lambda p: p[0])]
        sheet(tiles, a.out / f"{title.split()[-1]}.jpg")
        shown += tiles if title != "simulated" else []
        print(title, json.dumps(tables[title]["summary"]), flush=True)
    if shown:
        sheet(shown + other_tiles(a.drawn, a.others, a.models), a.out / "real_films.jpg")
    (a.out / "films.json").write_text(json.dumps(tables, indent=1))


if __name__ == "__main__":
    main()
