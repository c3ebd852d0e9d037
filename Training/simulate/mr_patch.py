"""A patch of an MR scan, simulated or real, and the file that training reads it from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch


@dataclass(frozen=True)
class Patch:
    """``image`` signal (Z, Y, X) of 0 and more; ``depth`` (K, Z, Y, X) mm under the surface of each structure.

    ``world`` (Z, Y, X, 3) are the points of the grid, LPS mm.
    """

    image: torch.Tensor
    depth: torch.Tensor
    world: torch.Tensor

    def save(self, path: Path, step: float) -> None:
        """Write signal as int16 and depths as int8 counts of ``step`` mm; a reader never sees half a file."""
        part = path.with_suffix(f".{os.getpid()}.part")
        counts = (self.depth / step).round().clamp(-127, 127).to(torch.int8)
        with part.open("wb") as file:
            np.savez(file, image=self.image.round().clamp(0, 32767).to(torch.int16).numpy(), depth=counts.numpy())
        part.replace(path)
