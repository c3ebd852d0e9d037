"""The network of the bone tasks: a 3D U-Net with a Transformer at the bottleneck and a boundary branch.

After the multi-task network of Jin et al. (Biomed Phys Eng Express 2025, doi 10.1088/2057-1976/ae0593): convolutional
encoder with a Transformer module, decoder with skip connections, and a branch that learns the joint-facing surfaces
and whose answer the segmentation head sees. Built from MONAI blocks.

Almost all convolutions run on half the input's grid, which on a CPU is two to three times faster to train than a full
level there. What the full grid has is a thin stem, whose features meet the answer again in the head, so that edges keep
their place. Without a stem (``stem=0``) the eight voxels of each 2x2x2 cell are the input channels and each cell
answers for its voxels (sub-pixel convolution, Shi et al. 2016): fast, and exact enough for a coarse network only.
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


class _CellEnds(nn.Module):
    """First and last layers of a network without full-resolution level."""

    def __init__(self, inputs: int, classes: int, width: int) -> None:
        super().__init__()
        self.first = _Stage(8 * inputs, width)
        self.boundary = nn.Sequential(_conv(width, 16), nn.Conv3d(16, 8, 1))
        self.head = nn.Sequential(
            nn.Conv3d(width + 8, 2 * width, 1), nn.ReLU(inplace=True), nn.Conv3d(2 * width, 8 * classes, 1)
        )

    def begin(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features on half the grid; nothing is kept for the end."""
        x = cells(x)
        if not torch.jit.is_tracing():
            x = x.contiguous(memory_format=torch.channels_last_3d)
        return self.first(x), x

    def end(self, x: torch.Tensor, _: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Class and boundary logits on the full grid."""
        boundary = self.boundary(x)
        return voxels(self.head(torch.cat([x, torch.sigmoid(boundary)], 1))), voxels(boundary)


class _StemEnds(nn.Module):
    """First and last layers with a thin full-resolution level."""

    def __init__(self, inputs: int, classes: int, width: int, stem: int) -> None:
        super().__init__()
        self.stem = _conv(inputs, stem)
        self.first = _Stage(stem, width, 2)
        self.up = nn.ConvTranspose3d(width, stem, 2, 2)
        self.edges = nn.Sequential(_conv(width, 16), nn.ConvTranspose3d(16, 8, 2, 2), nn.ReLU(inplace=True))
        self.boundary = nn.Conv3d(8, 1, 1)
        self.head = nn.Sequential(_conv(2 * stem + 8, stem), nn.Conv3d(stem, classes, 1))

    def begin(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features on half the grid, and those of the full grid for the end."""
        full = self.stem(x)
        return self.first(full), full

    def end(self, x: torch.Tensor, full: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Class and boundary logits on the full grid."""
        edges = self.edges(x)
        return self.head(torch.cat([self.up(x), full, edges], 1)), self.boundary(edges)


class HipNet(nn.Module):
    """U-Net for ``inputs`` channels and ``classes`` classes; the sides of what it sees are divisible by 8."""

    def __init__(
        self,
        inputs: int,
        classes: int,
        widths: tuple[int, int, int] = (48, 96, 160),
        layers: int = 2,
        heads: int = 4,
        stem: int = 0,
    ) -> None:
        super().__init__()
        a, b, c = widths
        self.ends = _StemEnds(inputs, classes, a, stem) if stem else _CellEnds(inputs, classes, a)
        self.down = nn.ModuleList([_Stage(a, b, 2), _Stage(b, c, 2)])
        self.bottleneck = _Bottleneck(c, layers, heads)
        self.up = nn.ModuleList([_Up(c, b, b), _Up(b, a, a)])

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Class logits (N, K, Z, Y, X) and boundary logits (N, 1, Z, Y, X) of channels (N, C, Z, Y, X)."""
        x, full = self.ends.begin(x)
        skips = [x]
        for stage in self.down:
            x = stage(x)
            skips.append(x)
        x = self.bottleneck(x)
        for stage, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            x = stage(x, skip)
        return self.ends.end(x, full)


class Probabilities(nn.Module):
    """What is exported: channels in, class probabilities out."""

    def __init__(self, network: HipNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities (N, K, Z, Y, X) of channels (N, C, Z, Y, X)."""
        return torch.softmax(self.network(x)[0], 1)
