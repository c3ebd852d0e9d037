"""The networks of task onfh-mri: MONAI's dynamic U-Net (after nnU-Net, Isensee et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.networks.nets import DynUNet
from torch import nn


class HeadNet(nn.Module):
    """Dynamic U-Net; the sides of what it sees are divisible by 2 to the power of its levels less one."""

    def __init__(self, inputs: int, classes: int, filters: Sequence[int]) -> None:
        super().__init__()
        levels = len(filters)
        strides = [1] + [2] * (levels - 1)
        norm = ("INSTANCE", {"affine": True})
        self.unet = DynUNet(3, inputs, classes, [3] * levels, strides, strides[1:], filters=filters, norm_name=norm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class logits (N, K, Z, Y, X) of channels (N, C, Z, Y, X)."""
        return self.unet(x)
