"""What each tissue gives off in an MR sequence: plausible sequences, mixtures of them, and contrasts of no sequence."""

from __future__ import annotations

import torch

from Training.simulate.noise import Dice

# Signal of water and of fat by tissue; together at most about 1.
Contrast = dict[str, torch.Tensor]

TISSUES = (
    "air", "fat", "muscle", "fluid", "vessel", "wall", "cortex", "tendon", "cartilage", "yellow", "red",
    "oedema", "fibrosis", "granulation", "sclerosis",
)  # fmt: skip

# Share of a tissue's signal that comes from fat: that part is displaced by the chemical shift.
FAT = {"fat": 0.95, "yellow": 0.9, "red": 0.5, "oedema": 0.25}

# In the order of TISSUES. After textbook appearances: fat bright and fluid dark on T1, the reverse where fat is
# suppressed, and so on; how far real scanners stray from that is what ``draw_contrast`` adds.
SEQUENCES: dict[str, tuple[float, ...]] = {
    "T1 TSE": (0.0, 0.95, 0.34, 0.2, 0.1, 0.33, 0.04, 0.08, 0.4, 0.9, 0.52, 0.38, 0.2, 0.32, 0.1),
    "T1 GRE": (0.0, 0.8, 0.5, 0.35, 0.7, 0.5, 0.03, 0.1, 0.66, 0.62, 0.45, 0.4, 0.25, 0.4, 0.08),
    "T1 GRE water": (0.0, 0.12, 0.5, 0.35, 0.6, 0.5, 0.04, 0.1, 0.9, 0.1, 0.28, 0.36, 0.25, 0.4, 0.08),
    "T2 fat-sat": (0.0, 0.1, 0.22, 1.0, 0.5, 0.4, 0.03, 0.05, 0.45, 0.08, 0.22, 0.6, 0.12, 0.75, 0.06),
    "STIR": (0.0, 0.04, 0.28, 1.0, 0.6, 0.45, 0.02, 0.05, 0.5, 0.05, 0.26, 0.7, 0.15, 0.8, 0.05),
    "PD fat-sat": (0.0, 0.14, 0.45, 0.95, 0.3, 0.5, 0.04, 0.08, 0.75, 0.13, 0.3, 0.6, 0.2, 0.7, 0.08),
    "T2 TSE": (0.0, 0.8, 0.2, 1.0, 0.1, 0.35, 0.03, 0.05, 0.45, 0.72, 0.42, 0.6, 0.12, 0.7, 0.08),
}
LIKELY = (*["T1 TSE"] * 3, *["T1 GRE"] * 2, "T1 GRE water", "T2 fat-sat", "STIR", "PD fat-sat", "T2 TSE")


def _plausible(dice: Dice, jitter: float) -> torch.Tensor:
    """Signals (tissues,) of one sequence, each off by a few percent."""
    values = torch.tensor(SEQUENCES[LIKELY[dice.integer(0, len(LIKELY))]])
    return values * (jitter * dice.lattice(len(TISSUES)).clamp(-2, 2)).exp() + 0.02 * dice.lattice(len(TISSUES)).abs()


def _any(dice: Dice) -> torch.Tensor:
    """Signals (tissues,) of no sequence, as in SynthSeg; what has hardly any protons stays dark most often."""
    values = torch.rand(len(TISSUES), generator=dice.generator)
    if dice.chance(0.8):
        dark = [TISSUES.index(name) for name in ("air", "cortex", "tendon")]
        values[dark] *= 0.25
    return values


def draw_contrast(dice: Dice, *, invented: bool = True) -> Contrast:
    """Water and fat signal (2,) of every tissue: of a sequence or, if ``invented`` may be, of none that exists."""
    pick = dice.uniform(0, 1) if invented else 0.0
    if pick < 0.62:
        total = _plausible(dice, 0.14)
    elif pick < 0.85:
        way = dice.uniform(0.2, 0.8)
        total = way * _plausible(dice, 0.2) + (1 - way) * _plausible(dice, 0.2)
    else:
        total = _any(dice)
        if dice.chance(0.2):
            total = 1.05 - total
    return {
        name: torch.tensor([(1 - FAT.get(name, 0.0)) * float(v), FAT.get(name, 0.0) * float(v)])
        for name, v in zip(TISSUES, total.clamp(0.0, 1.2), strict=True)
    }


def mixed(a: torch.Tensor, b: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Signal (2, N) of a mixture of two tissues (2,): ``share`` (N,) of ``b``."""
    return a[:, None] + (b - a)[:, None] * share


def over(signal: torch.Tensor, tissue: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """``signal`` (2, N) with ``share`` (N,) of each voxel filled by a ``tissue`` of signal (2,) or (2, N)."""
    value = tissue[:, None] if tissue.dim() == 1 else tissue
    return signal + (value - signal) * share
