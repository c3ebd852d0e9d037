"""Writes DICOM slices of the linear field, with the name of a patient in them that must never come out again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from linear_field import hu_at
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

SHAPE = (22, 24)
SPACING = 4.0
AXIAL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
CORNER = np.array([-45.0, -40.0, -30.0])
SLICES = 18
SLOPE = 0.5
PATIENT = "Doe^Jane"


def places(count: int = SLICES, step: Sequence[float] = (0.0, 0.0, SPACING)) -> np.ndarray:
    """LPS mm (count, 3) of the first voxels of slices that follow one another by ``step``."""
    return CORNER + np.arange(count)[:, None] * np.array(step)


def write_series(
    folder: Path,
    positions: np.ndarray | None = None,
    *,
    axes: np.ndarray = AXIAL,
    number: int = 3,
    pattern: str = "IM{:04d}.dcm",
    **tags: Any,
) -> list[Path]:
    """Write a series of one file a slice and return the files; ``axes`` are the row and column directions."""
    folder.mkdir(parents=True, exist_ok=True)
    uid = tags.pop("SeriesInstanceUID", generate_uid())
    files = []
    for instance, position in enumerate(places() if positions is None else positions, start=1):
        path = folder / pattern.format(instance)
        own = {"SeriesInstanceUID": uid, "SeriesNumber": number, "InstanceNumber": instance, **tags}
        write_slice(path, position, axes=axes, **own)
        files.append(path)
    return files


def write_slice(
    path: Path,
    position: np.ndarray,
    *,
    axes: np.ndarray = AXIAL,
    shape: tuple[int, int] = SHAPE,
    spacing: float | tuple[float, float] = SPACING,
    slope: float = SLOPE,
    intercept: float = -1024.0,
    syntax: str = ExplicitVRLittleEndian,
    signed: bool = False,
    **tags: Any,
) -> Dataset:
    """Write one slice; ``spacing`` is between rows and between columns, a tag in ``tags`` that is None is left out."""
    data = image_header(CTImageStorage, syntax, **{"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"], **tags})
    data.PixelSpacing, data.RescaleSlope = np.broadcast_to(spacing, 2).tolist(), slope
    data.RescaleIntercept = tags.get("RescaleIntercept", intercept)
    data.ImagePositionPatient = [round(float(x), 6) for x in position]
    data.ImageOrientationPatient = [round(float(x), 8) for x in axes.ravel()]
    for name in [name for name, value in tags.items() if value is None]:
        delattr(data, name)
    pixels = slice_hu(position, axes, shape, spacing)
    set_pixels(data, np.round((pixels - intercept) / slope), signed=signed)
    return save(data, path)


def slice_hu(
    position: np.ndarray, axes: np.ndarray, shape: tuple[int, int], spacing: float | tuple[float, float]
) -> np.ndarray:
    """HU (rows, columns) of the linear field in a slice."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    down, across = np.broadcast_to(spacing, 2)
    return hu_at(position + across * columns[..., None] * axes[0] + down * rows[..., None] * axes[1])


def image_header(sop_class: str, syntax: str, **tags: Any) -> Dataset:
    """A header with patient data and ``tags``."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.SOPClassUID, data.SOPInstanceUID = sop_class, generate_uid()
    data.Modality, data.ConvolutionKernel = "CT", "B30f"
    data.PatientName, data.PatientID, data.SeriesDescription = PATIENT, PATIENT, f"Hip of {PATIENT}"
    for name, value in tags.items():
        setattr(data, name, value)
    return data


def set_pixels(data: Dataset, stored: np.ndarray, *, signed: bool = False) -> None:
    """Set stored values, (rows, columns), (frames, rows, columns) or in colour (rows, columns, 3)."""
    colour = stored.shape[-1] == 3
    data.Rows, data.Columns = stored.shape[:2] if colour else stored.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        data.PlanarConfiguration = 0
    bits = 8 if colour else 16
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    data.PixelRepresentation = int(signed)
    kind = np.dtype(f"{'i' if signed else 'u'}{bits // 8}")
    order = ">" if data.file_meta.TransferSyntaxUID == ExplicitVRBigEndian else "<"
    data.PixelData = stored.astype(kind.newbyteorder(order)).tobytes()
    data["PixelData"].VR = "OB" if colour else "OW"


def save(data: Dataset, path: Path) -> Dataset:
    syntax = data.file_meta.TransferSyntaxUID
    data.save_as(
        path,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    return data


def write_enhanced(
    path: Path, positions: np.ndarray, *, slopes: Sequence[float] = (SLOPE,), number: int = 3
) -> Dataset:
    """Write one enhanced CT file with a frame for each position; ``slopes`` are used in turn."""
    data = image_header(EnhancedCTImageStorage, ExplicitVRLittleEndian, SeriesNumber=number, InstanceNumber=1)
    data.SeriesInstanceUID, data.ImageType = generate_uid(), ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    data.NumberOfFrames = len(positions)
    rescaled = [slopes[i % len(slopes)] for i in range(len(positions))]
    shared = {
        "PixelMeasuresSequence": {"PixelSpacing": [SPACING, SPACING], "SliceThickness": SPACING},
        "PlaneOrientationSequence": {"ImageOrientationPatient": AXIAL.ravel().tolist()},
    }
    data.SharedFunctionalGroupsSequence = [_groups(shared)]
    data.PerFrameFunctionalGroupsSequence = [
        _groups(
            {
                "PlanePositionSequence": {"ImagePositionPatient": position.tolist()},
                "PixelValueTransformationSequence": {
                    "RescaleSlope": slope,
                    "RescaleIntercept": -1024,
                    "RescaleType": "HU",
                },
            }
        )
        for position, slope in zip(positions, rescaled, strict=True)
    ]
    frames = [
        (slice_hu(position, AXIAL, SHAPE, SPACING) + 1024) / slope
        for position, slope in zip(positions, rescaled, strict=True)
    ]
    set_pixels(data, np.round(np.array(frames)))
    return save(data, path)


def _groups(content: dict[str, dict[str, Any]]) -> Dataset:
    groups = Dataset()
    for name, attributes in content.items():
        item = Dataset()
        for attribute, value in attributes.items():
            setattr(item, attribute, value)
        setattr(groups, name, [item])
    return groups
