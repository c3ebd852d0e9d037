"""Radiographs in DICOM (CR, DX): which of the files is the film, and what its header says; nothing of the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
import SimpleITK as sitk
from pydicom.uid import UID

from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.volume.dicom.choice import ELSEWHERE
from hipjoint.volume.dicom.headers import DAMAGE, dicom_files
from hipjoint.volume.film_pixels import kind_problem, one_grey_slice
from hipjoint.volume.modality import FILM
from hipjoint.volume.problem import Problem
from hipjoint.volume.quiet import quiet_itk, quiet_pydicom

MODALITIES = ("CR", "DX", "RG")
# Defined terms of View Position in CR and DX, and what devices write besides.
LATERAL = {"LL", "RL", "LLD", "RLD", "LLO", "RLO", "ML", "LM", "LAT", "LATERAL", "AXIAL", "CROSSTABLE"}
HERE = {"PELVIS", "HIP", "HIPS", "PELVISHIP", "HIPJOINT"}
GREY = {"MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422"}
_SQUARE = 0.01
TAGS = [
    "SOPClassUID", "SeriesNumber", "InstanceNumber", "Modality", "BodyPartExamined", "ViewPosition", "Laterality",
    "ImageLaterality", "PatientOrientation", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation",
    "NumberOfFrames", "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing",
    "PixelSpacingCalibrationType", "EstimatedRadiographicMagnificationFactor",
]  # fmt: skip


@dataclass(frozen=True)
class FilmHeader:
    """What a file says of its film; texts are empty and numbers 0 where it does not say.

    ``pixel_mm`` and ``imager_mm`` are the pixel's size as calibrated and on the detector, ``calibrated`` whether the
    header says how; ``orientation`` is the direction of the rows, such as "L".
    """

    path: Path
    series_number: int
    instance: int
    modality: str
    sop_class: str
    shape: tuple[int, int]
    samples: int
    frames: int
    photometric: str
    body_part: str
    view: str
    laterality: Side | None
    orientation: str
    pixel_mm: float
    imager_mm: float
    calibrated: bool
    magnification: float
    is_square: bool


def read_film_headers(root: Path) -> list[FilmHeader]:
    """The headers of all DICOM images in the file ``root``, or in the folder and those in it."""
    return [header for path in dicom_files(root) if (header := _header(path)) is not None]


def choose_film(headers: Sequence[FilmHeader], wanted: str | None, shown: Path) -> tuple[FilmHeader, tuple[str, ...]]:
    """The film of the series ``wanted``, or that which fits best, and notes on the choice.

    A film whose header names the pelvis or hip goes before one that names no part, that before one of another part;
    then the larger one, then the lower number. Raises ``InputError`` about ``shown`` if there is none.
    """
    fitting = [each for each in headers if wanted is None or str(each.series_number) == wanted]
    if not fitting:
        known = ", ".join(sorted({str(each.series_number) for each in headers}))
        raise InputError(f"{shown} has no series {wanted}: choose one of {known}.")
    usable = [each for each in fitting if _problem(each) is None]
    if not usable:
        raise _none_usable(fitting).error(shown)
    best = max(usable, key=_fitness)
    if len(usable) == 1:
        return best, ()
    taken = f"Image {best.instance} of series {best.series_number} was taken, the best fit of {len(usable)} films"
    return best, (f"{taken}; if it is not the right one, give its file, or name another series.",)


def read_film_pixels(header: FilmHeader, shown: Path) -> sitk.Image:
    """The film (float32, one slice) as stored, after the rescaling of the header; raises ``InputError``."""
    try:
        with quiet_itk():
            found = one_grey_slice(sitk.ReadImage(str(header.path), imageIO="GDCMImageIO"))
    except RuntimeError as error:
        raise Problem("is damaged or cannot be decoded", "export it again without compression").error(shown) from error
    if isinstance(found, Problem):
        raise found.error(shown)
    return found


def _problem(header: FilmHeader) -> Problem | None:
    if header.modality not in MODALITIES:
        return Problem(f"is {header.modality or 'of no known modality'} and no radiograph (CR or DX)", FILM.wanted)
    if header.sop_class not in FILM.classes:
        return Problem(f"is no radiograph but {UID(header.sop_class).name}", FILM.wanted)
    if header.view.replace(" ", "").replace("-", "") in LATERAL:
        return Problem(f"is a lateral view ({header.view})", FILM.wanted)
    if header.photometric not in GREY:
        return Problem(f"is stored in colours ({header.photometric})", FILM.wanted)
    if not header.is_square:
        return Problem("has pixels that are not square", "export it again with square pixels")
    return kind_problem((*header.shape, header.frames), header.samples)


def _none_usable(headers: Sequence[FilmHeader]) -> Problem:
    problems = [problem for header in headers if (problem := _problem(header))]
    if len(problems) == 1:
        return problems[0]
    reasons = list(dict.fromkeys(problem.reason for problem in problems))
    return Problem(f"holds no film that can be used (one {'; one '.join(reasons[:3])})", FILM.wanted)


def _fitness(header: FilmHeader) -> tuple[bool, bool, int, int, int]:
    rows, columns = header.shape
    part = header.body_part.replace(" ", "")
    return part in HERE, part not in ELSEWHERE, rows * columns, -header.series_number, -header.instance


def _header(path: Path) -> FilmHeader | None:
    try:
        with quiet_pydicom():
            return _of(path, pydicom.dcmread(path, stop_before_pixels=True, specific_tags=TAGS, force=True))
    except DAMAGE:
        return None


def _of(path: Path, data: pydicom.Dataset) -> FilmHeader:
    own, own_square = _spacing(data.get("PixelSpacing"))
    detector, detector_square = _spacing(data.get("ImagerPixelSpacing") or data.get("NominalScannedPixelSpacing"))
    return FilmHeader(
        path=path,
        series_number=int(data.get("SeriesNumber") or 0),
        instance=int(data.get("InstanceNumber") or 0),
        modality=str(data.get("Modality", "")),
        sop_class=str(data.get("SOPClassUID", "")),
        shape=(int(data.Rows), int(data.Columns)),
        samples=int(data.get("SamplesPerPixel") or 1),
        frames=int(data.get("NumberOfFrames") or 1),
        photometric=str(data.get("PhotometricInterpretation", "")).upper(),
        body_part=str(data.get("BodyPartExamined", "")).upper(),
        view=str(data.get("ViewPosition", "")).upper(),
        laterality=_side(data.get("ImageLaterality") or data.get("Laterality")),
        orientation=_first(data.get("PatientOrientation")),
        pixel_mm=own,
        imager_mm=detector,
        calibrated=bool(data.get("PixelSpacingCalibrationType")),
        magnification=float(data.get("EstimatedRadiographicMagnificationFactor") or 0),
        is_square=own_square and detector_square,
    )


def _spacing(value: Any) -> tuple[float, bool]:
    """The size of a pixel in mm, 0 where none is given, and whether it is square."""
    numbers = [float(part) for part in value] if value else []
    if len(numbers) != 2 or min(numbers) <= 0:
        return 0.0, True
    return sum(numbers) / 2, abs(numbers[0] - numbers[1]) <= _SQUARE * max(numbers)


def _side(value: Any) -> Side | None:
    text = str(value or "").upper()
    return "right" if text == "R" else "left" if text == "L" else None


def _first(value: Any) -> str:
    return str(value[0]).upper() if value else ""
