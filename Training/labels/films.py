"""Hand-drawn outlines of the hips on plain films -> label images.

A film is drawn as rings: closed lines through control points, in pixels of the film. Column x and row y count from
the centre of the film's first pixel, so a whole number is the centre of a pixel and the film's edge lies at -0.5. A
point is ``[x, y]`` on a smooth stretch or ``[x, y, 1]`` at a corner; rings may run off the film. Rings of one label on
one hip are combined by the even-odd rule: a ring within a ring is a hole.

The five labels are those of Blazkova, "Segmentation of hip joint anatomy structures from radiographic images".
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

FOLDER = Path(__file__).parent / "radiographs"
SIDES = ("right", "left")
PRIORITY = (3, 4, 1, 2, 5, 0)  # where outlines overlap, and where two labels have the same share of a pixel
SUPERSAMPLING = 4

Ring = list[list[float]]
Hip = dict[str, list[Ring]]
Points = NDArray[np.float64]


def load_films(path: Path = FOLDER / "labels.json") -> dict[str, Any]:
    """The drawn films: name -> ``{"size": [columns, rows], "right": hip, "left": hip}``; the sides are the patient's.

    A hip is ``{"L1": [ring, ...], ..., "L5": [ring, ...]}``.
    """
    return dict(json.loads(path.read_text())["films"])


def load_split(path: Path = FOLDER / "split.json") -> dict[str, list[str]]:
    """Names of films for ``validation``, ``test`` and ``adaptation``, and ``guard`` (films for nothing)."""
    split = json.loads(path.read_text())
    return {key: split[key] for key in ("validation", "test", "adaptation", "guard")}


def ring_outline(ring: Ring, step: float = 0.25) -> Points:
    """The ring as a polygon: (n, 2) points x, y about ``step`` pixels apart.

    Smooth stretches are cubic splines over the square root of the chord ("centripetal": no loops between unevenly
    spaced points; Lee, Computer-Aided Design 21, 1989), natural at corners and periodic on a ring without any.
    """
    points = np.array([p[:2] for p in ring], float)
    corners = [i for i, p in enumerate(ring) if len(p) > 2 and p[2]]
    if not corners:
        return _stretch(np.vstack([points, points[:1]]), "periodic", step)
    turned = np.roll(points, -corners[0], axis=0)
    turned = np.vstack([turned, turned[:1]])
    ends = [c - corners[0] for c in corners] + [len(points)]
    return np.vstack([_stretch(turned[a : b + 1], "natural", step) for a, b in pairwise(ends)])


def rasterize(hip: Hip, shape: tuple[int, int], supersampling: int = SUPERSAMPLING) -> NDArray[np.uint8]:
    """The label image (rows, columns) of one hip, 0 to 5.

    Every pixel is cut into ``supersampling`` squared parts; a part belongs to the first label of ``PRIORITY`` that
    covers its centre, the pixel to the label with the largest share.
    """
    n = supersampling
    parts = np.zeros((shape[0] * n, shape[1] * n), np.uint8)
    for label in reversed(PRIORITY[:-1]):
        rings = [(ring_outline(ring) + 0.5) * n - 0.5 for ring in hip.get(f"L{label}", [])]
        inside = _inside(rings, parts.shape)
        parts[inside] = label
    blocks = parts.reshape(shape[0], n, shape[1], n)
    shares = np.stack([(blocks == label).sum((1, 3)) for label in PRIORITY])
    return np.array(PRIORITY, np.uint8)[shares.argmax(0)]


def film_labels(film: dict[str, Any], sides: tuple[str, ...] = SIDES) -> NDArray[np.uint8]:
    """The label image (rows, columns) of the named sides of a film; of two hips that meet, the right one wins."""
    columns, rows = film["size"]
    out = np.zeros((rows, columns), np.uint8)
    for side in sides:
        if side in film:
            labels = rasterize(film[side], (rows, columns))
            out = np.where(out == 0, labels, out)
    return out


def _inside(rings: list[Points], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which places (row, column) lie within the rings, by the even-odd rule along each row.

    By hand, as the polygons of scikit-image try every edge at every place: 20 times slower here.
    """
    flips = np.zeros((shape[0], shape[1] + 1), np.int32)
    for ring in rings:
        (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
        first = np.ceil(np.minimum(y0, y1)).astype(int)
        crossed = np.ceil(np.maximum(y0, y1)).astype(int) - first
        edge = np.repeat(np.arange(len(ring)), crossed)
        row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(crossed) - crossed, crossed)
        x = x0[edge] + (row - y0[edge]) * (x1 - x0)[edge] / (y1 - y0)[edge]
        column = np.clip(np.ceil(x).astype(int), 0, shape[1])
        seen = (row >= 0) & (row < shape[0])
        np.add.at(flips, (row[seen], column[seen]), 1)
    return np.cumsum(flips, axis=1)[:, :-1] % 2 == 1


def _stretch(points: Points, ends: str, step: float) -> Points:
    """A curve through ``points`` without its last one."""
    chords = np.linalg.norm(np.diff(points, axis=0), axis=1)
    t = np.concatenate([[0.0], np.cumsum(np.sqrt(chords))])
    u = [np.linspace(a, b, max(1, round(c / step)), endpoint=False) for a, b, c in zip(t, t[1:], chords, strict=False)]
    curve: Points = CubicSpline(t, points, bc_type=ends)(np.concatenate(u))
    return curve
