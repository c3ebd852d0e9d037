"""From two folders of label maps to a folder with the table of their agreement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.evaluation.agreement import Agreement, agreement
from hipjoint.evaluation.grading import HipPair, compare_grades, grade_hip
from hipjoint.evaluation.grids import on_one_grid
from hipjoint.evaluation.pairs import Pair, find_pairs
from hipjoint.evaluation.result import Case, Evaluation
from hipjoint.evaluation.spread import Row, row
from hipjoint.evaluation.structures import Structure, label_set, structures_of
from hipjoint.labels import ONFH, Label
from hipjoint.measure.osteonecrosis import SIDES
from hipjoint.measure.plausible import refuse_other_labels
from hipjoint.output.evaluation import write_files
from hipjoint.output.folder import check_free, finished_folder
from hipjoint.output.manifest import manifest, write_manifest
from hipjoint.progress import Progress, Silent
from hipjoint.report.evaluation import write_report
from hipjoint.volume.label_map import read_label_map

TASK, TITLE = "evaluate", "Agreement with reference outlines"


@dataclass(frozen=True)
class EvaluationJob:
    """What to compare: two folders or two files, the set of labels, the folder for the results.

    Cases are called by number, in the order of their names, since names of files often are those of patients; with
    ``case_names`` by their names.
    """

    predictions: Path
    references: Path
    out: Path
    labels: str = "hip-ct"
    case_names: bool = False
    overwrite: bool = False


def run_evaluation(job: EvaluationJob, progress: Progress | None = None) -> Evaluation:
    """Compare, write evaluation.json, evaluation.csv, evaluation.html (and grades.csv of ONFH) and run.json.

    Raises ``InputError`` if a file cannot be used, a case lacks its partner, the grids differ, or no label is in both a
    prediction and its reference; nothing is written then.
    """
    labels = label_set(job.labels)
    _check_out(job)
    evaluation = evaluate(job, labels, progress or Silent())
    facts = manifest(TASK, None, {"title": TITLE, "labels": job.labels, "cases": len(evaluation.cases)})
    with finished_folder(job.out, overwrite=job.overwrite) as folder:
        write_files(evaluation, folder)
        write_report(evaluation, facts, folder / "evaluation.html")
        write_manifest(facts, folder)
    return evaluation


def evaluate(job: EvaluationJob, labels: Sequence[Label], progress: Progress) -> Evaluation:
    """The agreement of all cases of ``job``; writes nothing. Raises ``InputError`` as ``run_evaluation`` does."""
    pairs = find_pairs(job.predictions, job.references)
    structures = structures_of(labels)
    cases = []
    for number, pair in enumerate(pairs, start=1):
        progress.step(f"Case {number} of {len(pairs)}", (number - 1) / len(pairs))
        cases.append(_case(pair, pair.name if job.case_names else f"case {number}", labels, structures))
    if all(each.missed or each.extra for case in cases for each in case.found.values()):
        raise InputError(
            f"No label is in both a prediction in {job.predictions} and its reference in {job.references}: check that "
            "the values mean the same in both, and --labels."
        )
    grading = compare_grades([hip for case in cases for hip in case.hips]) if labels is ONFH else None
    return Evaluation(job.labels, structures, tuple(cases), tuple(_rows(cases, structures)), grading)


def _check_out(job: EvaluationJob) -> None:
    check_free(job.out, overwrite=job.overwrite)
    inside = [path for path in (job.predictions, job.references) if path.resolve().is_relative_to(job.out.resolve())]
    if job.overwrite and inside:
        raise InputError(f"{inside[0]} lies in the output folder {job.out}: choose another output folder.")


def _case(pair: Pair, name: str, labels: Sequence[Label], structures: Sequence[Structure]) -> Case:
    prediction = read_label_map(pair.prediction, labels, may_be_empty=True)
    reference = read_label_map(pair.reference, labels)
    if labels is ONFH:
        refuse_other_labels(reference, pair.reference)
    prediction, reference = on_one_grid(prediction, reference, pair)
    hips = tuple(_hips(prediction, reference)) if labels is ONFH else ()
    return Case(name, dict(_agreements(prediction, reference, structures)), hips)


def _agreements(
    prediction: sitk.Image, reference: sitk.Image, structures: Sequence[Structure]
) -> Iterator[tuple[str, Agreement]]:
    """The structures that are in either of the two."""
    x, y, z = reference.GetSpacing()
    a, b = (sitk.GetArrayViewFromImage(image) for image in (prediction, reference))
    for structure in structures:
        masks = np.isin(a, structure.values), np.isin(b, structure.values)
        if any(mask.any() for mask in masks):
            yield structure.name, agreement(*masks, (z, y, x))


def _hips(prediction: sitk.Image, reference: sitk.Image) -> Iterator[HipPair]:
    """The hips that are in either of the two."""
    for side in SIDES:
        values = [label.value for label in ONFH if label.side == side]
        if any(np.isin(sitk.GetArrayViewFromImage(image), values).any() for image in (prediction, reference)):
            yield HipPair(side, grade_hip(prediction, side), grade_hip(reference, side))


def _rows(cases: Sequence[Case], structures: Sequence[Structure]) -> Iterator[Row]:
    """Each kind of structure with both sides together, then each side; what is in no case has no row."""
    for group in dict.fromkeys(structure.group for structure in structures):
        members = [structure for structure in structures if structure.group == group]
        found = {each.title: [case.found[each.name] for case in cases if each.name in case.found] for each in members}
        there = {title: agreements for title, agreements in found.items() if agreements}
        if len(there) > 1:
            yield row(group, [each for agreements in there.values() for each in agreements], both_sides=True)
        for title, agreements in there.items():
            yield row(title, agreements)
