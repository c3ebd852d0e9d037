"""What the headers of DICOM files say about each slice; nothing of what they say about the patient is read."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.errors import InvalidDicomError

from hipjoint.volume.problem import unreadable
from hipjoint.volume.quiet import quiet_pydicom

PREAMBLE = 128
# Group 2 or 8, where files without a preamble begin.
BARE_BEGINNINGS = (b"\x02\x00\x00\x00", b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00")
TAGS = [
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "Modality", "ImageType", "BodyPartExamined",
    "ConvolutionKernel", "RescaleType", "RescaleSlope", "RescaleIntercept", "AcquisitionNumber", "InstanceNumber",
    "Rows", "Columns", "SamplesPerPixel", "NumberOfFrames", "PixelSpacing", "ImagePositionPatient",
    "ImageOrientationPatient", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
]  # fmt: skip
# What pydicom raises on damaged files, and on those that hold no image; such a file is taken for none of ours.
DAMAGE = (
    AttributeError, EOFError, IndexError, InvalidDicomError, KeyError, NotImplementedError, TypeError, ValueError,
    struct.error, zlib.error,
)  # fmt: skip

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Header:
    """What holds for all frames of a file; texts are empty and numbers 0 where the file does not say."""

    path: Path
    instance_uid: str
    series_uid: str
    series_number: int
    sop_class: str
    transfer_syntax: str
    modality: str
    image_type: tuple[str, ...]
    body_part: str
    kernel: str
    value_types: frozenset[str]
    rescalings: int
    samples: int
    shape: tuple[int, int]
    order: tuple[int, int]


@dataclass(frozen=True)
class Frame:
    """One slice: frame ``index`` of its file, LPS mm of its first voxel (3), its row and column directions (2, 3).

    ``spacing`` is between columns and between rows, in mm. What is not said is None.
    """

    header: Header
    index: int
    position: Numbers | None
    axes: Numbers | None
    spacing: tuple[float, float] | None

    @property
    def has_place(self) -> bool:
        """Whether the slice says where it lies in the patient."""
        return self.position is not None and self.axes is not None and self.spacing is not None


def read_frames(root: Path) -> list[Frame]:
    """All slices in the DICOM file ``root``, or in the folder and those in it, whatever their files are called.

    Raises ``InputError`` if a file or folder cannot be opened. Files that are no DICOM images are passed over.
    """
    return [frame for path in dicom_files(root) for frame in _frames(path)]


def dicom_files(root: Path) -> list[Path]:
    """The file ``root``, or all in the folder and those in it, that begin as DICOM does; raises ``InputError``."""
    files = [root] if root.is_file() else sorted(_files_in(root))
    return [path for path in files if looks_like_dicom(path)]


def looks_like_dicom(path: Path) -> bool:
    """Whether a file begins as DICOM does. Raises ``InputError`` if it cannot be opened."""
    try:
        with path.open("rb") as file:
            return begins_as_dicom(file.read(PREAMBLE + 4))
    except OSError as error:
        raise unreadable(path, error) from error


def begins_as_dicom(start: bytes) -> bool:
    """Whether these first 132 bytes of a file are those of DICOM, with or without a preamble."""
    return start[PREAMBLE:] == b"DICM" or start.startswith(BARE_BEGINNINGS)


def _files_in(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise unreadable(Path(error.filename), error) from error

    for parent, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(parent, name) for name in names if Path(parent, name).is_file())


def _frames(path: Path) -> list[Frame]:
    try:
        with quiet_pydicom():
            data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=TAGS, force=True)
            groups = [_Groups(data, index) for index in range(int(data.get("NumberOfFrames") or 1))]
            header = _header(path, data, groups)
            return [_frame(header, index, group) for index, group in enumerate(groups)]
    except DAMAGE:
        return []


class _Groups:
    """Looks an attribute up in the functional groups of one frame of an enhanced image, or else in the header."""

    def __init__(self, data: pydicom.Dataset, index: int) -> None:
        own = data.get("PerFrameFunctionalGroupsSequence") or []
        self._places = [*own[index : index + 1], *(data.get("SharedFunctionalGroupsSequence") or [])]
        self._data = data

    def get(self, group: str, name: str) -> Any:
        """The value of the attribute ``name`` in the functional group ``group``, None if it is not there."""
        items = [place[group][0] for place in self._places if place.get(group)]
        return next((item[name].value for item in [*items, self._data] if name in item), None)


def _header(path: Path, data: pydicom.Dataset, groups: list[_Groups]) -> Header:
    rescaling = "PixelValueTransformationSequence"
    names = ("RescaleSlope", "RescaleIntercept")
    return Header(
        path=path,
        instance_uid=str(data.get("SOPInstanceUID", path)),
        series_uid=str(data.get("SeriesInstanceUID", "")),
        series_number=int(data.get("SeriesNumber") or 0),
        sop_class=str(data.get("SOPClassUID", "")),
        transfer_syntax=str(data.file_meta.get("TransferSyntaxUID", "")),
        modality=str(data.get("Modality", "")),
        image_type=tuple(str(part).upper() for part in _several(data.get("ImageType"))),
        body_part=str(data.get("BodyPartExamined", "")).upper(),
        kernel=" ".join(str(part) for part in _several(groups[0].get("CTReconstructionSequence", "ConvolutionKernel"))),
        value_types=frozenset(str(group.get(rescaling, "RescaleType") or "") for group in groups),
        rescalings=len({tuple(str(group.get(rescaling, name)) for name in names) for group in groups}),
        samples=int(data.get("SamplesPerPixel") or 1),
        shape=(int(data.Rows), int(data.Columns)),
        order=(int(data.get("AcquisitionNumber") or 0), int(data.get("InstanceNumber") or 0)),
    )


def _frame(header: Header, index: int, group: _Groups) -> Frame:
    position = _numbers(group.get("PlanePositionSequence", "ImagePositionPatient"), 3)
    axes = _numbers(group.get("PlaneOrientationSequence", "ImageOrientationPatient"), 6)
    spacing = _numbers(group.get("PixelMeasuresSequence", "PixelSpacing"), 2)
    return Frame(
        header,
        index,
        position,
        None if axes is None else _unit_axes(axes.reshape(2, 3)),
        None if spacing is None else (float(spacing[1]), float(spacing[0])),
    )


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return [value] if isinstance(value, (str, bytes)) else list(value)


def _numbers(value: Any, count: int) -> Numbers | None:
    found = np.array([float(part) for part in _several(value)])
    return found if len(found) == count and np.isfinite(found).all() else None


def _unit_axes(axes: Numbers) -> Numbers | None:
    """Directions of length 1, None if they are not at right angles."""
    lengths = np.linalg.norm(axes, axis=1)
    if lengths.min() < 0.5 or abs(axes[0] @ axes[1]) > 0.01 * lengths.prod():
        return None
    unit = axes / lengths[:, None]
    row, column = unit[0], unit[1] - (unit[0] @ unit[1]) * unit[0]
    return np.array([row, column / np.linalg.norm(column)])
