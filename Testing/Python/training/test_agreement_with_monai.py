"""The engine measures agreement without PyTorch; MONAI must give the same numbers."""

import numpy as np
import pytest
import torch
from monai.metrics import compute_average_surface_distance, compute_dice, compute_hausdorff_distance
from scipy import ndimage

from hipjoint.evaluation.agreement import agreement


def _blob(seed: int) -> np.ndarray:
    """A rough solid with specks, hollows and parts at the edge of the image."""
    noise = np.random.default_rng(seed).normal(size=(18, 22, 20))
    return ndimage.gaussian_filter(noise, 1.5, mode="wrap") > 0.02


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (5.0, 0.9, 0.7)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dice_and_surface_distances_are_those_of_monai(seed, spacing):
    masks = _blob(seed), _blob(seed) ^ (_blob(seed + 10) & _blob(seed + 20))
    found = agreement(*masks, spacing)
    pair = [torch.from_numpy(mask[None, None].astype(np.float32)) for mask in masks]
    asd = compute_average_surface_distance(*pair, include_background=True, symmetric=True, spacing=spacing)
    hd95 = compute_hausdorff_distance(*pair, include_background=True, percentile=95, spacing=spacing)
    assert found.asd_mm == pytest.approx(float(asd), rel=1e-4)
    assert found.hd95_mm == pytest.approx(float(hd95), rel=1e-4)
    assert found.dice == pytest.approx(float(compute_dice(*pair, include_background=True)), rel=1e-5)
