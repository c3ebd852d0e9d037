"""Writes a radiograph as DICOM, with the name of a patient in it that must never come out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from dicom_writer import image_header, save, set_pixels
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian


def write_dx(pixels: np.ndarray, path: Path, *, photometric: str = "MONOCHROME2", **tags: Any) -> Path:
    """Write ``pixels`` (rows, columns) as they are stored; ``tags`` go over those of a DX image in AP view."""
    own = {"SeriesNumber": 7, "InstanceNumber": 1, "ViewPosition": "AP", "BodyPartExamined": "PELVIS"}
    data = image_header(
        tags.pop("sop_class", DigitalXRayImageStorageForPresentation),
        ExplicitVRLittleEndian,
        **{"Modality": "DX", **own, **tags},
    )
    set_pixels(data, np.round(pixels))
    if pixels.ndim == 2:
        data.PhotometricInterpretation = photometric
    path.parent.mkdir(parents=True, exist_ok=True)
    save(data, path)
    return path
