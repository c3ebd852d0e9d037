"""What kind of scan a task needs: CT in Hounsfield units, MRI or a radiograph."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
    SecondaryCaptureImageStorage,
)


@dataclass(frozen=True)
class Modality:
    """``name`` as in DICOM, ``wanted`` says what to give instead of another scan, ``classes`` of DICOM images.

    ``fewest_slices`` is what a scan must have at least; less is a scout view.
    """

    name: str
    wanted: str
    classes: tuple[UID, ...]
    fewest_slices: int


CT = Modality(
    "CT",
    "give a CT scan in Hounsfield units",
    (CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage),
    1,
)
MR = Modality(
    "MR",
    "give an MRI scan of the hips",
    (MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage),
    8,
)
FILM = Modality(
    "DX",
    "give an AP radiograph of the pelvis or of one hip",
    (
        ComputedRadiographyImageStorage,
        DigitalXRayImageStorageForPresentation,
        DigitalXRayImageStorageForProcessing,
        SecondaryCaptureImageStorage,
    ),
    1,
)
MODALITIES = {each.name: each for each in (CT, MR, FILM)}
