"""One YAML file says everything about a model: what it sees, what it answers, how it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter
from torch import nn

from Training.networks.film_net import FilmNet
from Training.networks.head_net import HeadNet
from Training.networks.hip_net import HipNet


class Config(BaseModel):
    """What all models share. Spacing in mm, depth_step in mm a stored count of distance, crop: side of an example."""

    model_config = ConfigDict(extra="forbid")

    network: str
    spacing: float
    depth_step: float
    channels: list[str]
    classes: list[str]
    crop: int
    batch: int
    learning_rate: float

    @property
    def sided(self) -> bool:
        """Whether right and left are classes of their own."""
        return any(name.endswith("_right") for name in self.classes)

    @property
    def dimensions(self) -> int:
        """Of what the network sees."""
        return 3

    @property
    def kinds(self) -> tuple[int, ...]:
        """How many classes in turn are one kind of thing: background, then right and left of the same bone as two."""
        names = [name.removesuffix("_right").removesuffix("_left") for name in self.classes]
        return tuple(names.count(name) for name in dict.fromkeys(names))

    @property
    def loss_weights(self) -> list[float] | None:
        """Of the classes in the cross-entropy; None if all count the same, or by place."""
        return None

    def build(self) -> nn.Module:
        """An untrained network."""
        raise NotImplementedError

    def grid(self) -> dict[str, Any]:
        """The voxels of what the network sees, as the manifest of the models says it."""
        return {"spacing_mm": self.spacing, "orientation": "LPS"}

    def seen(self) -> dict[str, Any]:
        """How an image becomes the network's input, as the manifest of the models says it."""
        raise NotImplementedError


class CtConfig(Config):
    """A model of task hip-ct; window in HU."""

    window: tuple[float, float]
    widths: tuple[int, int, int]
    layers: int
    stem: int
    joint_weight: float
    boundary_weight: float

    def build(self) -> HipNet:
        """An untrained network."""
        return HipNet(len(self.channels), len(self.classes), self.widths, self.layers, stem=self.stem)

    def seen(self) -> dict[str, Any]:
        """The grid, and the window that becomes -1 to 1."""
        return {**self.grid(), "window": list(self.window)}


class MrConfig(Config):
    """A model of task onfh-mri. ``percentiles`` of the values become -1 and 1; ``filters`` of each of the levels.

    ``head_weight`` is how much more a voxel of the head counts in the cross-entropy. ``grow`` in mm is by how much what
    is asked for is larger than the head: a network that only has to find it learns sooner from more voxels.
    """

    percentiles: tuple[float, float]
    filters: list[int]
    head_weight: float
    grow: float = 0.0

    def build(self) -> HeadNet:
        """An untrained network."""
        return HeadNet(len(self.channels), len(self.classes), self.filters)

    def seen(self) -> dict[str, Any]:
        """The grid, and the percentiles that become -1 and 1."""
        return {**self.grid(), "percentiles": list(self.percentiles)}


class FilmConfig(Config):
    """A model of task hip-radiograph; ``class_weights`` of a pixel in the cross-entropy. It has no spacing."""

    class_weights: list[float]
    filters: list[int]

    @property
    def loss_weights(self) -> list[float]:
        """As they are set."""
        return self.class_weights

    @property
    def dimensions(self) -> int:
        """Films have two."""
        return 2

    def build(self) -> FilmNet:
        """An untrained network."""
        return FilmNet(len(self.channels), len(self.classes), self.filters)

    def seen(self) -> dict[str, Any]:
        """Whether the whole film is seen at once or the film at the scale of the head; nothing else is to be set."""
        return {"orientation": "LF", "film": "whole" if self.sided else "head"}


AnyConfig = CtConfig | MrConfig | FilmConfig


def parse_config(values: dict[str, Any]) -> AnyConfig:
    """The config of a CT, MR or radiograph model, as its fields say."""
    return TypeAdapter(AnyConfig).validate_python(values)


def load_config(path: Path) -> AnyConfig:
    """Read and check a config file."""
    return parse_config(yaml.safe_load(path.read_text()))
