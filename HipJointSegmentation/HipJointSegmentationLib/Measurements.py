"""How large and how dense each segment is."""

import zlib
from dataclasses import dataclass
from math import prod

import SimpleITK as sitk

from HipJointSegmentationLib.SegmentImage import insideValues, maskOf


@dataclass(frozen=True)
class Measurement:
    """One segment: volume of its voxels, area of its smooth surface, mean HU; None where there is nothing."""

    name: str
    volumeMl: float
    surfaceCm2: float | None = None
    meanHu: float | None = None


class Measurements:
    """Measures the segments of a node, and again only those that have changed since."""

    def __init__(self):
        self._known = {}

    def of(self, segmentationNode, volumeNode):
        """One ``Measurement`` a segment in the order of the node; without a volume there is no mean HU."""
        segmentation = segmentationNode.GetSegmentation()
        return [
            self._measured(segmentation.GetSegment(one).GetName(), maskOf(segmentationNode, one), volumeNode)
            for one in segmentation.GetSegmentIDs()
        ]

    def _measured(self, name, mask, volumeNode):
        if mask is None:
            return Measurement(name, 0.0)
        key = (name, _fingerprint(mask), volumeNode and (volumeNode.GetID(), volumeNode.GetImageData().GetMTime()))
        if key not in self._known:
            self._known[key] = _measure(name, mask, volumeNode)
        return self._known[key]


def _fingerprint(mask):
    geometry = (*mask.GetSize(), *mask.GetOrigin(), *mask.GetSpacing(), *mask.GetDirection())
    return geometry, zlib.crc32(sitk.GetArrayFromImage(mask))


def _measure(name, mask, volumeNode):
    # Needs the packages that are installed at the first run.
    from hipjoint.mesh import check
    from hipjoint.mesh.mask import surface_from_mask

    values = insideValues(mask, volumeNode) if volumeNode else []
    voxels = int((sitk.GetArrayViewFromImage(mask) != 0).sum())
    mean = float(values.mean(dtype=float)) if len(values) else None
    area = check(surface_from_mask(mask)).area_cm2
    return Measurement(name, voxels * prod(mask.GetSpacing()) / 1000, area, mean)
