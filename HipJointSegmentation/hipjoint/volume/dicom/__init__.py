"""Series of DICOM slices: finding them, choosing one and making a 3D image of it."""

from hipjoint.volume.dicom.choice import SeriesInfo, choose, describe
from hipjoint.volume.dicom.headers import read_frames
from hipjoint.volume.dicom.pixels import read_stack
from hipjoint.volume.dicom.stacks import Stack, stacks_of

__all__ = ["SeriesInfo", "Stack", "choose", "describe", "read_frames", "read_stack", "stacks_of"]
