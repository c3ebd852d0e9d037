"""The CT scan that comes with the extension, in Slicer's Sample Data module."""

import hashlib
from pathlib import Path

from slicer.i18n import tr as _

from hipjoint.errors import HipJointError

NAME = "HipJointCT"


def registerSampleScan(thumbnail):
    """Offer the scan in Sample Data, with its picture and checksum; does nothing if the scan was not installed."""
    import SampleData

    from hipjoint.resources import sample_path

    try:
        path = sample_path()
    except HipJointError:
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=_("Hip joint"),
        sampleName=NAME,
        thumbnailFileName=str(thumbnail),
        uris=Path(path).as_uri(),
        fileNames="hip_ct.nii.gz",
        nodeNames=_("Hip CT"),
        checksums="SHA256:" + hashlib.sha256(path.read_bytes()).hexdigest(),
    )
