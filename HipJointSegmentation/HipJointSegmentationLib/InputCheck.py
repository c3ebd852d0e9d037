"""Whether a volume can be a CT of a hip."""

import numpy as np
import slicer
from slicer.i18n import tr as _

_SAMPLES = 2_000_000


def problemOf(volumeNode):
    """Why a volume node cannot be used, in a sentence, or an empty text; the engine looks again at all of it."""
    # The engine's rules need libraries that are loaded when a volume is chosen, not when the module opens.
    from hipjoint.volume.checks import grid_problem, value_problem

    if volumeNode is None:
        return _("Choose a CT scan.")
    image = volumeNode.GetImageData()
    if image is None or not image.GetNumberOfPoints():
        return _("This volume holds no image: load the scan again.")
    if image.GetNumberOfScalarComponents() != 1:
        return _("This volume is in colour: choose a CT scan in Hounsfield units.")
    values = _sampled(slicer.util.arrayFromVolume(volumeNode))
    spacing = volumeNode.GetSpacing()
    problem = grid_problem(image.GetDimensions(), spacing) or value_problem(
        values, float(values.min()), float(values.max())
    )
    return str(problem.error(_("This volume"))) if problem else ""


def _sampled(values):
    """Evenly spread values, so that a large scan is looked at in an instant."""
    step = max(1, int(np.ceil((values.size / _SAMPLES) ** (1 / 3))))
    return values[::step, ::step, ::step]
