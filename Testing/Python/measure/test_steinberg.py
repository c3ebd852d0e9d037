from __future__ import annotations

import numpy as np
import pytest

from hipjoint.measure.flattening import Flattening
from hipjoint.measure.steinberg import STAGES, grade_doubt, grade_of, grade_words, margin_to_next, stage_hints


@pytest.mark.parametrize(
    ("share", "grade"),
    [(0.1, "A"), (14.999, "A"), (15.0, "B"), (22.0, "B"), (30.0, "B"), (30.001, "C"), (100.0, "C")],
)
def test_exactly_15_and_30_percent_are_grade_b(share, grade):
    assert grade_of(share) == grade


@pytest.mark.parametrize(
    ("share", "margin"), [(11.0, ("B", 4.0)), (17.0, ("A", 2.0)), (26.0, ("C", 4.0)), (41.0, ("B", 11.0))]
)
def test_the_margin_is_to_the_nearest_other_grade(share, margin):
    assert margin_to_next(share) == margin


@pytest.mark.parametrize(
    ("share", "interval", "words"),
    [
        (26.2, (23.1, 29.8), "B, 26 % (23-30)"),
        (14.7, (12.0, 17.0), "A, 14.7 % (12-17)"),
        (14.96, (12.0, 17.0), "A, 14.96 % (12-17)"),
        (30.02, (28.0, 33.0), "C, 30.02 % (28-33)"),
        (30.0, (28.0, 33.0), "B, 30 % (28-33)"),
    ],
)
def test_no_share_is_written_so_that_it_looks_like_another_grade(share, interval, words):
    assert grade_words(share, interval) == words


def test_a_grade_is_certain_only_if_its_whole_interval_has_it():
    assert grade_doubt(26.0, (23.0, 30.0)) == ""
    assert grade_doubt(26.0, (14.0, 31.0)) == "Within the uncertainty of the outline the grade could also be A or C."


def test_there_are_seven_stages_each_with_its_source():
    assert [stage.number for stage in STAGES] == ["0", "I", "II", "III", "IV", "V", "VI"]
    assert all("Steinberg" in stage.source and stage.text for stage in STAGES)
    assert [stage.number for stage in STAGES if not stage.graded] == ["0", "VI"]


@pytest.mark.parametrize(
    ("depth", "words"),
    [
        (0.3, "speaks against IV"),
        (1.1, "no sign of stage IV"),
        (1.5, "less than 2 mm"),
        (2.0, "2 to 4 mm"),
        (4.0, "2 to 4 mm"),
        (4.1, "more than 4"),
    ],
)
def test_the_hint_follows_the_depth_of_the_flattening(depth, words):
    hints = stage_hints(True, Flattening(depth, np.array([0.0, 0.0, 1.0]), 0.5))
    assert sum(words in hint for hint in hints) == 1


def test_without_lesion_the_hint_is_stage_0_if_all_else_is_normal():
    assert stage_hints(False, None)[0].startswith("No lesion is marked: stage 0 if")
