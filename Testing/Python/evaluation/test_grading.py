from __future__ import annotations

import numpy as np
import pytest

from hipjoint.evaluation.grading import HipGrade, HipPair, compare_grades, quadratic_kappa

NONE_MEASURED = HipGrade(reason="No right femoral head is in the label map.")


def grade(name: str, share: float = 20.0) -> HipGrade:
    return HipGrade(50.0, share / 2, share, name)


def hips(*grades: tuple[str, str]) -> list[HipPair]:
    """Hips by grade of prediction and reference."""
    return [HipPair("right", grade(a), grade(b)) for a, b in grades]


def test_kappa_is_what_is_computed_by_hand():
    # Disagreement seen: 2 + 1 + 1 = 4 of 63. By chance: (22 * 23 + 23 * 21 + 23 * 19 + 18 * 23) * 1
    # + (22 * 19 + 18 * 21) * 4 = 1840 + 3184 = 5024 of 63 * 63. Kappa = 1 - 4 * 63 / 5024.
    matrix = np.array([[20, 2, 0], [1, 21, 1], [0, 0, 18]])
    assert quadratic_kappa(matrix) == pytest.approx(1 - 252 / 5024)
    assert quadratic_kappa(np.pad(matrix, ((1, 0), (1, 0)))) == pytest.approx(1 - 252 / 5024)


@pytest.mark.parametrize(
    ("matrix", "kappa"), [(np.eye(3), 1.0), (np.ones((3, 3)), 0.0), (np.eye(2)[::-1], -1.0), ([[5, 0], [0, 0]], None)]
)
def test_kappa_of_perfect_chance_contrary_and_undecided_agreement(matrix, kappa):
    assert quadratic_kappa(np.array(matrix)) == kappa


def test_kappa_weighs_two_grades_four_times_as_much_as_one():
    near, far = np.diag([10, 10, 10]), np.diag([10, 10, 10])
    near[0, 1], near[1, 0] = 4, 4
    far[0, 2], far[2, 0] = 1, 1
    by_chance = [np.outer(m.sum(1), m.sum(0)) / m.sum() for m in (near, far)]
    weights = np.array([[0, 1, 4], [1, 0, 1], [4, 1, 0]])
    lost = [(1 - quadratic_kappa(m)) * (weights * e).sum() for m, e in zip((near, far), by_chance, strict=True)]
    assert lost == pytest.approx([8.0, 8.0])


def test_accuracy_is_of_the_hips_with_a_lesion_and_normal_hips_are_told_apart():
    found = compare_grades(
        hips(("A", "A"), ("B", "B"), ("B", "C"), ("none", "A"), ("none", "none"), ("A", "none"), ("none", "none"))
    )
    assert (found.graded, found.right, found.accuracy) == (4, 2, 0.5)
    assert (found.normal, found.false_alarms) == (3, 1)
    assert found.matrix.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    # Seen: (A, none) 1 + (C, B) 1. By chance, of 4 hips: rows A 2, B 1, C 1; columns none 1, A 1, B 2.
    assert found.kappa == pytest.approx(1 - 2 * 4 / (2 * 1 + 2 * 2 + 1 * 4 + 1 + 1 * 9 + 4 + 2))


def test_a_head_that_the_prediction_lacks_counts_against_it_and_one_that_the_reference_lacks_does_not_count():
    pairs = [
        HipPair("right", NONE_MEASURED, grade("B")),
        HipPair("left", grade("B"), NONE_MEASURED),
        HipPair("left", grade("B", 17.0), grade("B", 20.0)),
    ]
    found = compare_grades(pairs)
    assert (found.graded, found.right, found.unmeasured) == (2, 1, 1)
    assert (found.share_error.n, found.share_error.median) == (1, -3.0)


def test_without_a_lesion_in_any_reference_there_is_neither_accuracy_nor_kappa():
    found = compare_grades(hips(("none", "none"), ("A", "none")))
    assert (found.accuracy, found.kappa, found.share_error) == (None, None, None)
