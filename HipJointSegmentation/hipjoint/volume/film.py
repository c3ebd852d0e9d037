"""A radiograph that the tasks can use: from a DICOM file, folder or zip, a picture file or a one-slice volume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.volume.archive import unpacked
from hipjoint.volume.checks import film_problem
from hipjoint.volume.dicom.films import FilmHeader, choose_film, read_film_headers, read_film_pixels
from hipjoint.volume.dicom.headers import looks_like_dicom
from hipjoint.volume.film_files import read_film_file
from hipjoint.volume.problem import Problem, unreadable
from hipjoint.volume.scan import Volume

ACCEPTED = "give a DICOM file, folder or .zip, a .png, .jpg or .tif picture, or a one-slice .nrrd, .nii.gz or .mha file"


@dataclass(frozen=True)
class PixelSize:
    """How many ``mm`` at the hip a pixel measures, the ``source`` in words, and the ``doubt``, a sentence, if any."""

    mm: float
    source: str
    doubt: str = ""


@dataclass(frozen=True)
class Film(Volume):
    """A radiograph: ``image`` is one slice, float32, with white bone, on the grid that ITK gives the file.

    Columns run to the patient's left, rows to the feet, as an AP film is looked at; the grid's own directions and
    spacing serve to lay results on the picture and are no measure. ``pixel`` is that measure, None where nothing is
    known. ``laterality`` is the side that the header names, ``cautions`` are sentences about what it says else.
    """

    pixel: PixelSize | None = None
    laterality: Side | None = None
    cautions: tuple[str, ...] = ()

    @property
    def pixels(self) -> npt.NDArray[np.float32]:
        """The picture (rows, columns), bone white."""
        # A copy: a view would not keep the image alive.
        return np.asarray(sitk.GetArrayFromImage(self.image)[0])


def read_film(path: Path, *, series: str | None = None) -> Film:
    """Read a radiograph; ``series`` is the number of a DICOM series, without it the film that fits best is read.

    Raises ``InputError``, one sentence with the path as given, if there is no radiograph in it that can show a hip.
    """
    path = Path(path)
    if _is_dicom(path):
        if path.suffix.lower() == ".zip":
            with unpacked(path) as folder:
                return _read_dicom(folder, series, path)
        return _read_dicom(path, series, path)
    if series is not None:
        raise InputError(f"{path} is not DICOM and has no series {series}: leave the choice of a series out.")
    image = read_film_file(path, ACCEPTED)
    _check(image, path)
    return Film(image, "film")


def _is_dicom(path: Path) -> bool:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error
    if path.is_dir() or path.suffix.lower() == ".zip":
        return True
    if size == 0:
        raise Problem("is an empty file", "copy or export it again").error(path)
    return looks_like_dicom(path)


def _read_dicom(root: Path, series: str | None, shown: Path) -> Film:
    headers = read_film_headers(root)
    if not headers:
        raise Problem("holds no DICOM image", ACCEPTED).error(shown)
    header, notes = choose_film(headers, series, shown)
    image = read_film_pixels(header, shown)
    _check(image, shown)
    if header.photometric == "MONOCHROME1":  # ITK gives the values as they are shown
        notes = (*notes, "Bone is stored dark (MONOCHROME1): black and white were exchanged.")
    return Film(
        image, f"series-{header.series_number}", notes, _pixel_size(header), header.laterality, _cautions(header)
    )


def _check(image: sitk.Image, shown: Path) -> None:
    problem = film_problem(image.GetSize(), image.GetSpacing(), sitk.GetArrayViewFromImage(image))
    if problem:
        raise problem.error(shown)


def _pixel_size(header: FilmHeader) -> PixelSize | None:
    """What the header says of the size of a pixel.

    DICOM PS3.3 10.7.1.3: Pixel Spacing of a projection is calibrated if it differs from that of the detector (Imager
    Pixel Spacing) or says how; the detector lies behind the patient and shows everything larger.
    """
    own, detector = header.pixel_mm, header.imager_mm
    if own and (header.calibrated or (detector and abs(own - detector) > 1e-3 * detector)):
        return PixelSize(own, "calibrated pixel spacing in the DICOM header")
    if detector and header.magnification > 1:
        enlarged = f"magnification {header.magnification:.3g}"
        return PixelSize(detector / header.magnification, f"pixel spacing of the detector and its {enlarged} (DICOM)")
    size = detector or own
    if not size:
        return None
    doubt = (
        "Lengths are as on the detector, which shows a hip about 10 to 25 % too large: calibrate with --ball-mm or "
        "--pixel-mm."
    )
    return PixelSize(size, "pixel spacing of the detector in the DICOM header", doubt)


def _cautions(header: FilmHeader) -> tuple[str, ...]:
    found = []
    if header.orientation.startswith("R"):
        found.append(
            "The header says that the picture runs to the patient's right, as a mirrored film does: the sides named "
            "here are those of a film that is looked at from the front."
        )
    if header.view == "PA":
        found.append(
            "The header says that the film was taken from the back (PA): check the sides and the magnification."
        )
    return tuple(found)
