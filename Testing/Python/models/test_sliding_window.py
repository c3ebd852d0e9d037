from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hipjoint.errors import Cancelled
from hipjoint.models import predict
from hipjoint.models.onnx_backend import OnnxBackend
from hipjoint.models.sliding import windows

PATCH = (6, 8, 10)


class Counting:
    """Answers each window with its number, and keeps what it saw."""

    name, info = "Counting", {}

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def run(self, x: np.ndarray) -> np.ndarray:
        self.seen.append(x.copy())
        return np.full((1, 2, *x.shape[2:]), len(self.seen), np.float32)


@pytest.fixture
def a_backend() -> Counting:
    return Counting()


def random_cases(count: int = 150) -> list[tuple[np.ndarray, tuple[int, int, int], float]]:
    """Boxes, scattered voxels and full volumes of any size, patches that fit and overlaps."""
    random = np.random.default_rng(0)
    cases = []
    for i in range(count):
        patch = tuple(int(n) for n in random.integers(1, 9, 3))
        shape = tuple(n + int(more) for n, more in zip(patch, random.integers(0, 25, 3), strict=True))
        wanted = np.ones(shape, bool) if i % 3 == 0 else random.random(shape) < (0.3 if i % 3 == 1 else 0.003)
        wanted[tuple(random.integers(0, shape))] = True
        cases.append((wanted, patch, float(random.choice([0.0, 0.25, 0.5, 0.9]))))
    return cases


def test_windows_cover_every_wanted_voxel_and_each_has_one() -> None:
    for wanted, patch, overlap in random_cases():
        covered = np.zeros_like(wanted)
        for window in windows(wanted, patch, overlap):
            assert covered[window].shape == patch
            assert wanted[window].any()
            covered[window] = True
        assert covered[wanted].all()


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5])
@pytest.mark.parametrize("size", [10, 11, 15, 16, 40, 41, 97])
def test_windows_on_a_whole_axis_end_at_its_borders_and_overlap_enough(size: int, overlap: float) -> None:
    starts = [x.start for _, _, x in windows(np.ones((6, 8, size), bool), PATCH, overlap)]
    step = int(10 * (1 - overlap))
    assert (starts[0], starts[-1]) == (0, size - 10)
    assert all(0 < gap <= step for gap in np.diff(starts))
    assert len(starts) == 1 + -(-(size - 10) // step)


def test_windows_follow_the_shape_of_what_is_wanted() -> None:
    two_legs = np.zeros((40, 40, 100), bool)
    two_legs[:, 10:18, [5, 6, 7, 92, 93, 94]] = True
    found = list(windows(two_legs, (10, 10, 10), 0.0))
    assert len(found) == 4 * 1 * 2
    assert {(y.start, x.start) for _, y, x in found} == {(9, 1), (9, 88)}


@pytest.mark.parametrize("shape", [(6, 8, 10), (7, 8, 11), (20, 17, 23), (3, 8, 10), (2, 3, 4), (1, 30, 5)])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5])
def test_a_pointwise_model_answers_as_on_the_whole_volume(
    a_pointwise_model: Path, shape: tuple[int, int, int], overlap: float
) -> None:
    backend = OnnxBackend(a_pointwise_model, 1)
    channels = np.random.default_rng(2).normal(size=(2, *shape)).astype(np.float32)
    given = channels.copy()
    answer = predict(backend, channels, PATCH, overlap)
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, backend.run(channels[None])[0], atol=1e-6)
    np.testing.assert_array_equal(channels, given)


def test_overlapping_answers_are_averaged_with_the_weights_of_a_gaussian(a_backend: Counting) -> None:
    answer = predict(a_backend, np.zeros((1, 6, 8, 15), np.float32), PATCH, 0.5)[0, 3, 4]
    x = np.arange(15.0)
    first, second = (np.exp(-(((x - middle) / 1.25) ** 2) / 2) for middle in (4.5, 9.5))
    # In the middle rows of the patch the Gaussians of the other axes are nearly 1 and cancel out.
    blended = (first + 2 * second) / (first + second)
    np.testing.assert_allclose(answer[5:10], blended[5:10], atol=1e-3)
    np.testing.assert_array_equal(answer[:5], 1)
    np.testing.assert_array_equal(answer[10:], 2)


def test_no_voxel_of_a_window_has_so_little_weight_that_it_is_lost(a_backend: Counting) -> None:
    large = (40, 40, 40)
    answer = predict(a_backend, np.zeros((1, *large), np.float32), large)
    np.testing.assert_allclose(answer, 1, rtol=1e-6)


def test_only_windows_with_something_of_interest_are_computed(a_backend: Counting) -> None:
    where = np.zeros((30, 30, 30), bool)
    where[2, 3, 4] = where[25, 26, 27] = True
    steps: list[tuple[int, int]] = []
    answer = predict(a_backend, np.zeros((1, 30, 30, 30), np.float32), PATCH, 0.25, where, lambda *s: steps.append(s))
    assert steps == [(1, 2), (2, 2)]
    assert (answer[:, where] == [[1, 2], [1, 2]]).all()


def test_what_no_window_reaches_is_background(a_backend: Counting) -> None:
    where = np.zeros((30, 30, 30), bool)
    where[2, 3, 4] = True
    answer = predict(a_backend, np.zeros((1, 30, 30, 30), np.float32), PATCH, 0.25, where)
    np.testing.assert_array_equal(answer[:, 20:, 20:, 20:].reshape(2, -1).T, [[1, 0]] * 1000)
    a_backend.seen.clear()
    np.testing.assert_array_equal(answer[1].sum(), 6 * 8 * 10)


def test_a_volume_smaller_than_the_patch_is_padded_with_the_lowest_of_each_channel(a_backend: Counting) -> None:
    channels = np.random.default_rng(3).normal(size=(2, 3, 8, 5)).astype(np.float32)
    where = np.zeros((3, 8, 5), bool)
    where[2, 7, 4] = True
    assert predict(a_backend, channels, PATCH, where=where).shape == (2, 3, 8, 5)
    (seen,) = a_backend.seen
    np.testing.assert_array_equal(seen[0, :, 1:4, :, 2:7], channels)
    for channel, values in zip(seen[0], channels, strict=True):
        rest = np.ones(PATCH, bool)
        rest[1:4, :, 2:7] = False
        np.testing.assert_array_equal(channel[rest], values.min())


def test_a_picture_is_seen_through_windows_without_depth(a_backend: Counting) -> None:
    channels = np.random.default_rng(4).normal(size=(1, 20, 7)).astype(np.float32)
    answer = predict(a_backend, channels, (8, 10), 0.5)
    assert answer.shape == (2, 20, 7)
    assert {seen.shape for seen in a_backend.seen} == {(1, 1, 8, 10)}
    np.testing.assert_array_equal(a_backend.seen[0][0, 0, :, 1:8], channels[0, :8])


def test_stopping_between_windows_stops_at_once(a_backend: Counting) -> None:
    def stop(done: int, count: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        predict(a_backend, np.zeros((1, 30, 30, 30), np.float32), PATCH, on_patch=stop)
    assert len(a_backend.seen) == 1


def test_asking_for_nothing_is_a_mistake_of_the_caller(a_backend: Counting) -> None:
    with pytest.raises(ValueError, match="where is empty"):
        predict(a_backend, np.zeros((1, 30, 30, 30), np.float32), PATCH, where=np.zeros((30, 30, 30), bool))
