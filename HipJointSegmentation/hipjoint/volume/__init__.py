"""Scans: reading them from DICOM, NIfTI, NRRD and MetaImage, their orientation and resampling."""

from hipjoint.volume.dicom import SeriesInfo
from hipjoint.volume.orientation import canonical
from hipjoint.volume.reading import list_series, read_volume
from hipjoint.volume.scan import Volume

__all__ = ["SeriesInfo", "Volume", "canonical", "list_series", "read_volume"]
