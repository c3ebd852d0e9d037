"""Train one network on a folder of simulated patches, for a stated time; stop and go on at will.

``python -m Training.train Training/configs/hip_ct_fine.yaml --patches DIR --out DIR --minutes 90``

On a CPU of several cores, a process for each is faster than one with several threads, because small layers run on one
thread anyway; they average their gradients: ``OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 -m Training.train ...``
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from Training.config import AnyConfig, Config, CtConfig, FilmConfig, load_config
from Training.examples import BonePatches, Patches
from Training.export import read_parameters
from Training.film_examples import Films
from Training.losses import losses_of
from Training.mr_examples import HeadPatches


def _rate(config: Config, share: float) -> float:
    """Learning rate after ``share`` of the time: short warm-up, then a cosine to nothing."""
    return (
        config.learning_rate * min(1.0, share / 0.02 + 0.05) * (0.5 * (1 + math.cos(math.pi * min(share, 1.0))) + 1e-3)
    )


def start_from(network: torch.nn.Module, source: Path) -> int:
    """Take over what fits of the weights of another run or of a shipped model; how many tensors there were."""
    if source.suffix == ".onnx":
        theirs = read_parameters(source)
    else:
        average = torch.load(source, map_location="cpu")["average"]
        theirs = {k.removeprefix("module."): v for k, v in average.items()}
    ours = network.state_dict()
    shared = {k: theirs[k].reshape(v.shape) for k, v in ours.items() if k in theirs and theirs[k].numel() == v.numel()}
    network.load_state_dict({**ours, **shared})
    return len(shared)


def averaged_gradients(network: torch.nn.Module, spent: float) -> float:
    """Mean over all processes of each gradient, in place, and of the time spent, so that all take the same step."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients] + [torch.tensor([spent])])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for gradient, mean in zip(gradients, flat[:-1].split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))
    return float(flat[-1])


def memory_format(config: AnyConfig) -> torch.memory_format:
    """Channels last, which is fastest on a CPU, for two or three dimensions."""
    return torch.channels_last if config.dimensions == 2 else torch.channels_last_3d


class Run:
    """One training: network, its running average, optimiser, and the time spent; kept in ``folder/last.pt``."""

    def __init__(self, config: AnyConfig, folder: Path, minutes: float, seed: int) -> None:
        torch.manual_seed(seed)
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.config, self.folder, self.minutes = config, folder, minutes
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = config.build().to(self.device, memory_format=memory_format(config))
        self.losses = losses_of(config).to(self.device)
        self.step, self.spent, self._before, self._begun = 0, 0.0, 0.0, time.monotonic()

    def begin(self, start: Path | None) -> None:
        """Go on from the folder's checkpoint; if there is none, take over what fits of ``start``."""
        last = self.folder / "last.pt"
        if start and not last.exists():
            print(json.dumps({"start": str(start), "tensors": start_from(self.network, start)}), flush=True)
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(0.997))
        rate = self.config.learning_rate
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=rate, weight_decay=1e-4)
        if last.exists():
            state = torch.load(last, map_location=self.device)
            for part, held in self._parts().items():
                held.load_state_dict(state[part])
            self._before, self.step = state["spent"], state["step"]

    def _parts(self) -> dict[str, Any]:
        return {"network": self.network, "average": self.average, "optimiser": self.optimiser}

    def save(self) -> None:
        """Write the checkpoint; an interruption leaves the one before."""
        if self.rank:
            return
        state = {part: held.state_dict() for part, held in self._parts().items()}
        part = self.folder / "part.pt"
        torch.save({**state, "spent": self.spent, "step": self.step, "config": self.config.model_dump()}, part)
        part.replace(self.folder / "last.pt")

    def learn(self, batch: list[torch.Tensor]) -> torch.Tensor:
        """One step; returns loss and soft Dice loss."""
        self.spent = self._before + time.monotonic() - self._begun
        inputs, *wanted = (part.to(self.device) for part in batch)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            answer = self.network(inputs)
        loss, dice = self.losses(answer, *wanted)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if dist.is_initialized():
            self.spent = averaged_gradients(self.network, self.spent)
        for group in self.optimiser.param_groups:
            group["lr"] = _rate(self.config, self.spent / 60 / self.minutes)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return torch.stack([loss.detach(), dice.detach()]).cpu()

    def report(self, told: list[torch.Tensor]) -> None:
        """Print one line with the mean of the last steps."""
        if self.rank:
            return
        loss, dice = torch.stack(told).mean(0).tolist()
        minutes = round(self.spent / 60, 2)
        line = {"step": self.step, "minutes": minutes, "loss": round(loss, 4), "dice": round(1 - dice, 4)}
        print(json.dumps(line), flush=True)


def examples_of(config: AnyConfig, folder: Path, seed: int) -> Patches:
    """Endless examples for a model from a folder of patches."""
    if isinstance(config, FilmConfig):
        return Films(folder, config, seed)
    kind = BonePatches if isinstance(config, CtConfig) else HeadPatches
    return kind(folder, config, seed)


def train(
    config: AnyConfig, patches: Path, out: Path, minutes: float, seed: int, workers: int, start: Path | None = None
) -> None:
    """Train until ``minutes`` in all are spent, going on from ``out/last.pt`` if it is there."""
    out.mkdir(parents=True, exist_ok=True)
    run = Run(config, out, minutes, seed)
    run.begin(start)
    examples = examples_of(config, patches, seed + run.step + 7919 * run.rank)
    told: list[torch.Tensor] = []
    saved = time.monotonic()
    for batch in torch.utils.data.DataLoader(examples, batch_size=config.batch, num_workers=workers):
        told.append(run.learn(batch))
        done = run.spent > minutes * 60
        if len(told) == 50 or done:
            run.report(told)
            told = []
        if done or time.monotonic() - saved > 180:
            run.save()
            saved = time.monotonic()
        if done:
            return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--patches", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--start", type=Path, help="checkpoint or .onnx model to take fitting weights from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    a = parser.parse_args()
    if "WORLD_SIZE" in os.environ:  # started by torchrun
        dist.init_process_group("gloo")
    train(load_config(a.config), a.patches, a.out, a.minutes, a.seed, a.workers, a.start)
