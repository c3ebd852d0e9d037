"""From a label map that was drawn or edited by hand to a surface as large as what it marks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersCore import vtkAppendPolyData

from hipjoint.mesh.surface import surface_from_field

# In voxels: enough to take the steps off a slanting wall, little enough to keep a wall of two voxels.
_BLUR = 0.7
_MARGIN = 3
# By how much a blurred flat wall rises from one voxel to the next, where it is steepest.
_SLOPE = 1 / (_BLUR * np.sqrt(2 * np.pi))
_BISECTIONS = 25
_TOUCHING = np.ones((3, 3, 3), bool)


def surface_from_mask(mask: sitk.Image) -> vtkPolyData:
    """The surface in LPS mm of the voxels of ``mask`` (3D, any direction cosines) that are not zero.

    Closed and smooth below the size of a voxel. Each piece has the volume of its voxels, up to the smoothing, which
    loses less than 1 % of a bone; hollows inside are filled. Raises ``ValueError`` if the mask is empty.
    """
    pieces, count = ndimage.label(sitk.GetArrayViewFromImage(mask) != 0, structure=_TOUCHING)
    if not count:
        raise ValueError("the mask is empty")
    together = vtkAppendPolyData()
    for number, box in enumerate(ndimage.find_objects(pieces), start=1):
        region = _wider(box, pieces.shape)
        together.AddInputData(surface_from_field(_field(pieces[region] == number, region, mask)))
    together.Update()
    surface: vtkPolyData = together.GetOutput()
    return surface


def _wider(box: tuple[slice, ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(
        slice(max(0, part.start - _MARGIN), min(size, part.stop + _MARGIN))
        for part, size in zip(box, shape, strict=True)
    )


def _field(piece: npt.NDArray[np.bool_], region: tuple[slice, ...], mask: sitk.Image) -> sitk.Image:
    """The blurred piece, positive in as much space as the piece fills: blurring alone rounds off what bulges."""
    blurred = ndimage.gaussian_filter(piece.astype(np.float32), _BLUR, mode="nearest")
    field = sitk.GetImageFromArray(blurred - np.float32(_level(blurred, int(np.count_nonzero(piece)))))
    field.SetSpacing(mask.GetSpacing())
    field.SetDirection(mask.GetDirection())
    field.SetOrigin(mask.TransformIndexToPhysicalPoint([part.start for part in reversed(region)]))
    return field


def _level(blurred: npt.NDArray[np.float32], count: int) -> float:
    """The value above which ``count`` voxels of space lie, by bisection.

    Each voxel counts with the share that a flat wall through it would leave of it.
    """
    partial = blurred[(blurred > 0) & (blurred < 1)].astype(np.float64)
    partial_count = count - int(np.count_nonzero(blurred >= 1))
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        level = (low + high) / 2
        filled = np.clip((partial - level) / _SLOPE + 0.5, 0, 1).sum()
        low, high = (level, high) if filled > partial_count else (low, level)
    return min(level, float(blurred.max()) / 2)
