"""Slices sorted into stacks that can each be one 3D image."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hipjoint.volume.dicom.headers import Frame, Header, Numbers

SAME_DIRECTION = 1e-3
SAME_SPACING = 1e-3
SAME_PLACE_DECIMALS = 2
# Slices that lie off an even grid by no more than this share of their distance count as evenly spaced.
EVEN = 0.1


@dataclass(frozen=True)
class Stack:
    """Parallel slices of one series, size and spacing, no two at the same place, from the lowest to the highest.

    The height of a slice is its distance in mm along the normal of the slices (LPS), counted from the first slice.
    Only where every frame says its place (``has_place``) are there heights, and only then are the frames sorted.
    """

    frames: tuple[Frame, ...]

    @property
    def header(self) -> Header:
        """The header of the first slice; what is asked of it is the same in all."""
        return self.frames[0].header

    @property
    def has_place(self) -> bool:
        """Whether every slice says where it lies."""
        return all(frame.has_place for frame in self.frames)

    @cached_property
    def axes(self) -> Numbers:
        """Directions (3, 3) in rows: along a row, along a column, and their normal."""
        rows = np.asarray(self.frames[0].axes)
        return np.vstack([rows, np.cross(rows[0], rows[1])])

    @cached_property
    def positions(self) -> Numbers:
        """LPS mm (n, 3) of the first voxel of each slice."""
        return np.array([frame.position for frame in self.frames])

    @cached_property
    def heights(self) -> Numbers:
        """Heights (n,) in mm, rising from 0."""
        along = self.positions @ self.axes[2]
        return np.asarray(along - along[0])

    @property
    def is_even(self) -> bool:
        """Whether the slices, two or more, are evenly spaced."""
        even = np.linspace(0, self.heights[-1], len(self.frames))
        return bool(np.abs(self.heights - even).max() <= EVEN * even[1])

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Spacing in mm: between columns, between rows, and between slices as most of them have it."""
        if len(self.frames) == 1:
            between = 0.0
        elif self.is_even:
            between = float(self.heights[-1]) / (len(self.frames) - 1)
        else:
            between = float(np.quantile(np.diff(self.heights), 0.25))
        across, down = self.frames[0].spacing or (0.0, 0.0)
        return across, down, between

    @property
    def sideways(self) -> float:
        """How far in mm a slice lies at most from the straight line through the first voxels of the end slices."""
        share = self.heights[:, None] / max(self.heights[-1], 1e-6)
        line = self.positions[0] + share * (self.positions[-1] - self.positions[0])
        return float(np.linalg.norm(self.positions - line, axis=1).max())


def stacks_of(frames: Iterable[Frame]) -> list[Stack]:
    """All stacks that ``frames`` make up, those of lower series numbers first.

    A series whose slices differ in size, spacing or direction is split; so is one that holds several slices at the same
    place, as of several phases: the first of each place (by acquisition and instance number) make the first stack, and
    so on. Copies of a slice are left out.
    """
    unique = {(frame.header.instance_uid, frame.index): frame for frame in frames}
    series: dict[tuple[int, str], list[list[Frame]]] = defaultdict(list)
    for frame in unique.values():
        alike = series[frame.header.series_number, frame.header.series_uid]
        group = next((group for group in alike if _is_parallel(group[0], frame)), None)
        if group is None:
            alike.append([frame])
        else:
            group.append(frame)
    return [stack for key in sorted(series) for group in series[key] for stack in _split_by_place(group)]


def _is_parallel(a: Frame, b: Frame) -> bool:
    if a.header.shape != b.header.shape or a.header.samples != b.header.samples or a.has_place != b.has_place:
        return False
    if a.axes is None or b.axes is None or a.spacing is None or b.spacing is None:
        return True
    return np.allclose(a.axes, b.axes, atol=SAME_DIRECTION) and np.allclose(a.spacing, b.spacing, atol=SAME_SPACING)


def _split_by_place(frames: Sequence[Frame]) -> list[Stack]:
    if not frames[0].has_place:
        return [Stack(tuple(frames))]
    axes = np.asarray(frames[0].axes)
    normal = np.cross(axes[0], axes[1])

    def height(frame: Frame) -> float:
        return round(float(np.asarray(frame.position) @ normal), SAME_PLACE_DECIMALS)

    passes: dict[int, list[Frame]] = defaultdict(list)
    taken: Counter[float] = Counter()
    for frame in sorted(frames, key=lambda frame: (*frame.header.order, frame.index)):
        passes[taken[height(frame)]].append(frame)
        taken[height(frame)] += 1
    return [Stack(tuple(sorted(group, key=height))) for group in passes.values()]
