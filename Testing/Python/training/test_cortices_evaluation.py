from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from Training.evaluate import cortices


def kept() -> dict[str, np.ndarray]:
    """A small femur as it is kept: a ball of 8 mm with a cortex of 2 mm that shows 2.5 mm deep."""
    z, y, x = (np.mgrid[0:40, 0:40, 0:40] - 19.5) * cortices.SPACING
    depth = 8.0 - np.sqrt(x**2 + y**2 + z**2)
    counts = (depth / cortices.COUNT_MM).round().astype(np.int16)
    scanner = {name: np.array(0.7) for name in ("blur", "sharpen", "slice_mm", "noise")}
    return {
        "scan": np.where(depth > 0, 900, 0).astype(np.int16),
        "outline": (depth > 0).astype(np.uint8),
        "origin": np.zeros(3, np.float32),
        "femur": np.array("a ball"),
        "depth": counts,
        "cortex": np.full_like(counts, 2000),
        "endosteal": np.full_like(counts, 2500),
        **scanner,
    }


@pytest.fixture
def simulations(monkeypatch) -> list[int]:
    """The seeds that were simulated, instead of simulating them."""
    seeds: list[int] = []

    def simulated(seed: int, library: Path, part: str) -> dict[str, np.ndarray]:
        seeds.append(seed)
        return kept()

    monkeypatch.setattr(cortices, "_simulated", simulated)
    return seeds


def test_a_femur_is_simulated_once_and_read_from_the_cache_then(simulations, tmp_path):
    first, again = (cortices.simulate(4, tmp_path, tmp_path / "cache") for _ in range(2))
    assert simulations == [4]
    assert first.side == again.side == "right"
    assert np.array_equal(sitk.GetArrayFromImage(first.scan), sitk.GetArrayFromImage(again.scan))
    assert again.about["femur"] == "a ball"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["test_004.npz"]


@pytest.mark.parametrize(("which", "deep"), [("visible", 2.5), ("deconvolved", 2.0)])
def test_each_inner_surface_is_compared_with_its_own_truth(simulations, tmp_path, which, deep):
    case = cortices.simulate(4, tmp_path, tmp_path)
    depth = sitk.GetArrayFromImage(case.depth)
    labels = np.where(depth > deep, 12, np.where(depth > 0, 11, 0))
    found = cortices._agreement(case, labels, which)
    assert found == {"Dice endosteal": 1.0, "cortical volume error, %": 0.0, "trabecular volume error, %": 0.0}
    other = "visible" if which == "deconvolved" else "deconvolved"
    assert cortices._agreement(case, labels, other)["Dice endosteal"] < 0.95


def test_the_table_gives_the_lowest_dice_and_the_error_that_is_largest_to_either_side():
    errors, dices = (1.0, -4.0, 2.0), (0.98, 0.96, 0.99)
    cases = [
        {"agreement": {"Dice endosteal, visible": dice, "cortical volume error, %, visible": error}}
        for dice, error in zip(dices, errors, strict=True)
    ]
    rows = cortices.agreement_table(cases).splitlines()
    assert rows[-2].endswith("| 0.960 |")
    assert rows[-1] == "| cortical volume error, %, visible | -0.3 | 2.6 | 2.3 | -4.0 |"
