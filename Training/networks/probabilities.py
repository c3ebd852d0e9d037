"""What is exported of a network: channels in, class probabilities out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


class Probabilities(nn.Module):
    """A network whose answer, or the first part of it, is class logits; softmax over its classes.

    ``weights`` (K,) are those of the classes in the cross-entropy of the training. They make a network take a class for
    so much likelier than it is, so that thin regions come out too thick; here they are taken off again.
    """

    def __init__(self, network: nn.Module, weights: Sequence[float] | None = None) -> None:
        super().__init__()
        self.network = network
        self.less = None if weights is None else torch.tensor(weights).log()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities (N, K, Z, Y, X) of channels (N, C, Z, Y, X)."""
        answer = self.network(x)
        logits = answer if isinstance(answer, torch.Tensor) else answer[0]
        if self.less is not None:
            logits = logits - self.less.reshape(-1, *[1] * (logits.ndim - 2))
        return torch.softmax(logits, 1)
