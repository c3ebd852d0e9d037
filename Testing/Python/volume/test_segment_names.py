from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from hipjoint.errors import InputError
from hipjoint.labels import HIP_CT, ONFH
from hipjoint.volume.label_map import read_label_map


def drawn(path: Path, **names: str) -> Path:
    """A file as Slicer writes it: slabs with the values 1, 2, ... and the names of the segments."""
    values = np.zeros((6, 5, 4), np.uint8)
    for index in range(len(names)):
        values[index + 1] = index + 1
    image = sitk.GetImageFromArray(values)
    for index, name in enumerate(names.values()):
        image.SetMetaData(f"Segment{index}_Name", name)
        image.SetMetaData(f"Segment{index}_LabelValue", str(index + 1))
    sitk.WriteImage(image, str(path))
    return path


def values_of(path: Path, table=ONFH) -> list[int]:
    """The values of the slabs."""
    return sitk.GetArrayFromImage(read_label_map(path, table))[:, 0, 0].tolist()


def test_segments_that_slicer_numbered_in_its_own_order_get_the_values_of_their_names(tmp_path):
    path = drawn(tmp_path / "a.seg.nrrd", a="Left femoral head", b="lesion_left", c="right FEMORAL head")
    assert values_of(path) == [0, 2, 4, 1, 0, 0]


def test_values_of_segments_with_other_names_stay_as_they_are(tmp_path):
    assert values_of(drawn(tmp_path / "a.seg.nrrd", a="Segment_1", b="Segment_2")) == [0, 1, 2, 0, 0, 0]
    assert values_of(drawn(tmp_path / "b.seg.nrrd", a="Right femur", b="bone"), HIP_CT) == [0, 1, 2, 0, 0, 0]


def test_names_of_which_only_some_are_known_are_refused_where_values_would_change(tmp_path):
    path = drawn(tmp_path / "a.seg.nrrd", a="Left femoral head", b="dead bone")
    with pytest.raises(InputError, match="does not name all of them as labels: name them Right femoral head, Left"):
        read_label_map(path, ONFH)


def test_two_segments_of_one_name_are_refused(tmp_path):
    path = drawn(tmp_path / "a.seg.nrrd", a="Left femoral head", b="femoral_head_left")
    with pytest.raises(InputError, match="has two segments with the name of one label: give each its own"):
        read_label_map(path, ONFH)
