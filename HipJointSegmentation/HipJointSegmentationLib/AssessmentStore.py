"""Where the choices of a clinician are kept: with the segmentation that they are about, and so with the scene."""

from slicer.i18n import tr as _

_ATTRIBUTE = "HipJointSegmentation.assessment"


def assessmentOf(segmentationNode):
    """The engine's ``Assessment`` of a segmentation node, an empty one if nothing was chosen yet.

    Raises ``InputError`` about one that cannot be read, as of a later version of the module; it stays as it is.
    """
    # Needs the packages that are installed at the first run.
    from hipjoint.assessment import Assessment, from_text

    text = segmentationNode.GetAttribute(_ATTRIBUTE)
    return from_text(text, _("What the scene holds about osteonecrosis")) if text else Assessment()


def keepAssessment(segmentationNode, assessment):
    """Keep an ``Assessment`` with a segmentation node."""
    segmentationNode.SetAttribute(_ATTRIBUTE, assessment.text())
