"""What is exported of a network: channels in, class probabilities out."""

from __future__ import annotations

import torch
from torch import nn


class Probabilities(nn.Module):
    """A network whose answer, or the first part of it, is class logits; softmax over its classes."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities (N, K, Z, Y, X) of channels (N, C, Z, Y, X)."""
        answer = self.network(x)
        return torch.softmax(answer if isinstance(answer, torch.Tensor) else answer[0], 1)
