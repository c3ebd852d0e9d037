"""Makes simulated films and keeps them in a ring of files that training reads from.

A file holds what reaches the film (cm of water, cm of bone), not the film: its spectrum, scatter, noise and processing
are drawn anew each time that training takes it (``film_physics.py``).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from Training.simulate.ct import Patient
from Training.simulate.film_anatomy import draw_anatomy
from Training.simulate.film_labels import FilmHead, draw_labels
from Training.simulate.film_view import Shadow, cast, draw_view
from Training.simulate.noise import Dice, rotation
from Training.simulate.patches import draw_patient, writer_options

A_PATIENT = 4  # films of one patient


def as_for_a_film(dice: Dice, patient: Patient) -> Patient:
    """Legs as they lie for a radiograph, shafts with the cortex of both sexes, heads as loose as pelves, no metal."""
    poses = {}
    for side, pose in patient.scene.poses.items():
        turn = rotation(torch.tensor([dice.normal(0, 4), dice.normal(0, 3.5), dice.normal(0, 10)]))
        poses[side] = replace(pose, turn=turn)
    thinning = max(patient.tissue.thinning, 0.6)
    tissue = replace(
        patient.tissue,
        shaft_cortex=dice.uniform(3.0, 7.5) / thinning,
        thinning=thinning,
        head=patient.tissue.head * dice.uniform(0.35, 1.0),
    )
    return replace(patient, scene=replace(patient.scene, poses=poses), tissue=tissue, prosthesis=None)


def simulate_films(
    seed: int, library: Path, part: str = "train", count: int = A_PATIENT
) -> Iterator[tuple[Shadow, np.ndarray, dict[str, FilmHead]]]:
    """``count`` films of the patient that ``seed`` gives, with label images and heads."""
    dice = Dice(seed)
    patient = as_for_a_film(dice, draw_patient(dice, library, part, coarse=False))
    anatomy = draw_anatomy(dice, patient)
    for _ in range(count if len(anatomy.heads) == 2 else 0):
        view = draw_view(dice, anatomy)
        shadow = cast(anatomy, view)
        yield shadow, *draw_labels(anatomy, view, shadow)


def save(path: Path, shadow: Shadow, labels: np.ndarray, heads: dict[str, FilmHead]) -> None:
    """Write half floats and labels; a reader never sees half a file."""
    part = path.with_suffix(f".{os.getpid()}.part")
    places = {f"head_{side}": np.array(list(asdict(head).values()), np.float32) for side, head in heads.items()}
    with part.open("wb") as file:
        np.savez_compressed(
            file, soft=shadow.soft.half().numpy(), bone=shadow.bone.half().numpy(), labels=labels, **places
        )
    part.replace(path)


def fill(
    folder: Path, library: Path, slots: int, seed: int, stride: int, part: str, each: int, patients: int | None
) -> None:
    """Write ``each`` films a patient into ``slots`` files, and start again at the first when all are there.

    For ever, or of so many ``patients``.
    """
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.islice(itertools.count(seed, stride), patients):
        for i, film in enumerate(simulate_films(number + 1000, library, part, each)):
            save(folder / f"{(number * each + i) % slots:05d}.npz", *film)


if __name__ == "__main__":
    parser = writer_options(__doc__, ["hip_radiograph"], 900)
    parser.add_argument("--part", choices=["train", "test"], default="train")
    parser.add_argument("--each", type=int, default=A_PATIENT, help="films of one patient")
    parser.add_argument("--patients", type=int, help="end after so many patients; without it, go on for ever")
    a = parser.parse_args()
    fill(a.folder, a.library, a.slots, a.seed, a.stride, a.part, a.each, a.patients)
