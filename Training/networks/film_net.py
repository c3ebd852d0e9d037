"""The networks of task hip-radiograph: a plain 2D U-Net in the manner of nnU-Net (Isensee et al. 2021), from MONAI."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.networks.nets import DynUNet
from torch import nn


class FilmNet(nn.Module):
    """Plain convolutions, instance norm, leaky ReLU, deep supervision; sides divisible by 2 ** (levels - 1)."""

    def __init__(self, inputs: int, classes: int, filters: Sequence[int]) -> None:
        super().__init__()
        levels = len(filters)
        strides = [1] + [2] * (levels - 1)
        self.unet = DynUNet(
            2,
            inputs,
            classes,
            [3] * levels,
            strides,
            strides[1:],
            filters=filters,
            norm_name=("INSTANCE", {"affine": True}),
            deep_supervision=True,
            deep_supr_num=2,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class logits (N, K, rows, columns) of films (N, 1, rows, columns).

        In training (N, 3, K, rows, columns): of three resolutions, finest first.
        """
        return self.unet(x)
