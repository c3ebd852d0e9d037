"""Two segments and a scan on one grid: that of the segments, so that what is put back is exact."""

import numpy as np
import slicer
import vtk
from scipy import ndimage
from slicer.i18n import tr as _
from vtk.util.numpy_support import vtk_to_numpy

from hipjoint.errors import InputError
from HipJointSegmentationLib.VolumeGeometry import transformed, voxelIndices

_LABELMAP = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
_SURFACE = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
_BEYOND_HU = -1000


class SegmentPair:
    """Two segments of a node on the grid they share; boxes are slices [z, y, x] of it and may start below 0."""

    def __init__(self, segmentationNode, ids):
        self.ids, self._node = ids, segmentationNode
        self._segments = [segmentationNode.GetSegmentation().GetSegment(one) for one in ids]
        self.names = tuple(segment.GetName() for segment in self._segments)
        self._labelmaps = [segment.GetRepresentation(_LABELMAP) for segment in self._segments]
        self._check()
        matrix = vtk.vtkMatrix4x4()
        self._labelmaps[0].GetImageToWorldMatrix(matrix)
        self._matrix = slicer.util.arrayFromVTKMatrix(matrix)

    def indices(self, world):
        """Voxels (n, 3) as [z, y, x] of points (n, 3) in world RAS mm."""
        local = transformed(world, None, self._node.GetParentTransformNode())
        return _rounded(_homogeneous(local, np.linalg.inv(self._matrix))[:, ::-1])

    def spacing(self, box):
        """Distance (z, y, x) in world mm between voxels in the middle of a box."""
        middle = [(part.start + part.stop) / 2 for part in box]
        points = self._world(np.array([middle, *(middle + np.eye(3))]))
        return tuple(np.round(np.linalg.norm(points[1:] - points[0], axis=1), 6).tolist())

    def scan(self, volumeNode, box):
        """Values [z, y, x] of a volume in a box, interpolated where the grids differ; air beyond the volume."""
        index = np.stack(np.mgrid[box], axis=-1).reshape(-1, 3)
        places = _rounded(voxelIndices(volumeNode, self._world(index))[:, ::-1])
        values = ndimage.map_coordinates(
            slicer.util.arrayFromVolume(volumeNode), places.T, np.float32, order=1, cval=_BEYOND_HU
        )
        return values.reshape([part.stop - part.start for part in box])

    def mask(self, segmentId, box):
        """The voxels [z, y, x] of a segment in a box."""
        which = self.ids.index(segmentId)
        mask = np.zeros([part.stop - part.start for part in box], dtype=bool)
        here, there = _overlap(self._labelmaps[which], box)
        mask[here] = _values(self._labelmaps[which])[there] == self._segments[which].GetLabelValue()
        return mask

    def put(self, masks, box):
        """Make the segments what ``masks`` [z, y, x] say in a box, and leave all else as it is.

        The labelmap is changed in place: Slicer's own way of setting a segment copies all of it several times.
        """
        surfaces = self._surfacesOfOthers()
        for labelmap, mask in zip(self._labelmaps, masks, strict=True):
            _makeRoom(labelmap, mask, box)
        old = [self.mask(one, box) for one in self.ids]
        # First all is taken away, then put: the segments may lie in one labelmap.
        for which, mask in enumerate(masks):
            _fill(self._labelmaps[which], old[which] & ~mask, box, 0)
        for which, mask in enumerate(masks):
            _fill(self._labelmaps[which], mask & ~old[which], box, self._segments[which].GetLabelValue())
        for labelmap in set(self._labelmaps):
            labelmap.GetPointData().GetScalars().Modified()
            labelmap.Modified()
        self._bringBack(surfaces)

    def _check(self):
        for labelmap, name in zip(self._labelmaps, self.names, strict=True):
            if labelmap is None or labelmap.IsEmpty():
                raise InputError(_("The segment {name} is empty: there is nothing to split.").format(name=name))
        if not slicer.vtkOrientedImageDataResample.DoGeometriesMatch(*self._labelmaps):
            sentence = _("{names} lie on different grids: press the geometry button of the Segment Editor first.")
            raise InputError(sentence.format(names=_(" and ").join(self.names)))

    def _world(self, index):
        local = _homogeneous(np.asarray(index)[:, ::-1], self._matrix)
        return transformed(local, self._node.GetParentTransformNode(), None)

    def _surfacesOfOthers(self):
        """The 3D surfaces of the other segments: a change of one labelmap makes the scene forget those of all."""
        segmentation = self._node.GetSegmentation()
        if not segmentation.ContainsRepresentation(_SURFACE):
            return None
        others = (segmentation.GetSegment(one) for one in segmentation.GetSegmentIDs() if one not in self.ids)
        return [(segment, segment.GetRepresentation(_SURFACE)) for segment in others]

    def _bringBack(self, surfaces):
        if surfaces is None:
            return
        for segment, surface in surfaces:
            if surface is not None:
                segment.AddRepresentation(_SURFACE, surface)
        self._node.GetSegmentation().CreateRepresentation(_SURFACE)


def _rounded(indices):
    """Without what arithmetic adds to whole numbers, so that where two grids agree the values are those of voxels."""
    return np.round(indices, 3)


def _homogeneous(points, matrix):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def _values(labelmap):
    """The labels [z, y, x] of a labelmap, not a copy."""
    return vtk_to_numpy(labelmap.GetPointData().GetScalars()).reshape(labelmap.GetDimensions()[::-1])


def _overlap(labelmap, box):
    """The part of a box that a labelmap has, as slices of an array of the box and of the labelmap's."""
    extent = labelmap.GetExtent()
    first, last = extent[::2][::-1], extent[1::2][::-1]
    ends = [(max(p.start, a), max(min(p.stop, b + 1), a, p.start)) for p, a, b in zip(box, first, last, strict=True)]
    here = tuple(slice(low - part.start, high - part.start) for (low, high), part in zip(ends, box, strict=True))
    return here, tuple(slice(low - a, high - a) for (low, high), a in zip(ends, first, strict=True))


def _fill(labelmap, mask, box, value):
    """Set the voxels of a mask; a new value is not put over that of another segment of the labelmap."""
    here, there = _overlap(labelmap, box)
    labels = _values(labelmap)[there]
    labels[mask[here] & (labels == 0) if value else mask[here]] = value


def _makeRoom(labelmap, mask, box):
    """Make a labelmap as large as it must be to hold a mask; Slicer crops labelmaps to what is in them."""
    found = ndimage.find_objects(mask.astype(np.uint8))
    if not found:
        return
    wanted = [(part.start + own.start, part.start + own.stop - 1) for part, own in zip(box, found[0], strict=True)][
        ::-1
    ]
    extent = labelmap.GetExtent()
    ends = zip(wanted, extent[::2], extent[1::2], strict=True)
    larger = [bound for (a, b), first, last in ends for bound in (min(a, first), max(b, last))]
    if larger == list(extent):
        return
    pad = vtk.vtkImageConstantPad()
    pad.SetInputData(labelmap)
    pad.SetOutputWholeExtent(larger)
    pad.Update()
    matrix = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    vtk.vtkImageData.DeepCopy(labelmap, pad.GetOutput())
    labelmap.SetGeometryFromImageToWorldMatrix(matrix)
