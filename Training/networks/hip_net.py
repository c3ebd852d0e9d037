"""The network of the bone tasks: a 3D U-Net with a Transformer at the bottleneck and a boundary branch.

After the multi-task network of Jin et al. (Biomed Phys Eng Express 2025, doi 10.1088/2057-1976/ae0593): convolutional
encoder with a Transformer module, decoder with skip connections, and a branch that learns the joint-facing surfaces
and whose answer the segmentation head sees. Built from MONAI blocks.

Almost all convolutions run on half the input's grid, which on a CPU is two to three times faster to train than a full
level there. What the full grid has is a thin stem, whose features meet the answer again in the head, so that edges keep
their place.
"""

from __future__ import annotations

import torch
from monai.networks.blocks import Convolution, TransformerBlock
from torch import nn


def _conv(inputs: int, outputs: int, strides: int = 1) -> Convolution:
    # Groups of 16 channels: torch's group norm is five to sixteen times slower on a CPU with groups narrower than that.
    norm, act = ("group", {"num_groups": max(1, outputs // 16)}), ("relu", {"inplace": True})
    return Convolution(3, inputs, outputs, strides=strides, kernel_size=3, norm=norm, act=act, bias=False)


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


class _Ends(nn.Module):
    """First and last layers: a thin full-resolution level, and the boundary branch."""

    def __init__(self, inputs: int, classes: int, width: int, stem: int) -> None:
        super().__init__()
        self.stem = _conv(inputs, stem)
        self.first = _Stage(stem, width, 2)
        self.up = nn.ConvTranspose3d(width, stem, 2, 2)
        self.edges = nn.Sequential(_conv(width, 16), nn.ConvTranspose3d(16, stem, 2, 2), nn.ReLU(inplace=True))
        self.boundary = nn.Conv3d(stem, 1, 1)
        # 32 channels for a stem of 16: bf16 units of processors work on 32 at a time, and 40 cost twice as much.
        self.head = nn.Sequential(_conv(2 * stem, stem), nn.Conv3d(stem, classes, 1))

    def begin(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features on half the grid, and those of the full grid for the end."""
        full = self.stem(x)
        return self.first(full), full

    def end(self, x: torch.Tensor, full: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Class and boundary logits on the full grid."""
        edges = self.edges(x)
        return self.head(torch.cat([self.up(x) + edges, full], 1)), self.boundary(edges)


class HipNet(nn.Module):
    """U-Net for ``inputs`` channels and ``classes`` classes; the sides of what it sees are divisible by 8."""

    def __init__(
        self,
        inputs: int,
        classes: int,
        widths: tuple[int, int, int] = (48, 96, 160),
        layers: int = 2,
        heads: int = 4,
        stem: int = 16,
    ) -> None:
        super().__init__()
        a, b, c = widths
        self.ends = _Ends(inputs, classes, a, stem)
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
