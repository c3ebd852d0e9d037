from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from film_dicom import write_dx
from film_scene import write_film
from pydicom.uid import CTImageStorage, SecondaryCaptureImageStorage

from hipjoint.errors import InputError
from hipjoint.volume.film import read_film

SHAPE = (200, 260)


def picture(low: float = 10, high: float = 240) -> np.ndarray:
    """Brighter to the right and to the feet."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.round(low + (high - low) * (x + y) / sum(SHAPE))


def refused(path: Path, saying: str) -> None:
    with pytest.raises(InputError) as caught:
        read_film(path)
    sentence = str(caught.value)
    assert saying in sentence
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert sentence.count("\n") == 0


@pytest.mark.parametrize(
    ("name", "kind", "scale"),
    [
        ("film.png", np.uint8, 1),
        ("film.PNG", np.uint16, 200),
        ("film.tif", np.uint16, 16),
        ("film.tiff", np.float32, 0.01),
        ("film.nrrd", np.int16, 10),
        ("film.nii.gz", np.int16, 10),
        ("film.mha", np.uint8, 1),
    ],
)
def test_a_film_is_read_with_its_values_whatever_holds_it(tmp_path: Path, name: str, kind: type, scale: float) -> None:
    whole = picture()[None] if name.endswith(("nrrd", "gz", "mha")) else picture()
    film = read_film(write_film(whole * scale, tmp_path / name, kind))
    np.testing.assert_allclose(film.pixels, (picture() * scale).astype(kind), rtol=1e-6)
    assert film.image.GetSize() == (SHAPE[1], SHAPE[0], 1)
    assert film.pixels.dtype == np.float32
    assert (film.name, film.pixel) == ("film", None)


def test_a_grey_picture_stored_in_colours_is_read_and_opacity_does_not_matter(tmp_path: Path) -> None:
    grey = picture().astype(np.uint8)
    for count in (3, 4):
        layers = np.stack([grey] * count, axis=-1)
        if count == 4:
            layers[..., -1] = 255
        path = tmp_path / f"film{count}.png"
        sitk.WriteImage(sitk.GetImageFromArray(layers, isVector=True), str(path))
        np.testing.assert_array_equal(read_film(path).pixels, grey)


def test_a_jpeg_is_read(tmp_path: Path) -> None:
    film = read_film(write_film(picture(), tmp_path / "film.jpeg"))
    assert np.abs(film.pixels - picture()).max() < 4


def test_a_photo_in_colour_is_refused(tmp_path: Path) -> None:
    grey = picture().astype(np.uint8)
    photo = sitk.GetImageFromArray(np.stack([grey, grey // 2, 255 - grey], axis=-1), isVector=True)
    sitk.WriteImage(photo, str(tmp_path / "holiday.png"))
    refused(tmp_path / "holiday.png", "is a picture in colour: give an AP radiograph")


@pytest.mark.parametrize(
    ("make", "saying"),
    [
        (lambda p: write_film(picture()[:40, :40], p / "a.png"), "has 40 x 40 pixels, too few to show a hip"),
        (lambda p: write_film(np.full(SHAPE, 9), p / "a.png"), "is empty (every voxel has the value 9)"),
        (lambda p: write_film(np.stack([picture()] * 3), p / "a.tif"), "holds 3 pictures or slices"),
        (lambda p: write_film(np.stack([picture()] * 3), p / "a.nrrd"), "holds 3 pictures or slices"),
        (lambda p: _written(p / "a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 200), "is damaged or cut short"),
        (lambda p: _written(p / "a.png", b""), "is an empty file"),
        (lambda p: _written(p / "a.pdf", b"%PDF-1.4 " + b"0" * 200), "is not a radiograph in a format"),
        (lambda p: p / "missing.png", "cannot be opened"),
        (lambda p: p, "holds no DICOM image"),
    ],
)
def test_what_is_no_film_is_refused_with_a_sentence(tmp_path: Path, make: Callable[[Path], Path], saying: str) -> None:
    refused(make(tmp_path), saying)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_both_photometric_interpretations_give_white_bone(tmp_path: Path) -> None:
    white = read_film(write_dx(picture(), tmp_path / "two.dcm"))
    dark = read_film(write_dx(250 - picture(), tmp_path / "one.dcm", photometric="MONOCHROME1"))
    np.testing.assert_array_equal(dark.pixels - dark.pixels.min(), white.pixels - white.pixels.min())
    assert "MONOCHROME1" in dark.notes[0]
    assert white.name == "series-7"


def test_a_dicom_film_is_read_from_a_folder_and_a_zip(tmp_path: Path) -> None:
    path = write_dx(picture(0, 4000), tmp_path / "study" / "IM1")
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.write(path, "IM1")
    for source in (path, tmp_path / "study", tmp_path / "study.zip"):
        np.testing.assert_array_equal(read_film(source).pixels, picture(0, 4000))


@pytest.mark.parametrize(
    ("tags", "mm", "saying"),
    [
        ({"ImagerPixelSpacing": [0.15, 0.15]}, 0.15, "too large"),
        ({"PixelSpacing": [0.15, 0.15], "ImagerPixelSpacing": [0.15, 0.15]}, 0.15, "too large"),
        ({"PixelSpacing": [0.12, 0.12], "ImagerPixelSpacing": [0.15, 0.15]}, 0.12, ""),
        ({"PixelSpacing": [0.12, 0.12], "PixelSpacingCalibrationType": "FIDUCIAL"}, 0.12, ""),
        ({"ImagerPixelSpacing": [0.15, 0.15], "EstimatedRadiographicMagnificationFactor": 1.2}, 0.125, ""),
    ],
)
def test_the_size_of_a_pixel_is_that_at_the_hip_or_doubtful(
    tmp_path: Path, tags: dict[str, Any], mm: float, saying: str
) -> None:
    pixel = read_film(write_dx(picture(), tmp_path / "a.dcm", **tags)).pixel
    assert pixel is not None
    assert pixel.mm == pytest.approx(mm)
    assert saying in pixel.doubt
    assert bool(pixel.doubt) == bool(saying)


@pytest.mark.parametrize(
    ("tags", "saying"),
    [
        ({"ViewPosition": "LL"}, "is a lateral view (LL)"),
        ({"Modality": "CT", "sop_class": CTImageStorage}, "is CT and no radiograph"),
        ({"PixelSpacing": [0.1, 0.2]}, "has pixels that are not square"),
        ({"photometric": "PALETTE COLOR"}, "is stored in colours"),
    ],
)
def test_a_dicom_image_that_cannot_be_used_is_refused(tmp_path: Path, tags: dict[str, Any], saying: str) -> None:
    refused(write_dx(picture(), tmp_path / "a.dcm", **tags), saying)


def test_several_frames_are_refused(tmp_path: Path) -> None:
    path = write_dx(np.stack([picture()] * 2), tmp_path / "a.dcm", NumberOfFrames=2)
    refused(path, "holds 2 pictures")


def test_a_screenshot_in_colour_is_refused_in_dicom_too(tmp_path: Path) -> None:
    grey = picture()
    path = tmp_path / "a.dcm"
    write_dx(np.stack([grey, 255 - grey, grey], -1), path, Modality="CR", sop_class=SecondaryCaptureImageStorage)
    refused(path, "is a picture in colour")


def test_the_film_of_the_pelvis_is_taken_and_another_can_be_named(tmp_path: Path) -> None:
    write_dx(picture(0, 100), tmp_path / "knee.dcm", BodyPartExamined="KNEE", SeriesNumber=1)
    write_dx(picture(0, 200), tmp_path / "hip.dcm", BodyPartExamined="PELVIS", SeriesNumber=2)
    write_dx(picture(0, 250), tmp_path / "side.dcm", ViewPosition="LATERAL", SeriesNumber=3)
    film = read_film(tmp_path)
    assert film.name == "series-2"
    assert "the best fit of 2 films" in film.notes[0]
    assert read_film(tmp_path, series="1").name == "series-1"
    with pytest.raises(InputError, match="has no series 9: choose one of 1, 2, 3"):
        read_film(tmp_path, series="9")


def test_what_the_header_says_of_sides_is_kept(tmp_path: Path) -> None:
    film = read_film(write_dx(picture(), tmp_path / "a.dcm", ImageLaterality="L", PatientOrientation=["R", "F"]))
    assert film.laterality == "left"
    assert "as a mirrored film does" in film.cautions[0]
