"""The tables that ``hipjoint evaluate`` prints to standard output."""

from __future__ import annotations

from hipjoint.cli.listings import print_table
from hipjoint.evaluation.agreement import ASD, DICE
from hipjoint.evaluation.result import Evaluation
from hipjoint.report.evaluation import median_and_quartiles, number

# Those that papers give, and that fit into a window of 80 letters; the report has all.
_SHOWN = (DICE, ASD)


def show_evaluation(evaluation: Evaluation) -> None:
    """Print a line a structure with median and quartiles, and the grades if there are any."""
    heads = ("Structure", "n", *(f"{each.title}, {each.unit}" if each.unit else each.title for each in _SHOWN))
    rows = [
        (
            f"{row.title}, both" if row.both_sides else row.title,
            str(row.n),
            *(median_and_quartiles(row.spreads[each.name], each) for each in _SHOWN),
        )
        for row in evaluation.rows
    ]
    print_table(heads, rows)
    if evaluation.grading is not None:
        grading = evaluation.grading
        same = f"{grading.right} of {grading.graded}"
        accuracy = "" if grading.accuracy is None else f" ({100 * grading.accuracy:.1f} %)"
        print_table(("Same Steinberg grade", "Weighted kappa"), [(same + accuracy, number(grading.kappa, 3))])
