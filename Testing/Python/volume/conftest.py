from __future__ import annotations

from pathlib import Path

import dicom_writer
import linear_field
import pytest
import SimpleITK as sitk


@pytest.fixture
def a_scan() -> sitk.Image:
    return linear_field.scan()


@pytest.fixture
def a_dicom_folder(tmp_path: Path) -> Path:
    dicom_writer.write_series(tmp_path / "dicom")
    return tmp_path / "dicom"
