"""What the networks see of a plain film; training and inference call the same functions.

A film is a float array (rows, columns) on which bone is white. Places are (x, y), that is column and row, and count
from the centre of the first pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]

COARSE_SIDE = 256  # pixels; the whole film for the first network
HEAD_RADIUS = 32.0  # pixels of a femoral head for the second network: 0.75 mm a pixel for a head of 48 mm
LONGEST = (256, 1600)  # pixels of the longest side of a film at the scale of the head, however wrong the radius

_ENDS = (0.5, 99.5)  # percentiles of what is exposed; what is darker or whiter is clipped
_FLAT = 0.02  # of the range of a film: so near its darkest or whitest values lie burnt-in borders and markers
_SAMPLE = 1_000_000  # pixels; enough to take percentiles of


def normalised(film: npt.ArrayLike) -> Floats:
    """Robust z-score (rows, columns), float32, of a film with white bone, its values in any units.

    Mean and spread are those of what is exposed, clipped at its percentiles 0.5 and 99.5; the black and white of
    burnt-in borders and markers does not count and is clipped too. A film of one value becomes 0 all over.
    """
    values = np.asarray(film, dtype=np.float32)
    step = max(1, int(np.sqrt(values.size / _SAMPLE)))
    exposed = _exposed(values[::step, ::step])
    low, high = (np.float32(end) for end in np.percentile(exposed, _ENDS))
    clipped = np.clip(exposed, low, high)
    mean, spread = np.float32(clipped.mean(dtype=np.float64)), np.float32(clipped.std(dtype=np.float64))
    return np.asarray((np.clip(values, low, high) - mean) / max(spread, np.float32(1e-6)), dtype=np.float32)


def _exposed(values: Floats) -> Floats:
    """The values (n,) between the black and the white that films are framed and marked with; all, if few are left."""
    low, high = np.percentile(values, (0.1, 99.9))
    margin = _FLAT * (high - low)
    between = values[(values > low + margin) & (values < high - margin)]
    return between if between.size > values.size / 20 else values.ravel()


@dataclass(frozen=True)
class FilmFrame:
    """A grid of ``shape`` (rows, columns) laid over a film: its pixel (x, y) is ``origin`` + ``scale`` (x, y) of it.

    ``origin`` (x, y) and ``scale`` are in pixels of the film, whose own grid has the ``film_shape``.
    """

    shape: tuple[int, int]
    origin: tuple[float, float]
    scale: float
    film_shape: tuple[int, int]

    def to_film(self, places: npt.ArrayLike) -> Places:
        """Places (..., 2) as x, y of the frame, in pixels of the film."""
        return np.asarray(self.origin, dtype=np.float64) + np.asarray(places, dtype=np.float64) * self.scale

    def from_film(self, places: npt.ArrayLike) -> Places:
        """Places (..., 2) as x, y of the film, in pixels of the frame."""
        return np.asarray((np.asarray(places, dtype=np.float64) - np.asarray(self.origin)) / self.scale)

    def seen(self, film: npt.ArrayLike) -> Floats:
        """An image (rows, columns) on the film's grid, brought onto the frame without aliasing.

        What lies beyond the film gets the image's lowest value.
        """
        image = np.asarray(film, dtype=np.float32)
        # As scikit-image does: half a pixel of the frame is what it cannot show.
        smooth = ndimage.gaussian_filter(image, (self.scale - 1) / 2, mode="nearest") if self.scale > 1 else image
        return self._laid(smooth, 1, float(image.min()))

    def labels(self, film_labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """A label image on the film's grid brought onto the frame, nearest label; background beyond the film."""
        return np.asarray(self._laid(film_labels, 0, 0.0), dtype=np.uint8)

    def back(self, image: Floats, beyond: float = 0.0) -> Floats:
        """An image (rows, columns) of the frame on the film's grid; ``beyond`` is what the frame does not reach.

        The image must be smooth at the film's scale, as probabilities are: it is not filtered.
        """
        start = self.from_film((0.0, 0.0))[::-1]
        return np.asarray(
            ndimage.affine_transform(
                image, [1 / self.scale] * 2, start, self.film_shape, order=1, mode="grid-constant", cval=beyond
            ),
            dtype=np.float32,
        )

    def _laid(self, image: npt.NDArray[np.generic], order: int, beyond: float) -> Floats:
        # Half a pixel at the film's edge is the film too, hence "nearest" there and ``beyond`` only outside.
        x, y = (start + np.arange(n) * self.scale for start, n in zip(self.origin, self.shape[::-1], strict=True))
        inside = np.ix_(_within(y, self.film_shape[0]), _within(x, self.film_shape[1]))
        out = np.full(self.shape, beyond, dtype=np.float32)
        laid = ndimage.affine_transform(
            image, [self.scale] * 2, self.origin[::-1], self.shape, np.float32, order=order, mode="nearest"
        )
        out[inside] = laid[inside]
        return out


def letterboxed(film: Floats, side: int = COARSE_SIDE) -> tuple[Floats, FilmFrame]:
    """The whole film (side, side), its longest side on ``side`` pixels, padded with its lowest value; and its frame.

    Give it the ``normalised`` film.
    """
    rows, columns = film.shape
    scale = max(rows, columns) / side
    frame = FilmFrame((side, side), _centred((side, side), film.shape, scale), scale, (rows, columns))
    return frame.seen(film), frame


def at_head_scale(film: Floats, head_radius_px: float) -> tuple[Floats, FilmFrame]:
    """The whole film at the scale at which a head of ``head_radius_px`` film pixels measures 32; and its frame.

    The longest side has 256 to 1600 pixels, whatever the radius. Give it the ``normalised`` film.
    """
    rows, columns = film.shape
    longest = max(rows, columns)
    scale = float(np.clip(head_radius_px / HEAD_RADIUS, longest / LONGEST[1], longest / LONGEST[0]))
    shape = (max(1, round(rows / scale)), max(1, round(columns / scale)))
    frame = FilmFrame(shape, _centred(shape, film.shape, scale), scale, (rows, columns))
    return frame.seen(film), frame


def _centred(shape: tuple[int, int], film_shape: tuple[int, ...], scale: float) -> tuple[float, float]:
    """Origin (x, y) of a frame whose middle is the film's."""
    rows, columns = film_shape[:2]
    return (columns - 1) / 2 - (shape[1] - 1) / 2 * scale, (rows - 1) / 2 - (shape[0] - 1) / 2 * scale


def _within(places: npt.NDArray[np.floating], size: int) -> npt.NDArray[np.bool_]:
    return np.asarray((places >= -0.5) & (places <= size - 0.5))
