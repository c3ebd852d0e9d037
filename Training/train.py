"""Train one network on a folder of simulated patches, for a stated time; stop and go on at will.

``python -m Training.train Training/configs/hip_ct_fine.yaml --patches DIR --out DIR --minutes 90``
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from monai.losses import DiceLoss
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from Training.config import Config, load_config
from Training.examples import Patches


class Losses(torch.nn.Module):
    """Multi-task loss: soft Dice and weighted cross-entropy of the classes, cross-entropy of the joint's surfaces."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.dice = DiceLoss(softmax=True, include_background=False, batch=True, smooth_nr=1.0, smooth_dr=1.0)

    def forward(
        self, logits: torch.Tensor, edge: torch.Tensor, target: torch.Tensor, boundary: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss, and the soft Dice by itself for the log."""
        logits, edge = logits.float(), edge.float()
        weight = 1 + self.config.joint_weight * boundary[:, 0]
        loss, dice = self._classes(logits, target, weight)
        if self.config.sided:
            # Which bone is easier to see than which side; without this term neither is learned for a long time.
            loss = loss + self._classes(_side_blind_logits(logits), _side_blind(target), weight)[0]
        surfaces = F.binary_cross_entropy_with_logits(edge, boundary)
        return loss + self.config.boundary_weight * surfaces, dice

    def _classes(
        self, logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        dice = self.dice(logits, target)
        return dice + (F.cross_entropy(logits, target, reduction="none") * weight).mean(), dice


def _side_blind(shares: torch.Tensor) -> torch.Tensor:
    """Background, femur, hip bone, sacrum (N, 4, ...) from the six sided classes."""
    return torch.cat([shares[:, :1], shares[:, 1:3].sum(1, True), shares[:, 3:5].sum(1, True), shares[:, 5:]], 1)


def _side_blind_logits(logits: torch.Tensor) -> torch.Tensor:
    pairs = [logits[:, a:b].logsumexp(1, True) for a, b in ((1, 3), (3, 5))]
    return torch.cat([logits[:, :1], *pairs, logits[:, 5:]], 1)


def _rate(config: Config, share: float) -> float:
    """Learning rate after ``share`` of the time: short warm-up, then a cosine to nothing."""
    return (
        config.learning_rate * min(1.0, share / 0.02 + 0.05) * (0.5 * (1 + math.cos(math.pi * min(share, 1.0))) + 1e-3)
    )


def start_from(network: torch.nn.Module, checkpoint: Path) -> int:
    """Take over the averaged weights of another run that have the same name and shape; how many there were."""
    theirs = torch.load(checkpoint, map_location="cpu")["average"]
    ours = network.state_dict()
    shared = {
        k: theirs[f"module.{k}"] for k, v in ours.items() if theirs.get(f"module.{k}", v[..., :0]).shape == v.shape
    }
    network.load_state_dict({**ours, **shared})
    return len(shared)


def train(
    config: Config, patches: Path, out: Path, minutes: float, seed: int, workers: int, start: Path | None = None
) -> None:
    """Train until ``minutes`` in all are spent, going on from ``out/last.pt`` if it is there."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    out.mkdir(parents=True, exist_ok=True)
    network = config.build().to(device, memory_format=torch.channels_last_3d)
    if start:
        print(json.dumps({"start": str(start), "tensors": start_from(network, start)}), flush=True)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.997))
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=1e-4)
    losses, spent, step = Losses(config), 0.0, 0
    if (out / "last.pt").exists():
        state = torch.load(out / "last.pt", map_location=device)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        spent, step = state["spent"], state["step"]
    data = torch.utils.data.DataLoader(
        Patches(patches, config, seed + step), batch_size=config.batch, num_workers=workers
    )
    begun = saved = time.monotonic()
    before, total, shown = spent, torch.zeros(2), 0
    for batch in data:
        spent = before + time.monotonic() - begun
        for group in optimiser.param_groups:
            group["lr"] = _rate(config, spent / 60 / minutes)
        inputs, target, boundary = (part.to(device) for part in batch)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits, edge = network(inputs)
        loss, dice = losses(logits, edge, target, boundary)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        average.update_parameters(network)
        step, shown = step + 1, shown + 1
        total += torch.stack([loss.detach(), dice.detach()]).cpu()
        done = spent > minutes * 60
        if shown == 50 or done:
            mean = (total / shown).tolist()
            print(
                json.dumps(
                    {
                        "step": step,
                        "minutes": round(spent / 60, 2),
                        "loss": round(mean[0], 4),
                        "dice": round(1 - mean[1], 4),
                    }
                ),
                flush=True,
            )
            total, shown = torch.zeros(2), 0
        if done or time.monotonic() - saved > 180:
            saved = time.monotonic()
            state = {
                "network": network.state_dict(),
                "average": average.state_dict(),
                "optimiser": optimiser.state_dict(),
            }
            torch.save({**state, "spent": spent, "step": step, "config": config.model_dump()}, out / "part.pt")
            (out / "part.pt").replace(out / "last.pt")
        if done:
            return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--patches", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--start", type=Path, help="checkpoint of another run to take fitting weights from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    a = parser.parse_args()
    train(load_config(a.config), a.patches, a.out, a.minutes, a.seed, a.workers, a.start)
