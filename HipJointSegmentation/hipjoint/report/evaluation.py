"""The report of an evaluation: the table over all cases, the grades, every case, and what the numbers mean."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hipjoint.evaluation.agreement import MEASURES
from hipjoint.evaluation.grading import KAPPA_SOURCE, OUTCOMES
from hipjoint.evaluation.result import Evaluation
from hipjoint.evaluation.spread import Spread
from hipjoint.measure.value import Definition
from hipjoint.output.evaluation import remark
from hipjoint.report.page import template


def write_report(evaluation: Evaluation, facts: Mapping[str, Any], path: Path) -> None:
    """Write the report to ``path``; ``facts`` are those of the run manifest."""
    page = template("evaluation.html.j2").render(
        facts=facts,
        evaluation=evaluation,
        measures=MEASURES,
        outcomes=OUTCOMES,
        kappa_source=KAPPA_SOURCE,
        remark=remark,
        number=number,
        median_and_quartiles=median_and_quartiles,
    )
    path.write_text(page, encoding="utf-8")


def number(value: float | None, digits: int) -> str:
    """A number with so many decimals, a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def median_and_quartiles(spread: Spread | None, measure: Definition) -> str:
    """As papers write it: "0.952 (0.947 to 0.958)"; a dash where there is no value."""
    if spread is None:
        return "–"
    median, low, high = (number(value, measure.digits) for value in (spread.median, spread.q1, spread.q3))
    return f"{median} ({low} to {high})" if spread.n > 1 else median
