"""What a run-time back end is, whatever library is behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Note = Callable[[str], None]


class GpuMemoryError(Exception):
    """The graphics card has too little memory for what was asked."""


class Backend(Protocol):
    """Runs one model."""

    @property
    def name(self) -> str:
        """Library, device and precision in words, such as "OpenVINO CPU bf16": what really computes by now."""

    @property
    def info(self) -> dict[str, str | int]:
        """``library``, ``version``, ``provider``, ``precision`` and ``threads`` for the run manifest."""

    def run(self, x: Floats) -> Floats:
        """Probabilities (N, K, Z, Y, X) of channels (N, C, Z, Y, X), both float32; the array belongs to the caller.

        A network for films takes and gives arrays without Z.
        """
