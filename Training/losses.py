"""What a training makes small: soft Dice and weighted cross-entropy, side-blind too where the classes have sides."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from monai.losses import DiceLoss

from Training.config import AnyConfig, Config, CtConfig, FilmConfig, MrConfig

Loss = tuple[torch.Tensor, torch.Tensor]  # all of it, and the soft Dice loss by itself for the log


class ClassLosses(torch.nn.Module):
    """Soft Dice and weighted cross-entropy of class shares."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.kinds, self.sided = config.kinds, config.sided
        self.dice = DiceLoss(include_background=False, batch=True, smooth_nr=1.0, smooth_dr=1.0)

    def classes(self, logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> Loss:
        """Of logits and target shares (N, K, ...) and the weight (N, ...) of each voxel."""
        found = F.log_softmax(logits.float().contiguous(), 1)
        loss, dice = self._one(found, target, weight)
        if self.sided:
            # Which bone is easier to see than which side; without this term neither is learned for a long time.
            blind = torch.cat([part.logsumexp(1, True) for part in found.split(self.kinds, 1)], 1)
            both = torch.cat([part.sum(1, True) for part in target.split(self.kinds, 1)], 1)
            loss = loss + self._one(blind, both, weight)[0]
        return loss, dice

    def _one(self, found: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> Loss:
        dice = self.dice(found.exp() * target.sum(1, keepdim=True), target)  # where nothing is asked, nothing is wrong
        return dice - ((found * target).sum(1) * weight).mean(), dice


class JointLosses(ClassLosses):
    """Multi-task loss of the CT networks: classes, and cross-entropy of the joint's surfaces."""

    def __init__(self, config: CtConfig) -> None:
        super().__init__(config)
        self.joint_weight, self.boundary_weight = config.joint_weight, config.boundary_weight

    def forward(self, answer: tuple[torch.Tensor, torch.Tensor], target: torch.Tensor, boundary: torch.Tensor) -> Loss:
        """Of class and boundary logits."""
        logits, edge = answer
        loss, dice = self.classes(logits, target, 1 + self.joint_weight * boundary[:, 0])
        surfaces = F.binary_cross_entropy_with_logits(edge.float(), boundary)
        return loss + self.boundary_weight * surfaces, dice


class HeadLosses(ClassLosses):
    """Loss of the MR networks: classes, the head counting more than what is round it."""

    def __init__(self, config: MrConfig) -> None:
        super().__init__(config)
        self.head_weight = config.head_weight

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> Loss:
        """Of class logits."""
        return self.classes(logits, target, 1 + self.head_weight * (1 - target[:, 0]))


class FilmLosses(ClassLosses):
    """Loss of the radiograph networks: classes at three resolutions, each coarser one counting half (nnU-Net)."""

    def __init__(self, config: FilmConfig) -> None:
        super().__init__(config)
        self.register_buffer("weights", torch.tensor(config.class_weights))

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> Loss:
        """Of class logits (N, D, K, rows, columns), finest first."""
        weight = (target * self.weights[:, None, None]).sum(1)
        each = [self.classes(part, target, weight) for part in logits.unbind(1)]
        total = sum(loss / 2**i for i, (loss, _) in enumerate(each)) / sum(0.5**i for i in range(len(each)))
        return total, each[0][1]


def losses_of(config: AnyConfig) -> JointLosses | HeadLosses | FilmLosses:
    """The loss of a model."""
    if isinstance(config, FilmConfig):
        return FilmLosses(config)
    return JointLosses(config) if isinstance(config, CtConfig) else HeadLosses(config)
