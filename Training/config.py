"""One YAML file says everything about a model: what it sees, what it answers, how it is trained."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from Training.networks.hip_net import HipNet


class Config(BaseModel):
    """Spacing in mm, window in HU, depth_step in mm a count of the stored distances; crop is the side of an example."""

    model_config = ConfigDict(extra="forbid")

    network: str
    spacing: float
    depth_step: float
    window: tuple[float, float]
    channels: list[str]
    classes: list[str]
    widths: tuple[int, int, int]
    layers: int
    stem: int
    crop: int
    batch: int
    learning_rate: float
    joint_weight: float
    boundary_weight: float

    @property
    def sided(self) -> bool:
        """Whether right and left are classes of their own."""
        return "femur_right" in self.classes

    def build(self) -> HipNet:
        """An untrained network."""
        return HipNet(len(self.channels), len(self.classes), self.widths, self.layers, stem=self.stem)


def load_config(path: Path) -> Config:
    """Read and check a config file."""
    return Config.model_validate(yaml.safe_load(path.read_text()))
