"""What the module says of itself."""

from slicer.i18n import tr as _


def helpText():
    """The help section of the module."""
    return _(
        "Finds the bones of the hip in a CT scan - right and left femur, right and left hip bone, sacrum - or femoral "
        "heads and their osteonecrosis in an MRI, measures them and exports printable surface models. Choose a scan, "
        "press Apply, correct what is wrong, then measure and export.<br><br><b>For research only. Not a medical "
        'device:</b> look at every contour before you use a model or a number.<br><br><a href="{url}">Tutorial</a>'
    ).format(url="https://github.com/HipJointSegmentation/HipJointSegmentation/blob/main/Docs/slicer-tutorial.md")


def acknowledgementText():
    """The acknowledgement section of the module."""
    return _(
        "The trained models come from simulated scans, made from the I-STAR pelvis atlas (Han et al. 2019, CC BY 4.0) "
        "and the femurs of libhip (MIT), those of MRI also from ten scans of the CPTAC-UCEC collection of The Cancer "
        "Imaging Archive (CC BY). The sample scan is from the CT COLONOGRAPHY collection of The Cancer Imaging "
        "Archive (doi:10.7937/K9/TCIA.2015.NWTESAY1, CC BY 3.0). Licence: Apache 2.0."
    )
