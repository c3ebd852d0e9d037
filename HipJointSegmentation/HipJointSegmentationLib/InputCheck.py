"""Whether a volume can be the scan of a hip that a task needs."""

import numpy as np
import slicer
from slicer.i18n import tr as _

from hipjoint.tasks.registry import TASKS

_SAMPLES = 2_000_000


def problemOf(volumeNode, task="hip-ct"):
    """Why a volume node cannot be used for a task, in a sentence, or an empty text; the engine looks again at all."""
    # The engine's rules need libraries that are loaded when a volume is chosen, not when the module opens.
    from hipjoint.volume.checks import film_problem, grid_problem, slices_problem, value_problem
    from hipjoint.volume.film_pixels import kind_problem
    from hipjoint.volume.modality import CT, FILM, MODALITIES

    # A scene may name a task that this version does not have: the engine says so.
    modality = MODALITIES[TASKS[task].modality] if task in TASKS else CT
    if volumeNode is None:
        wanted = {CT: _("Choose a CT scan."), FILM: _("Choose a radiograph.")}
        return wanted.get(modality, _("Choose an MRI scan."))
    image = volumeNode.GetImageData()
    if image is None or not image.GetNumberOfPoints():
        return _("This volume holds no image: load the scan again.")
    if image.GetNumberOfScalarComponents() != 1:
        return _("This volume is in colour: choose a scan in grey.")
    values = _sampled(slicer.util.arrayFromVolume(volumeNode))
    spacing = volumeNode.GetSpacing()
    grid = image.GetDimensions(), spacing
    if modality is FILM:
        problem = kind_problem(grid[0], 1) or film_problem(*grid, values)
    else:
        problem = slices_problem(*grid, modality.fewest_slices) or grid_problem(*grid)
        problem = problem or value_problem(values, float(values.min()), float(values.max()), modality)
    return str(problem.error(_("This volume"))) if problem else ""


def _sampled(values):
    """Evenly spread values, so that a large scan is looked at in an instant."""
    step = max(1, int(np.ceil((values.size / _SAMPLES) ** (1 / 3))))
    return values[::step, ::step, ::step]
