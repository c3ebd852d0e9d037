"""Corrections by hand that look at the image: the boundary of two bones recomputed from strokes."""

from hipjoint.edit.split_joint import Split, split_joint
from hipjoint.edit.strokes import Box, local_box

__all__ = ["Box", "Split", "local_box", "split_joint"]
