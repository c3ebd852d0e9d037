"""Warnings of a run: sentences for people. Most are plain text; those about certain bones know them."""

from __future__ import annotations

from collections.abc import Iterable

from hipjoint.labels import Label


class BoneWarning(str):
    """The sentence of a warning that concerns some bones and not the others; ``labels`` are theirs."""

    labels: tuple[Label, ...]

    def __new__(cls, sentence: str, labels: Iterable[Label]) -> BoneWarning:
        """A sentence about the bones of ``labels``."""
        made = super().__new__(cls, sentence)
        made.labels = tuple(labels)
        return made


def about(warnings: Iterable[str], label: Label) -> list[str]:
    """Those of the warnings that concern the bone of ``label``; general ones are not among them."""
    return [one for one in warnings if isinstance(one, BoneWarning) and label in one.labels]
