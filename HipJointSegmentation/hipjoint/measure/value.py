"""A measured value as an object: what it is, how it is defined, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from hipjoint.labels import Side

Quality = Literal["good", "doubtful", "not measurable"]
NOT_MEASURABLE: Quality = "not measurable"


@dataclass(frozen=True)
class Definition:
    """What a number means: ``name`` in files, ``title`` for people, ``unit``, ``text`` of the rule, its ``source``.

    ``digits`` are the decimals that are worth showing.
    """

    name: str
    title: str
    unit: str
    text: str
    source: str
    digits: int = 1


@dataclass(frozen=True)
class Value:
    """One number of one side, or the reason why there is none.

    ``number`` is in the unit of ``definition`` and None if, and only if, it is not measurable; ``words`` is the class
    or place that goes with it ("B, 26 % (23-30)", "superior"); ``interval`` its lower and upper bound in the same unit.
    Raises ``ValueError`` for a value that is not good and gives no ``reason``.
    """

    definition: Definition
    side: Side | None
    number: float | None
    quality: Quality = "good"
    reason: str = ""
    words: str = ""
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if (self.number is None) != (self.quality == NOT_MEASURABLE):
            raise ValueError(f"{self.definition.name}: a value has a number unless it is not measurable")
        if self.number is not None and not isfinite(self.number):
            raise ValueError(f"{self.definition.name}: {self.number} is no number")
        if self.quality != "good" and not self.reason:
            raise ValueError(f"{self.definition.name}: a value that is {self.quality} needs a reason")

    @property
    def text(self) -> str:
        """The value as people read it: words if there are any, else number and unit."""
        if self.number is None:
            return NOT_MEASURABLE
        number = f"{self.number:.{self.definition.digits}f} {self.definition.unit}".strip()
        return self.words or number

    def record(self) -> dict[str, Any]:
        """The value as plain data for JSON; the definition is named and stands in a table of its own."""
        digits = self.definition.digits + 1
        return {
            "name": self.definition.name,
            "number": None if self.number is None else round(self.number, digits),
            "unit": self.definition.unit,
            "text": self.text,
            "interval": None if self.interval is None else [round(bound, digits) for bound in self.interval],
            "quality": self.quality,
            "reason": self.reason,
        }


def missing(definition: Definition, side: Side | None, reason: str) -> Value:
    """A value that cannot be measured, for the ``reason`` in words."""
    return Value(definition, side, None, NOT_MEASURABLE, reason)
