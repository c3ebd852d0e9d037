"""What an evaluation hands over to the files and the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hipjoint.evaluation.agreement import Agreement
from hipjoint.evaluation.grading import Grading, HipPair
from hipjoint.evaluation.spread import Row
from hipjoint.evaluation.structures import Structure


@dataclass(frozen=True)
class Case:
    """One case: its name as shown, the agreement by the name of the structure, and, of ONFH, the grades of its hips."""

    name: str
    found: dict[str, Agreement]
    hips: tuple[HipPair, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """All cases, the rows of the table over all of them, and, of ONFH, the grades; ``labels`` names their set."""

    labels: str
    structures: tuple[Structure, ...]
    cases: tuple[Case, ...]
    rows: tuple[Row, ...]
    grading: Grading | None = None

    def lines(self) -> Iterator[tuple[Case, Structure, Agreement]]:
        """Each structure of each case that has it."""
        for case in self.cases:
            for structure in self.structures:
                if structure.name in case.found:
                    yield case, structure, case.found[structure.name]
