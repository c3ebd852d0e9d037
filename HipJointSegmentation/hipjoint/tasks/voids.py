"""Where MRI shows nothing: metal destroys the signal, so that a hip with a prosthesis is a hole in the image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from hipjoint.tasks.find_hips import darkest
from hipjoint.volume.resample import corners, covering_grid, on_grid

# Of a head and what is round it.
REACH_MM = 24.0
SPACING_MM = 2.0
# Fat that is suppressed gives off 4 % of the brightest or more, a hole its noise only.
NOTHING = 0.03
MOST = 0.5


def is_void(image: sitk.Image, centre: npt.NDArray[np.float64]) -> bool:
    """Whether most of a ball of 24 mm round ``centre`` (LPS mm) gives off no signal, though what is round it does."""
    grid = covering_grid(centre - 2 * REACH_MM, centre + 2 * REACH_MM, SPACING_MM)
    dark = darkest(image)
    signal = on_grid(image, grid, dark) - dark
    z, y, x = np.indices(signal.shape)
    places = np.stack([x, y, z], -1) * grid.spacing + grid.origin
    ball = np.linalg.norm(places - centre, axis=-1) <= REACH_MM
    bright = float(np.percentile(signal, 98))
    return bool(bright > 0 and np.mean(signal[ball] < NOTHING * bright) > MOST)


def void_across(image: sitk.Image, centre: npt.NDArray[np.float64]) -> bool:
    """Whether there is such a hole where the other hip of the patient should be, across from the one at ``centre``.

    False too where the scan does not go that far.
    """
    spots = corners(image)
    grid = covering_grid(spots.min(0), spots.max(0), 2 * SPACING_MM)
    dark = darkest(image)
    signal = on_grid(image, grid, dark) - dark
    body = np.nonzero((signal > 0.1 * np.percentile(signal, 98)).any(axis=(0, 1)))[0]
    if not len(body):
        return False
    middle = grid.origin[0] + (body[0] + body[-1]) / 2 * grid.spacing
    other = np.array([2 * middle - centre[0], *centre[1:]])
    index = np.array(image.TransformPhysicalPointToContinuousIndex(other.tolist()))
    inside = ((index >= 0) & (index <= np.array(image.GetSize()) - 1)).all()
    return bool(inside and np.linalg.norm(other - centre) > 4 * REACH_MM and is_void(image, other))
