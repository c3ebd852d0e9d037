"""Surfaces of bones: made from fields, checked, written to files."""

from hipjoint.mesh.check import MeshCheck, check
from hipjoint.mesh.export import write_mesh
from hipjoint.mesh.surface import surface_from_field

__all__ = ["MeshCheck", "check", "surface_from_field", "write_mesh"]
