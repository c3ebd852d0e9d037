"""How a grid lies in the patient: along which axes, and whether these are at right angles."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from hipjoint.volume.resample import AIR

Matrix = npt.NDArray[np.float64]


def canonical(image: sitk.Image) -> sitk.Image:
    """The same voxels with axes permuted and flipped so that they run as nearly as can be along LPS.

    Lossless: values and the place of each voxel in LPS mm stay as they are. A direction that is oblique stays oblique.
    """
    return sitk.DICOMOrient(image, "LPS")


def tilt(image: sitk.Image) -> float:
    """Degrees by which the axes of a grid differ from right angles: of a CT series, the tilt of its gantry."""
    _, shear = _split(image)
    return float(np.degrees(np.arccos(np.clip(np.diag(shear).min(), -1.0, 1.0))))


def is_sheared(image: sitk.Image) -> bool:
    """Whether the axes of a grid drift by more than half a voxel from right angles over its length."""
    _, shear = _split(image)
    drift = np.triu(shear, 1) * image.GetSpacing() * (np.array(image.GetSize()) - 1)
    return bool(np.abs(drift).max() > min(image.GetSpacing()) / 2)


def right_angled(image: sitk.Image) -> sitk.Image:
    """``image`` on a grid with axes at right angles (LPS mm), as ITK filters, networks and label maps need it.

    A sheared grid, as a tilted gantry makes it, is resampled linearly: the first axis and the plane of the first two
    stay, the third becomes their normal, and the grid grows until it holds every voxel. What the scan does not cover
    becomes air. A grid that is not sheared keeps its voxels and only gets exact directions.
    """
    axes, shear = _split(image)
    if np.allclose(shear, np.eye(3), atol=1e-9):
        return image
    spacing = np.array(image.GetSpacing()) * np.diag(shear)
    return (_resampled if is_sheared(image) else _with_geometry)(image, axes, spacing)


def _split(image: sitk.Image) -> tuple[Matrix, Matrix]:
    """Direction matrix = orthonormal axes @ upper triangle with positive diagonal (Gram-Schmidt by QR)."""
    axes, triangle = np.linalg.qr(np.array(image.GetDirection()).reshape(3, 3))
    signs = np.sign(np.diag(triangle))
    return axes * signs, signs[:, None] * triangle


def _with_geometry(image: sitk.Image, axes: Matrix, spacing: Matrix) -> sitk.Image:
    straight = sitk.Image(image)
    straight.SetDirection(axes.ravel().tolist())
    straight.SetSpacing(spacing.tolist())
    return straight


def _resampled(image: sitk.Image, axes: Matrix, spacing: Matrix) -> sitk.Image:
    ends = product(*((0, n - 1) for n in image.GetSize()))
    corners = np.array([image.TransformIndexToPhysicalPoint(end) for end in ends]) @ axes
    low, high = corners.min(0), corners.max(0)
    # The small share that is taken off keeps rounding from adding an empty slice.
    size = np.ceil((high - low) / spacing - 1e-3).astype(int) + 1
    return sitk.Resample(
        image,
        size.tolist(),
        sitk.Transform(),
        sitk.sitkLinear,
        (axes @ low).tolist(),
        spacing.tolist(),
        axes.ravel().tolist(),
        AIR,
    )
