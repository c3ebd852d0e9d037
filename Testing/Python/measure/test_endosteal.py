from __future__ import annotations

import cortices
import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from hipjoint.inner_surface import INNER_SURFACES
from hipjoint.measure.compartment_assessment import femora_in
from hipjoint.progress import Silent
from hipjoint.tasks.femur_compartments import divide, draw_compartments

BLUR, RADIUS = 0.75, 15.0
THIN_MM, THICK_MM, LENGTH = 1.0, 4.5, 24.0
# A spur of cortex that juts from the inner wall into the canal on the side of +x, and a ball of it in the canal.
SPUR_MM, SPUR_WIDTH, BALL_AT, BALL_MM = 3.0, 2.4, -7.4, 1.6


def made(values: np.ndarray, like: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(like.GetSpacing())
    image.SetOrigin(like.GetOrigin())
    return image


def spurred(image: sitk.Image) -> tuple[sitk.Image, np.ndarray, np.ndarray]:
    """The image with spur and ball in it, blurred, and where both are."""
    at = cortices.places(image)
    away = np.linalg.norm(at[..., :2], axis=-1)
    inner = RADIUS - THICK_MM
    middle = np.abs(at[..., 2]) < LENGTH / 3
    spur = middle & (away < inner) & (at[..., 0] > inner - SPUR_MM) & (np.abs(at[..., 1]) < SPUR_WIDTH / 2)
    ball = np.linalg.norm(at - np.array([BALL_AT, 0.0, 0.0]), axis=-1) < BALL_MM
    # Half of a blurred and filled step over the wall already there keeps both edges where they are.
    share = ndimage.gaussian_filter((spur | ball).astype(float), [0.0, BLUR / 0.6, BLUR / 0.6])
    hu = sitk.GetArrayFromImage(image) + (cortices.CORTEX - cortices.MARROW) * share
    return made(hu.astype(np.float32), image), spur, ball


@pytest.fixture(scope="module")
def a_tube() -> tuple[sitk.Image, sitk.Image, np.ndarray, np.ndarray]:
    """Thin cortex below, thick with spur and ball above: scan, its outline, where spur and ball are."""
    thin = cortices.tube(THIN_MM, BLUR, length=LENGTH, noise=15.0)
    thick, spur, ball = spurred(cortices.tube(THICK_MM, BLUR, length=LENGTH, noise=15.0))
    scan = made(np.concatenate([sitk.GetArrayFromImage(each) for each in (thin, thick)]), thin)
    bone = np.linalg.norm(cortices.places(thin)[..., :2], axis=-1) < RADIUS
    nowhere = np.zeros_like(bone)
    outline = np.concatenate([bone, bone]).astype(np.uint8)
    return scan, made(outline, thin), np.concatenate([nowhere, spur]), np.concatenate([nowhere, ball])


@pytest.fixture(scope="module")
def the_labels(a_tube) -> dict[str, np.ndarray]:
    scan, femora, *_ = a_tube
    cortex = divide(scan, femora, Silent()).cortices
    bones = femora_in(femora, scan)
    drawn = {which: draw_compartments(scan, femora, bones, cortex, which)[0] for which in INNER_SURFACES}
    return {which: sitk.GetArrayFromImage(each) for which, each in drawn.items()}


def wall(labels: np.ndarray, slices: slice) -> float:
    """Mean thickness in mm of the cortex drawn in some slices, from the area of the canal."""
    area = (labels[slices] == 12).sum(axis=(1, 2)).mean() * 0.6**2
    return RADIUS - float(np.sqrt(area / np.pi))


def shown_wall(thickness: float) -> float:
    """Depth in mm at which the blurred wall of the tube has fallen half-way to the marrow."""
    away = np.arange(0.0, RADIUS, 0.01)
    outer, inner = (cortices.blurred_disc(away, radius, BLUR) for radius in (RADIUS, RADIUS - thickness))
    hu = cortices.SOFT + (cortices.CORTEX - cortices.SOFT) * outer + (cortices.MARROW - cortices.CORTEX) * inner
    return RADIUS - float(away[(hu > (hu.max() + cortices.MARROW) / 2).argmax()])


THIN, THICK = slice(5, int(LENGTH) - 5), slice(int(2 * LENGTH) - 4, int(2 * LENGTH) - 1)


def test_the_deconvolved_inner_surface_of_a_thin_cortex_is_its_edge_to_a_tenth_of_a_millimetre(the_labels):
    assert wall(the_labels["deconvolved"], THIN) == pytest.approx(THIN_MM, abs=0.1)


def test_the_visible_inner_surface_of_a_thin_cortex_is_deeper_by_what_the_blur_says(the_labels):
    assert shown_wall(THIN_MM) > THIN_MM + 0.3
    assert wall(the_labels["visible"], THIN) == pytest.approx(shown_wall(THIN_MM), abs=0.1)


@pytest.mark.parametrize("which", INNER_SURFACES)
def test_both_inner_surfaces_of_a_thick_cortex_are_its_edge(the_labels, which):
    assert wall(the_labels[which], THICK) == pytest.approx(THICK_MM, abs=0.1)


@pytest.mark.parametrize("which", INNER_SURFACES)
def test_a_spur_of_thick_cortex_that_no_smooth_depth_follows_is_cortical(a_tube, the_labels, which):
    spur = a_tube[2]
    assert (the_labels[which][spur] == 11).mean() > 0.85


@pytest.mark.parametrize("which", INNER_SURFACES)
def test_dense_bone_in_the_canal_that_does_not_touch_the_cortex_is_trabecular(a_tube, the_labels, which):
    ball = a_tube[3]
    assert (the_labels[which][ball] == 12).all()
