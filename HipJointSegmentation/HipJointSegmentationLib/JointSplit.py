"""Two segments parted by strokes, on the real nodes: the engine finds the boundary, the segments get it."""

import numpy as np
from slicer.i18n import tr as _

from hipjoint.errors import InputError
from HipJointSegmentationLib.SegmentPair import SegmentPair
from HipJointSegmentationLib.VolumeGeometry import sampleIndices, worldPoints


def splitJoint(segmentationNode, volumeNode, strokes, radiusMm, beforeChange):
    """Part the two segments that have strokes along the joint space between them.

    ``strokes`` has lines (n, 3) in world RAS mm for each segment id. ``beforeChange()`` is called when the new
    boundary is known and nothing is changed yet, to keep the state for undo. Raises ``InputError`` with a sentence for
    the user if it cannot be done; nothing is changed then.
    """
    # The engine's libraries are loaded when they are needed, not when the module opens.
    from hipjoint.edit import split_joint

    segments = SegmentPair(segmentationNode, _pair(segmentationNode, strokes))
    if volumeNode is None:
        raise InputError(_("There is no scan to look at: choose the source volume of the Segment Editor."))
    lines, box = _place(segments, volumeNode, strokes)
    start = [part.start for part in box]
    parted = split_joint(
        segments.scan(volumeNode, box),
        tuple(segments.mask(one, box) for one in segments.ids),
        tuple([line - start for line in some] for some in lines),
        segments.spacing(box),
        radius_mm=radiusMm,
        names=segments.names,
    )
    beforeChange()
    segments.put(parted.bones, box)


def _pair(segmentationNode, strokes):
    """The ids of the two segments with strokes."""
    segmentation = segmentationNode.GetSegmentation()
    ids = [one for one, lines in strokes.items() if lines and segmentation.GetSegment(one)]
    if len(ids) == 2:
        return ids
    if not ids:
        raise InputError(_("There are no strokes: select a bone and draw on it, then do so with the bone it touches."))
    names = ", ".join(segmentation.GetSegment(one).GetName() for one in ids)
    if len(ids) == 1:
        raise InputError(
            _("There are strokes on {name} only: select the bone it touches and draw on that, too.").format(name=names)
        )
    raise InputError(_("There are strokes on {names}: clear them and draw on two bones only.").format(names=names))


def _place(segments, volumeNode, strokes):
    """The strokes of either bone in voxels [z, y, x] of the segments' grid, and the box of that grid round them."""
    from hipjoint.edit import local_box

    corners = segments.indices(worldPoints(volumeNode, sampleIndices(volumeNode)))
    low, high = np.rint(corners.min(axis=0)).astype(int), np.rint(corners.max(axis=0)).astype(int)
    lines = tuple([segments.indices(line) for line in strokes[one]] for one in segments.ids)
    moved = tuple([line - low for line in some] for some in lines)
    middle = tuple(slice(int(n), int(n) + 1) for n in (low + high) // 2)
    box = local_box(moved, tuple(high - low + 1), segments.spacing(middle), segments.names)
    return lines, tuple(slice(part.start + int(n), part.stop + int(n)) for part, n in zip(box, low, strict=True))
