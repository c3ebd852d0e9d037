from __future__ import annotations

import pytest
import solids
from vtkmodules.vtkCommonDataModel import vtkPolyData

from hipjoint.mesh import surface_from_field


@pytest.fixture(scope="session")
def a_sphere() -> vtkPolyData:
    """Radius 15 mm round (40, -60, 100)."""
    centre = (40.0, -60.0, 100.0)
    return surface_from_field(solids.field(solids.sphere(centre, 15.0), middle=centre))
