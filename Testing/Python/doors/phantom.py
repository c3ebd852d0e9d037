"""A pelvis made of spheres in a small CT: every size in it is known exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from hipjoint.labels import HIP_CT
from hipjoint.tasks.result import Segment, SegmentationResult
from hipjoint.warning import BoneWarning

SIZE = (100, 60, 70)
SPACING = (2.0, 2.0, 2.5)
ORIGIN = (-100.0, -60.0, -80.0)
SOFT_TISSUE_HU = 40.0
AIR_HU = -990.0

# Label value: centre in LPS mm, radius in mm, HU. The femoral heads sit 2 mm from the hip bones above them.
SPHERES = {
    1: ((-60.0, 0.0, -20.0), 20.0, 300.0),
    2: ((60.0, 0.0, -20.0), 20.0, 350.0),
    3: ((-60.0, 0.0, 27.0), 25.0, 500.0),
    4: ((60.0, 0.0, 27.0), 25.0, 550.0),
    5: ((0.0, 30.0, 30.0), 22.0, 200.0),
}


def empty_image(direction: np.ndarray | None = None) -> sitk.Image:
    """A body with air round it on the phantom's grid; a ``direction`` turns the grid about the middle of the scan."""
    hu = np.full(SIZE[::-1], AIR_HU, np.float32)
    hu[:, 3:-3, 3:-3] = SOFT_TISSUE_HU
    image = sitk.GetImageFromArray(hu)
    image.SetSpacing(SPACING)
    turned = np.eye(3) if direction is None else direction
    middle = np.array(ORIGIN) + (np.array(SIZE) - 1) * SPACING / 2
    image.SetDirection(turned.ravel().tolist())
    image.SetOrigin((middle - turned @ ((np.array(SIZE) - 1) * SPACING / 2)).tolist())
    return image


def distances(image: sitk.Image, centre: tuple[float, float, float]) -> np.ndarray:
    """Distance in mm of every voxel [z, y, x] of ``image`` from a point in LPS mm."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in image.GetSize()), indexing="ij"))
    axes = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    points = np.tensordot(axes, index, 1) + np.array(image.GetOrigin())[:, None, None, None]
    return np.linalg.norm(points - np.array(centre)[:, None, None, None], axis=0).transpose(2, 1, 0)


def segmented(image: sitk.Image, values: tuple[int, ...] = (1, 2, 3, 4, 5)) -> SegmentationResult:
    """What a perfect task makes of the phantom: the spheres of ``values`` on the grid of ``image``."""
    hu = sitk.GetArrayFromImage(image)
    labels = np.zeros(hu.shape, np.uint8)
    segments = []
    for label in HIP_CT:
        if label.value not in values:
            continue
        centre, radius, density = SPHERES[label.value]
        inside = radius - distances(image, centre)
        labels[inside > 0] = label.value
        hu[inside > 0] = density
        field = like(np.clip(inside / 4, -1, 1).astype(np.float32), image)
        segments.append(Segment(label, field, int(np.count_nonzero(inside > 0))))
    return SegmentationResult(
        like(hu, image),
        like(labels, image),
        tuple(segments),
        warnings=(
            BoneWarning("Left femur is cut by the field of view (inferior).", HIP_CT[1:2]),
            "Seen from afar.",
        ),
        run={
            "device": "Arithmetic",
            "models": {"fine": {"name": "hip-ct-fine", "version": "1.0", "sha256": "0123456789abcdef" * 4}},
            "seconds": {"Finding spheres": 1.0},
        },
    )


def write_scan(image: sitk.Image, folder: Path) -> Path:
    """A file with the name of a patient, in its name and in its header."""
    named = sitk.Image(image)
    named.SetMetaData("PatientName", "Doe^Jane")
    path = folder / "Doe^Jane.nrrd"
    sitk.WriteImage(named, str(path))
    return path


def like(array: np.ndarray, image: sitk.Image) -> sitk.Image:
    """The array [z, y, x] as an image with the geometry of ``image``."""
    made = sitk.GetImageFromArray(array)
    made.CopyInformation(image)
    return made


def turned_about_z(degrees: float) -> np.ndarray:
    """Direction matrix of a grid turned about the long axis of the patient."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
