"""What a network sees of an image; training and inference call the same function."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def normalised(hu: npt.NDArray[np.float32], window: tuple[float, float]) -> npt.NDArray[np.float32]:
    """HU of any shape to float32: ``window`` (lowest, highest HU) becomes -1 to 1, what lies beyond is cut off."""
    low, high = window
    scaled = np.clip(np.asarray(hu, dtype=np.float32), np.float32(low), np.float32(high))
    return (scaled - np.float32(low)) * np.float32(2 / (high - low)) - np.float32(1)
