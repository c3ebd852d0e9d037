from __future__ import annotations

import dicom_writer
import linear_field
import numpy as np
import pytest
from dicom_writer import places, write_enhanced, write_series

from hipjoint.errors import InputError
from hipjoint.volume import read_volume

ROUNDING = 0.3  # stored values are steps of 0.5 HU


def test_rows_and_columns_may_be_spaced_differently(tmp_path):
    write_series(tmp_path, spacing=(3.0, 5.0))
    image = read_volume(tmp_path).image
    assert image.GetSpacing() == pytest.approx((5.0, 3.0, 4.0))
    assert linear_field.greatest_error(image) < ROUNDING


def test_a_missing_slice_is_interpolated_and_noted(tmp_path):
    write_series(tmp_path, np.delete(places(), 7, axis=0))
    volume = read_volume(tmp_path)
    assert volume.image.GetSize() == (24, 22, 18)
    assert linear_field.greatest_error(volume.image) < ROUNDING
    assert any("not evenly spaced (4 to 8 mm)" in note for note in volume.notes)


def test_uneven_slices_are_interpolated_at_the_finer_spacing(tmp_path):
    steps = np.cumsum([0, *[2.0] * 12, *[5.0] * 12])
    write_series(tmp_path, dicom_writer.CORNER + steps[:, None] * [0, 0, 1])
    volume = read_volume(tmp_path)
    assert volume.image.GetSpacing()[2] == pytest.approx(2.0)
    assert linear_field.greatest_error(volume.image) < 2 * ROUNDING
    assert any("not evenly spaced (2 to 5 mm)" in note for note in volume.notes)


def test_rounded_slice_positions_are_evenly_spaced(tmp_path):
    heights = np.round(np.arange(121) * 0.625, 1)
    write_series(tmp_path, dicom_writer.CORNER + heights[:, None] * [0, 0, 1])
    volume = read_volume(tmp_path)
    assert volume.image.GetSize() == (24, 22, 121)
    assert not any("evenly" in note for note in volume.notes)


def test_a_wide_gap_is_refused(tmp_path):
    write_series(tmp_path, np.delete(places(), [7, 8], axis=0))
    with pytest.raises(InputError, match="its series 3 lacks slices over a gap of 12 mm"):
        read_volume(tmp_path)


def test_slices_that_do_not_follow_a_line_are_refused(tmp_path):
    positions = places()
    positions[9:, 0] += 30
    write_series(tmp_path, positions)
    with pytest.raises(InputError, match="shifted against one another"):
        read_volume(tmp_path)


def test_a_missing_frame_is_interpolated(tmp_path):
    write_enhanced(tmp_path / "IM1", np.delete(places(), 4, axis=0))
    volume = read_volume(tmp_path / "IM1")
    assert volume.image.GetSize() == (24, 22, 18)
    assert linear_field.greatest_error(volume.image) < ROUNDING
    assert any("not evenly spaced" in note for note in volume.notes)
