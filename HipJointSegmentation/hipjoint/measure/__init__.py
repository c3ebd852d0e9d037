"""Measures of the bones: one file a family."""

from hipjoint.measure.field_of_view import cut_by_field_of_view, field_of_view_warnings
from hipjoint.measure.size import SizeRow, measure_sizes

__all__ = ["SizeRow", "cut_by_field_of_view", "field_of_view_warnings", "measure_sizes"]
