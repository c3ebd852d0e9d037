"""Which series of a folder is the CT of the hip, and the list of them for the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.uid import UID

from hipjoint.errors import InputError
from hipjoint.volume.checks import COARSEST, ROUNDING, few_slices, grid_problem
from hipjoint.volume.dicom.stacks import Stack
from hipjoint.volume.modality import CT, MR, Modality
from hipjoint.volume.problem import Problem

_VOLUMES = (CT, MR)
HU_TYPES = {"", "HU", "US"}  # US is "unspecified", which scanners of old write for HU
LARGEST_SIDEWAYS = 1.0
AXIAL = 0.7
KERNEL_LENGTH = 16
REASONS_SHOWN = 3
# A study often holds scans of other parts; where the header names one of these, another series is taken first.
ELSEWHERE = {
    "HEAD", "BRAIN", "SKULL", "NECK", "HEADNECK", "CSPINE", "CHEST", "THORAX", "LUNG", "HEART", "SHOULDER", "ELBOW",
    "WRIST", "HAND", "KNEE", "ANKLE", "FOOT",
}  # fmt: skip


@dataclass(frozen=True)
class SeriesInfo:
    """One series as the user sees it, without patient data.

    ``key`` names it to ``read_volume``: its number, or number.part where a number stands for several. ``spacing_mm`` is
    (x, y, z), None if not known. ``problem`` says why it cannot be used ("is a scout view"), "" if it can; ``is_best``
    marks the one of its kind that is read if none is named.
    """

    key: str
    modality: str
    slices: int
    spacing_mm: tuple[float, float, float] | None
    kernel: str
    problem: str
    is_best: bool


def describe(stacks: Sequence[Stack]) -> tuple[SeriesInfo, ...]:
    """The list of series, in the order of their numbers; each is judged for the tasks of its own kind, CT or MRI."""
    best = [_best([stack for stack in _usable(stacks, kind) if _kind_of(stack) is kind]) for kind in _VOLUMES]
    return tuple(
        _info(key, stack, is_best=any(stack is each for each in best)) for key, stack in by_key(stacks).items()
    )


def choose(
    stacks: Sequence[Stack], wanted: str | None, shown: Path, modality: Modality = CT
) -> tuple[str, Stack, tuple[str, ...]]:
    """Key, stack and notes of the series ``wanted``, or of the one of a ``modality`` that fits best.

    Of the series that can be used these go first, in this order: not of another part of the body, original and not
    derived, axial, more slices, thinner slices, lower number. Raises ``InputError`` about ``shown`` if there is none.
    """
    keyed = {key: stack for key, stack in by_key(stacks).items() if wanted is None or is_wanted(key, wanted)}
    if not keyed:
        known = ", ".join(by_key(stacks))
        raise InputError(f"{shown} has no series {wanted}: choose one of {known}.")
    usable = _usable(list(keyed.values()), modality)
    best = _best(usable)
    if best is None:
        raise _none_usable(keyed, modality).error(shown)
    key = next(key for key, stack in keyed.items() if stack is best)
    return key, best, _choice_note(key, len(usable))


def problem_of(stack: Stack, modality: Modality = CT) -> Problem | None:
    """Why a series cannot be used, None if it can, as far as the headers tell."""
    return _kind_problem(stack, modality) or _place_problem(stack, modality)


def _kind_of(stack: Stack) -> Modality:
    return next((kind for kind in _VOLUMES if kind.name == stack.header.modality), CT)


def _kind_problem(stack: Stack, modality: Modality) -> Problem | None:
    header = stack.header
    if header.modality != modality.name:
        return Problem(f"is {header.modality or 'of no known modality'} and not {modality.name}", modality.wanted)
    if header.samples > 1:
        return Problem("is in colour", modality.wanted)
    if "LOCALIZER" in header.image_type:
        return Problem("is a scout view", modality.wanted)
    if header.sop_class not in modality.classes:
        return Problem(f"is no {modality.name} image but {UID(header.sop_class).name}", modality.wanted)
    has_hu = header.value_types <= HU_TYPES and header.rescalings == 1
    return None if has_hu or modality is not CT else Problem("holds other values than HU", modality.wanted)


def _place_problem(stack: Stack, modality: Modality) -> Problem | None:
    if not stack.has_place:
        return Problem("says not where its slices lie in the patient", "export it again with all of its header")
    rows, columns = stack.header.shape
    steps = [b - a for a, b in zip(stack.heights[:-1], stack.heights[1:], strict=True)]
    if steps and max(steps) > COARSEST * (1 + ROUNDING):
        return Problem(f"lacks slices over a gap of {max(steps):.0f} mm", "give all slices of the scan")
    if stack.sideways > LARGEST_SIDEWAYS:
        return Problem("has slices that are shifted against one another", "export it again as one straight series")
    slices = 1 if len(stack.frames) == 1 else round(float(stack.heights[-1]) / stack.spacing[2]) + 1
    if slices < modality.fewest_slices:
        return few_slices(slices, modality.fewest_slices)
    return grid_problem((columns, rows, slices), stack.spacing)


def _usable(stacks: Sequence[Stack], modality: Modality) -> list[Stack]:
    return [stack for stack in stacks if problem_of(stack, modality) is None]


def _best(stacks: Sequence[Stack]) -> Stack | None:
    return max(stacks, key=_fitness, default=None)


def _fitness(stack: Stack) -> tuple[bool, bool, bool, int, float, int]:
    header = stack.header
    is_original = "DERIVED" not in header.image_type
    is_axial = header.modality != CT.name or abs(float(stack.axes[2, 2])) > AXIAL  # the planes of MRI are as good
    here = header.body_part not in ELSEWHERE
    return here, is_original, is_axial, len(stack.frames), -stack.spacing[2], -header.series_number


def by_key(stacks: Sequence[Stack]) -> dict[str, Stack]:
    """The series by what names them to the user: their number, or number.part where a number stands for several."""
    parts = Counter(stack.header.series_number for stack in stacks)
    seen: Counter[int] = Counter()
    keyed = {}
    for stack in stacks:
        number = stack.header.series_number
        seen[number] += 1
        keyed[f"{number}.{seen[number]}" if parts[number] > 1 else str(number)] = stack
    return keyed


def is_wanted(key: str, wanted: str) -> bool:
    """Whether the user means the series ``key`` with ``wanted``, a key or a number that stands for several."""
    return wanted in (key, key.split(".", maxsplit=1)[0])


def _none_usable(keyed: dict[str, Stack], modality: Modality) -> Problem:
    problems = {key: problem for key, stack in keyed.items() if (problem := problem_of(stack, modality))}
    if len(problems) == 1:
        [(key, problem)] = problems.items()
        return Problem(f"cannot be used, as its series {key} {problem.reason}", problem.remedy)
    reasons = [f"series {key} {problem.reason}" for key, problem in problems.items()]
    more = f"; and {len(reasons) - REASONS_SHOWN} more" if len(reasons) > REASONS_SHOWN else ""
    return Problem(f"holds no series that can be used ({'; '.join(reasons[:REASONS_SHOWN])}{more})", modality.wanted)


def _choice_note(key: str, candidates: int) -> tuple[str, ...]:
    if candidates == 1:
        return ()
    return (f"Series {key} was taken, the best fit of {candidates}; if it is not the right one, name another.",)


def _info(key: str, stack: Stack, *, is_best: bool) -> SeriesInfo:
    problem = problem_of(stack, _kind_of(stack))
    kernel = "".join(letter for letter in stack.header.kernel if letter.isprintable())[:KERNEL_LENGTH]
    spacing = stack.spacing if stack.has_place else None
    reason = problem.reason if problem else ""
    return SeriesInfo(key, stack.header.modality, len(stack.frames), spacing, kernel, reason, is_best)
