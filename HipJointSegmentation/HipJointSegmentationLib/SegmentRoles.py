"""Which segments are femoral heads and necrotic lesions, or bones: their terminology says so."""

import slicer
import vtk

_TAG = slicer.vtkSegment.GetTerminologyEntryTagName()


def labelOf(segment, table=None):
    """The label, of heads and lesions or of another table of the engine's, that a segment has the codes of, or None."""
    # Needs libraries that are loaded when a segmentation is looked at, not when the module opens.
    from hipjoint.labels import ONFH
    from hipjoint.output.segmentation_file import label_of

    entry = vtk.reference("")
    return label_of(str(entry), table or ONFH) if segment.GetTag(_TAG, entry) else None


def setLabel(segment, label):
    """Say that a segment is what ``label`` names, None for neither head nor lesion; name and colour stay."""
    from hipjoint.output.segmentation_file import terminology

    if label is None:
        segment.RemoveTag(_TAG)
    else:
        segment.SetTag(_TAG, terminology(label))


def segmentsWithLabels(segmentation, table=None):
    """Pairs of label and segment id, heads first; a label may have several segments, such as a lesion in two parts."""
    found = [(labelOf(segmentation.GetSegment(one), table), one) for one in segmentation.GetSegmentIDs()]
    return sorted(((label, one) for label, one in found if label is not None), key=lambda pair: pair[0].value)
