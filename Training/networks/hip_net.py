"""The network of the bone tasks: a 3D U-Net with a Transformer at the bottleneck and a boundary branch.

After the multi-task network of Jin et al. (Biomed Phys Eng Express 2025, doi 10.1088/2057-1976/ae0593): convolutional
encoder with a Transformer module, decoder with skip connections, and a branch that learns the joint-facing surfaces
and whose answer the segmentation head sees. Built from MONAI blocks.

All convolutions run on half the input's grid: the eight voxels of each 2x2x2 cell are its input channels, and each
cell answers for its eight voxels (sub-pixel convolution, Shi et al. 2016). On a CPU that is three times faster to train
than a full-resolution level of the same network and keeps the full-resolution answer.
"""

from __future__ import annotations

import torch
from monai.networks.blocks import Convolution, TransformerBlock
from torch import nn


def _conv(inputs: int, outputs: int, strides: int = 1) -> Convolution:
    norm, act = ("group", {"num_groups": 8}), ("relu", {"inplace": True})
    return Convolution(3, inputs, outputs, strides=strides, kernel_size=3, norm=norm, act=act, bias=False)


def cells(x: torch.Tensor) -> torch.Tensor:
    """(N, C, Z, Y, X) to (N, 8 C, Z/2, Y/2, X/2)."""
    n, c, z, y, w = x.shape
    x = x.reshape(n, c, z // 2, 2, y // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 7, 2, 4, 6)
    return x.reshape(n, c * 8, z // 2, y // 2, w // 2)


def voxels(x: torch.Tensor) -> torch.Tensor:
    """(N, 8 C, Z, Y, X) to (N, C, 2 Z, 2 Y, 2 X), the inverse of ``cells``."""
    n, c, z, y, w = x.shape
    x = x.reshape(n, c // 8, 2, 2, 2, z, y, w).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return x.reshape(n, c // 8, 2 * z, 2 * y, 2 * w)


class _Stage(nn.Sequential):
    """Two convolutions; the first may halve the grid."""

    def __init__(self, inputs: int, outputs: int, strides: int = 1) -> None:
        super().__init__(_conv(inputs, outputs, strides), _conv(outputs, outputs))


class _Bottleneck(nn.Module):
    """Transformer layers over the deepest feature map, each place a token.

    Where a token lies is told by a depth-wise convolution (conditional positional encoding, Chu et al. 2021), so that
    the network works on any window size.
    """

    def __init__(self, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.place = nn.Conv3d(width, width, 3, padding=1, groups=width)
        self.blocks = nn.ModuleList(TransformerBlock(width, width * 2, heads) for _ in range(layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.place(x)
        tokens = x.flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        return tokens.transpose(1, 2).reshape(x.shape)


class _Up(nn.Module):
    """Doubles the grid and joins the skip connection."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose3d(inputs, outputs, 2, 2)
        self.join = _Stage(outputs + skip, outputs)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return self.join(torch.cat([self.up(x), skip], 1))


class HipNet(nn.Module):
    """U-Net for ``inputs`` channels and ``classes`` classes; the sides of what it sees are divisible by 8."""

    def __init__(
        self, inputs: int, classes: int, widths: tuple[int, int, int] = (48, 96, 160), layers: int = 2, heads: int = 4
    ) -> None:
        super().__init__()
        a, b, c = widths
        self.down = nn.ModuleList([_Stage(8 * inputs, a), _Stage(a, b, 2), _Stage(b, c, 2)])
        self.bottleneck = _Bottleneck(c, layers, heads)
        self.up = nn.ModuleList([_Up(c, b, b), _Up(b, a, a)])
        self.boundary = nn.Sequential(_conv(a, 16), nn.Conv3d(16, 8, 1))
        self.head = nn.Sequential(nn.Conv3d(a + 8, 2 * a, 1), nn.ReLU(inplace=True), nn.Conv3d(2 * a, 8 * classes, 1))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Class logits (N, K, Z, Y, X) and boundary logits (N, 1, Z, Y, X) of channels (N, C, Z, Y, X)."""
        x = cells(x)
        if not torch.jit.is_tracing():
            x = x.contiguous(memory_format=torch.channels_last_3d)
        skips = []
        for stage in self.down:
            x = stage(x)
            skips.append(x)
        x = self.bottleneck(x)
        for stage, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            x = stage(x, skip)
        boundary = self.boundary(x)
        return voxels(self.head(torch.cat([x, torch.sigmoid(boundary)], 1))), voxels(boundary)


class Probabilities(nn.Module):
    """What is exported: channels in, class probabilities out."""

    def __init__(self, network: HipNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities (N, K, Z, Y, X) of channels (N, C, Z, Y, X)."""
        return torch.softmax(self.network(x)[0], 1)
