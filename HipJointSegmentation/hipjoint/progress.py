"""How the engine says what it is doing: a small interface that the doors (bar, JSON lines, Slicer) implement."""

from __future__ import annotations

from time import monotonic
from typing import Protocol


class Progress(Protocol):
    """Receives stages in words and the share that is done; raises ``Cancelled`` from ``step`` to stop the run."""

    def step(self, stage: str, fraction: float) -> None:
        """``stage`` in words for the user, ``fraction`` of the whole run done, 0 to 1, never going back."""

    def note(self, message: str) -> None:
        """One line for the log, without patient data."""


class Silent:
    """A progress that says nothing."""

    def step(self, stage: str, fraction: float) -> None:
        """Ignore."""

    def note(self, message: str) -> None:
        """Ignore."""


class Share:
    """The part from ``start`` to ``end`` of another progress, for a piece of the run that counts from 0 to 1 itself."""

    def __init__(self, whole: Progress, start: float, end: float) -> None:
        self._whole, self._start, self._end = whole, start, end

    def step(self, stage: str, fraction: float) -> None:
        """Pass on, mapped into the share."""
        self._whole.step(stage, self._start + (self._end - self._start) * fraction)

    def note(self, message: str) -> None:
        """Pass on."""
        self._whole.note(message)


class Stages:
    """Tells the user the stage in words and keeps the ``seconds`` of each for the run manifest."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}
        self._name, self._begun = "", 0.0

    def begin(self, name: str, fraction: float) -> None:
        """Begin the stage ``name``, which ends the one before; ``fraction`` of the whole is done by now."""
        now = monotonic()
        if self._name:
            self.seconds[self._name] = round(now - self._begun, 2)
        self._name, self._begun = name, now
        self.progress.step(name, fraction)
