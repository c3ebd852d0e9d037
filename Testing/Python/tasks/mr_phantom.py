"""Two femoral heads in an MRI, as balls whose volumes are known, and networks that see them by their brightness."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import SimpleITK as sitk

RADIUS, CAP = 23.0, 8.0  # mm; the lesion is what lies further than the cap up and to the lateral of the centre
LATERAL = {"right": -1.0, "left": 1.0}
CENTRES = {"right": np.array([-88.0, 4.0, 11.0]), "left": np.array([86.0, 2.0, 9.0])}
# A lesion is the brightest: what lies half in a head and half in tissue must not look like one.
SIGNAL = {"tissue": 150.0, "head": 900.0, "lesion": 1500.0}
VESSEL, VESSEL_RADIUS = np.array([0.0, -33.0, 0.0]), 5.0  # as bright as a lesion, in front of each head
CORONAL = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def scan(
    spacing: tuple[float, float, float] = (1.2, 1.2, 4.0),
    direction: np.ndarray = CORONAL,
    sides: tuple[str, ...] = ("right", "left"),
    lesions: tuple[str, ...] = ("right", "left"),
    holes: tuple[str, ...] = (),
) -> sitk.Image:
    """A scan of both hips: tissue in a box of 300 x 120 x 130 mm, air round it; ``holes`` are heads without signal."""
    extent = np.abs(direction.T @ np.array([330.0, 140.0, 150.0]))
    size = np.ceil(extent / spacing).astype(int)
    image = sitk.Image(size.tolist(), sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetDirection(direction.ravel().tolist())
    middle = direction @ ((size - 1) * spacing / 2)
    image.SetOrigin((np.array([0.0, 3.0, 5.0]) - middle).tolist())
    index = np.moveaxis(np.indices(size[::-1]), 0, -1)[..., ::-1]
    points = (index * spacing) @ direction.T + image.GetOrigin()
    values = np.where((np.abs(points - [0, 3, 5]) < [150, 60, 65]).all(-1), SIGNAL["tissue"], 0.0)
    for side in sides:
        offset = points - CENTRES[side]
        ball = np.linalg.norm(offset, axis=-1) < RADIUS
        values[ball] = SIGNAL["head"]
        values[np.linalg.norm(offset - VESSEL, axis=-1) < VESSEL_RADIUS] = SIGNAL["lesion"]
        if side in lesions:
            values[ball & (offset @ [0.5 * LATERAL[side], 0, 0.866] > CAP)] = SIGNAL["lesion"]
    for side in holes:
        values[np.linalg.norm(points - CENTRES[side], axis=-1) < 40] = 1.0
    made = sitk.GetImageFromArray(values.astype(np.float32))
    made.CopyInformation(image)
    return made


def head_ml() -> float:
    """Volume of a head with its lesion."""
    return 4 / 3 * np.pi * RADIUS**3 / 1000


def lesion_ml() -> float:
    """Volume of a lesion."""
    height = RADIUS - CAP
    return np.pi * height**2 * (3 * RADIUS - height) / 3 / 1000


class Network:
    """A back end that tells tissues by their brightness; ``blind`` ones find nothing."""

    def __init__(self, role: str, *, blind: bool = False) -> None:
        self.role, self.blind, self.name, self.info = role, blind, "by brightness", {"library": "none"}

    def run(self, x: np.ndarray) -> np.ndarray:
        """Probabilities (1, 3, Z, Y, X); a coarse one knows the sides from where the heads lie in the scan."""
        seen = x[0, 0] if not self.blind else np.full_like(x[0, 0], -1.0)
        bright = np.clip((seen + 0.3) * 4 + 0.5, 0, 1)  # tissue lies at -0.8, heads at 0.2, lesions at 1
        if self.role == "coarse":
            right = np.linspace(0, 1, seen.shape[2])[None, None] < 0.5
            return np.stack([1 - bright, bright * right, bright * ~right])[None].astype(np.float32)
        living = bright * np.clip((0.6 - seen) * 4 + 0.5, 0, 1)
        return np.stack([1 - bright, living, bright - living])[None].astype(np.float32)


def entry(role: str) -> SimpleNamespace:
    """What the manifest would say of such a network."""
    spacing, patch = (4.0, 96) if role == "coarse" else (1.25, 64)
    given = SimpleNamespace(spacing_mm=spacing, percentiles=(0.0, 100.0), window=None)
    facts = {"name": role, "version": "0", "sha256": "0", "path": Path(role)}
    return SimpleNamespace(role=role, input=given, patch=(patch,) * 3, **facts)
