"""The agreement with reference outlines as files: JSON for programs, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hipjoint.evaluation.agreement import MEASURES, Agreement
from hipjoint.evaluation.grading import KAPPA_SOURCE, OUTCOMES, Grading, HipGrade, HipPair
from hipjoint.evaluation.result import Case, Evaluation
from hipjoint.evaluation.spread import Row, Spread
from hipjoint.measure.value import Definition
from hipjoint.notice import NOTICE

COLUMNS = ("case", "name", "title", *(each.name for each in MEASURES), "volume_ml", "reference_volume_ml", "remark")
_OF_A_HIP = ("head_ml", "lesion_ml", "share_percent", "grade", "remark")
GRADE_COLUMNS = ("case", "side", *_OF_A_HIP, *(f"reference_{name}" for name in _OF_A_HIP))
# Beyond what a table shows, so that others can compute with the numbers.
_DIGITS = 4


def write_files(evaluation: Evaluation, folder: Path) -> None:
    """Write evaluation.json, evaluation.csv (a line a structure and case) and, of ONFH, grades.csv (a line a hip)."""
    text = json.dumps(_record(evaluation), indent=2, ensure_ascii=False)
    (folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")
    lines = ([case.name, each.name, each.title, *_values(found)] for case, each, found in evaluation.lines())
    _write_csv(folder / "evaluation.csv", COLUMNS, lines)
    if evaluation.grading is not None:
        hips = ((case.name, hip) for case in evaluation.cases for hip in case.hips)
        rows = ([name, hip.side, *_hip(hip.prediction).values(), *_hip(hip.reference).values()] for name, hip in hips)
        _write_csv(folder / "grades.csv", GRADE_COLUMNS, rows)


def remark(found: Agreement) -> str:
    """What is odd about a structure of a case, in words; empty if nothing is."""
    if found.missed:
        return "missed"
    return "not in the reference" if found.extra else ""


def _write_csv(path: Path, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(rows)


def _record(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "notice": NOTICE,
        "labels": evaluation.labels,
        "definitions": {each.name: _definition(each) for each in MEASURES},
        "summary": [_row(row) for row in evaluation.rows],
        "grading": None if evaluation.grading is None else _grading(evaluation.grading),
        "cases": [_case(case, evaluation) for case in evaluation.cases],
    }


def _definition(definition: Definition) -> dict[str, str]:
    about = {"title": definition.title, "unit": definition.unit, "text": definition.text}
    return {**about, "source": definition.source}


def _row(row: Row) -> dict[str, Any]:
    measures = {name: _spread(spread) for name, spread in row.spreads.items()}
    counts = {"n": row.n, "missed": row.missed, "extra": row.extra}
    return {"title": row.title, "both_sides": row.both_sides, **counts, "measures": measures}


def _spread(spread: Spread | None) -> dict[str, Any] | None:
    return None if spread is None else spread.record(_DIGITS)


def _grading(grading: Grading) -> dict[str, Any]:
    return {
        "hips_with_lesion": grading.graded,
        "same_grade": grading.right,
        "accuracy": _rounded(grading.accuracy),
        "quadratic_weighted_kappa": _rounded(grading.kappa),
        "kappa_source": KAPPA_SOURCE,
        "share_error_points": _spread(grading.share_error),
        "hips_without_lesion": grading.normal,
        "of_these_called_lesion": grading.false_alarms,
        "hips_without_measurable_reference": grading.unmeasured,
        "classes": list(OUTCOMES),
        "matrix_reference_by_prediction": grading.matrix.tolist(),
    }


def _case(case: Case, evaluation: Evaluation) -> dict[str, Any]:
    structures = [
        {"name": each.name, "title": each.title, **dict(zip(COLUMNS[3:], _values(found), strict=True))}
        for owner, each, found in evaluation.lines()
        if owner is case
    ]
    hips = [_hip_pair(hip) for hip in case.hips]
    return {"case": case.name, "structures": structures, **({} if evaluation.grading is None else {"hips": hips})}


def _values(found: Agreement) -> list[Any]:
    """In the order of ``COLUMNS`` from the first measure on."""
    numbers = [_rounded(found.value(each)) for each in MEASURES]
    return [*numbers, _rounded(found.volume_ml), _rounded(found.reference_ml), remark(found)]


def _hip_pair(hip: HipPair) -> dict[str, Any]:
    return {"side": hip.side, "prediction": _hip(hip.prediction), "reference": _hip(hip.reference)}


def _hip(hip: HipGrade) -> dict[str, Any]:
    numbers = (_rounded(hip.head_ml), _rounded(hip.lesion_ml), _rounded(hip.share))
    return dict(zip(_OF_A_HIP, (*numbers, hip.grade, hip.reason), strict=True))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, _DIGITS)
