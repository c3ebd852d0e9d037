"""What is compared: the sets of labels by name, and the voxels that make up each structure. No heavy imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hipjoint.errors import InputError
from hipjoint.labels import ONFH, Label
from hipjoint.tasks.registry import TASKS

LABEL_SETS: dict[str, tuple[Label, ...]] = {"onfh": ONFH, **{name: task.labels for name, task in TASKS.items()}}


@dataclass(frozen=True)
class Structure:
    """``values`` are the label values whose voxels together are the structure; ``group`` names it without its side."""

    name: str
    title: str
    group: str
    values: tuple[int, ...]


def label_set(name: str) -> tuple[Label, ...]:
    """The labels of the set ``name``. Raises ``InputError`` if there is none of this name."""
    if name not in LABEL_SETS:
        raise InputError(f"There is no set of labels {name!r}: choose one of {', '.join(LABEL_SETS)}.")
    return LABEL_SETS[name]


def structures_of(labels: Sequence[Label]) -> tuple[Structure, ...]:
    """A structure for each label.

    A finding inside a structure is a part of it: the femoral head is compared whole, lesion included, since it is the
    whole head that the lesion's share is of.
    """
    return tuple(
        Structure(label.name, label.title, _without_side(label), (label.value, *_findings_in(label, labels)))
        for label in labels
    )


def _findings_in(label: Label, labels: Sequence[Label]) -> list[int]:
    return [other.value for other in labels if other.region == label.code and other.side == label.side]


def _without_side(label: Label) -> str:
    if label.side is None:
        return label.title
    bare = label.title.removeprefix(label.side.capitalize()).strip()
    return bare[:1].upper() + bare[1:]
