"""What a network sees of an image; training and inference call the same function."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hipjoint.models.manifest import ModelInput


def seen_by(given: ModelInput, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What a model sees of ``values`` of any shape, by what its manifest says."""
    if given.percentiles is not None:
        return stretched(values, given.percentiles)
    assert given.window is not None  # noqa: S101 - the manifest has one or the other
    return normalised(values, given.window)


def normalised(hu: npt.NDArray[np.float32], window: tuple[float, float]) -> npt.NDArray[np.float32]:
    """HU of any shape to float32: ``window`` (lowest, highest HU) becomes -1 to 1, what lies beyond is cut off."""
    low, high = window
    scaled = np.clip(np.asarray(hu, dtype=np.float32), np.float32(low), np.float32(high))
    return (scaled - np.float32(low)) * np.float32(2 / (high - low)) - np.float32(1)


def stretched(
    signal: npt.NDArray[np.float32], percentiles: tuple[float, float], brightest: float = 1.5
) -> npt.NDArray[np.float32]:
    """MR signal of any shape to float32: the two ``percentiles`` of its values become -1 and 1.

    What is darker than -1 or brighter than ``brightest`` is cut off. An image of one value becomes -1 all over.
    """
    low, high = (float(value) for value in np.percentile(signal, percentiles))
    scale = np.float32(2.0 / max(high - low, 1e-6))
    scaled = (np.asarray(signal, dtype=np.float32) - np.float32(low)) * scale - np.float32(1)
    return np.asarray(np.clip(scaled, np.float32(-1), np.float32(brightest)), dtype=np.float32)
