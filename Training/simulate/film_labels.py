"""The five labels of a hip on a film (Blazkova), derived from the anatomy by rule.

R is the head's radius; heights and breadths are on the film, from the head's centre, in the film's own directions.

- L5, pelvic bone: the shadow of the hip bone.
- L2, cortex: the shadow of the femur less that of its marrow, medially from the lower edge of the head down, laterally
  from where the shaft's cortex begins (2.1 R below the centre). The lesser trochanter belongs to it: above the shaft
  the marrow's medial edge is the convex curve under it, so that what bulges out is L2.
- L1: the rest of the femur's shadow.
- L4, space: between the head's outline and the socket's, which is where rays from the head's centre, in coronal
  sections up to 8 mm before and behind it, meet the hip bone farthest out; from the lateral lip of the roof to the
  horizontal line through the lowest point of L3.
- L3, Koehler's teardrop: from the floor of the fossa, as L4 ends there, inward by the thickness of the plate between it
  and the quadrilateral surface, in sections up to 8 mm before and 4 mm behind the head's centre (median), from 0.45 R
  above that centre down to the end of the floor, the ends rounded.

Priority where shadows overlap: L3, L4, L1, L2, L5, as on the films drawn by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_opening, gaussian_filter, label
from skimage.morphology import disk, remove_small_objects

from Training.simulate.film_anatomy import Anatomy, Head
from Training.simulate.film_view import PIXELS, Shadow, View

FEMUR, HIP, MARROW = range(3)
LATERAL_CORTEX, TEARDROP_TOP = 2.1, -0.45  # heights in R, downward
SLAB = torch.arange(-8.0, 8.1, 2.0)  # mm behind the head's centre of the sections for the space
PLATE_SLAB = torch.arange(-8.0, 4.1, 2.0)
ANGLES = torch.deg2rad(torch.arange(-100.0, 181.0, 1.5))  # from up, medial positive
REACH = 1.9  # R to which a ray looks for the socket
PLATE = 0.5  # R: what is thicker is no teardrop

Mask = NDArray[np.bool_]
Curve = NDArray[np.float32]


@dataclass(frozen=True)
class FilmHead:
    """A head on the film: centre (column, row) and radius in pixels; ``medial`` +1 if medial is to the right."""

    column: float
    row: float
    radius: float
    medial: int


@dataclass(frozen=True)
class Socket:
    """In R: ``outer`` (ANGLES,), nan where there is no bone; the lip's angle; heights, fossa, inner line."""

    outer: Curve
    lip: float
    heights: Curve
    fossa: Curve
    inner: Curve


def film_head(head: Head, side: str, view: View) -> FilmHead:
    """Where a head is drawn."""
    column, row = view.to_film(head.centre).tolist()
    deep = (head.centre - view.middle) @ view.turn[:, 1]
    return FilmHead(column, row, head.radius * float(view.pixels_a_mm(deep)), 1 if side == "right" else -1)


def _hip_depth(anatomy: Anatomy, view: View, head: Head, medial: int, own: torch.Tensor) -> torch.Tensor:
    """Depth under the hip bone at ``own`` (..., 3): mm from the head's centre to medial, into the film and up."""
    world = (own * torch.tensor([float(medial), 1.0, 1.0])) @ view.turn.T + head.centre
    return anatomy.bones.at(world)[1 + HIP]


def find_socket(anatomy: Anatomy, view: View, head: Head, medial: int) -> Socket:
    """The socket's outline and the plate behind its floor, in sections parallel to the film."""
    r = head.radius
    far = torch.arange(0.8 * r, REACH * r, 0.4)
    a, rho, y = torch.meshgrid(ANGLES, far, SLAB, indexing="ij")
    bone = _hip_depth(anatomy, view, head, medial, torch.stack([a.sin() * rho, y, a.cos() * rho], -1)) > 0
    first = torch.where(bone.any(1), far[bone.float().argmax(1)], torch.tensor(-1.0))
    hit = bone.any(1).float().mean(1) > 0.3
    outer = torch.where(hit, first.amax(1), torch.tensor(torch.nan)) / r
    roof = (outer < 1.45) & hit
    up = int(ANGLES.abs().argmin())
    lateral = up
    while lateral > 0 and bool(roof[lateral - 1]):
        lateral -= 1
    return Socket(outer.numpy(), float(ANGLES[lateral]), *_plate(anatomy, view, head, medial))


def _plate(anatomy: Anatomy, view: View, head: Head, medial: int) -> tuple[Curve, Curve, Curve]:
    r = head.radius
    heights, far = torch.arange(TEARDROP_TOP, 1.5, 0.03), torch.arange(0.8 * r, 2.2 * r, 0.4)
    h, m, y = torch.meshgrid(heights * r, far, PLATE_SLAB, indexing="ij")
    bone = _hip_depth(anatomy, view, head, medial, torch.stack([m, y, -h], -1)) > 0
    begin = bone.float().argmax(1)
    after = torch.arange(len(far))[None, :, None] > begin[:, None]
    leaves = (after & ~bone).float().argmax(1)
    thick = far[leaves] - far[begin]
    floor = bone.any(1) & (after & ~bone).any(1) & (thick < PLATE * r) & (far[begin] < 1.75 * r)
    there = _one_run(floor.float().mean(1).numpy() > 0.2, heights.numpy())
    missing = torch.tensor(torch.nan)
    fossa = np.nanmax(torch.where(floor, far[begin], missing)[there].numpy(), axis=1) / r
    plate = np.nanmedian(torch.where(floor, thick, missing)[there].numpy(), axis=1) / r
    if len(fossa):
        fossa, plate = gaussian_filter(fossa, 2), gaussian_filter(plate, 3)
    return heights.numpy()[there], fossa, fossa + plate


def _one_run(there: Mask, heights: Curve) -> Mask:
    """The run of True that is nearest to a third of a radius below the centre."""
    runs, n = label(there)
    if not n:
        return there
    middle = [abs(float(heights[runs == i + 1].mean()) - 0.3) for i in range(n)]
    return np.asarray(runs == 1 + int(np.argmin(middle)))


def _polar(head: FilmHead) -> tuple[NDArray[np.float32], ...]:
    """Medial and downward distance of each pixel from the head's centre, in R."""
    row, column = np.mgrid[:PIXELS, :PIXELS].astype(np.float32)
    return (column - head.column) * head.medial / head.radius, (row - head.row) / head.radius


def _teardrop(head: FilmHead, socket: Socket) -> Mask:
    medial, down = _polar(head)
    if len(socket.heights) < 4:
        return np.zeros(medial.shape, bool)
    left = np.interp(down, socket.heights, socket.fossa)
    right = np.interp(down, socket.heights, socket.inner)
    inside = (down >= socket.heights[0]) & (down <= socket.heights[-1]) & (medial > left) & (medial < right)
    return np.asarray(binary_opening(inside, disk(max(1, round(0.06 * head.radius)))))


def _space(head: FilmHead, socket: Socket, teardrop: Mask, femur: Mask) -> Mask:
    medial, down = _polar(head)
    angle, away = np.arctan2(medial, -down), np.hypot(medial, down)
    known = np.isfinite(socket.outer)
    if not teardrop.any() or not known.any():
        return np.zeros(medial.shape, bool)
    lowest = float(down[teardrop].max())
    angles = ANGLES.numpy()
    outer = np.interp(angle, angles[known], socket.outer[known])
    # Below the floor's end the socket is open to the notch: the horizontal line closes the space there.
    outer = np.where(
        down > 0.6 * lowest,
        np.maximum(outer, np.interp(down, socket.heights, socket.fossa) / np.maximum(np.sin(angle), 0.2)),
        outer,
    )
    inside = (away > 1) & (away < outer) & (angle >= socket.lip) & (down <= lowest) & (angle > -2)
    return np.asarray(inside & (medial <= np.interp(down, socket.heights, socket.fossa)) & ~(femur & (down > 0.3)))


def _marrow_line(marrow: Mask, head: FilmHead) -> Mask:
    """The marrow without what bulges into the lesser trochanter: medially no farther than the convex curve."""
    medial, down = _polar(head)
    rows = np.nonzero((marrow & (down > 1.1)).any(1))[0]
    if len(rows) < 8:
        return marrow
    columns = np.where(marrow, medial, -np.inf)
    edge = columns[rows].max(1)
    limit = np.interp(np.arange(PIXELS), *_lower_chain(rows, edge), left=np.inf)
    return np.asarray(marrow & ((down <= 1.1) | (medial <= limit[:, None])))


def _lower_chain(x: NDArray[np.generic], y: NDArray[np.generic]) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """The corners of the convex curve under points with rising ``x`` (Andrew's monotone chain)."""
    chain: list[int] = []
    for i in range(len(x)):
        while len(chain) > 1 and _turns_down(x, y, chain[-2], chain[-1], i):
            chain.pop()
        chain.append(i)
    return x[chain], y[chain]


def _turns_down(x: NDArray[np.generic], y: NDArray[np.generic], a: int, b: int, c: int) -> bool:
    return bool((y[b] - y[a]) * (x[c] - x[a]) >= (y[c] - y[a]) * (x[b] - x[a]))


def _cortex(femur: Mask, marrow: Mask, head: FilmHead) -> Mask:
    medial, down = _polar(head)
    # The cortex is uneven along a ray, and the edge that a person would draw is its mean.
    lined = _marrow_line(gaussian_filter(marrow.astype(np.float32), 0.1 * head.radius) > 0.5, head)
    row_middle = _row_middles(lined, medial)
    is_medial = medial > row_middle[:, None]
    away = np.hypot(medial, down)
    begins = np.where(is_medial, 0.9, LATERAL_CORTEX)
    return np.asarray(femur & ~lined & (down > begins) & (away > 1.02))


def _row_middles(mask: Mask, medial: NDArray[np.float32]) -> NDArray[np.float64]:
    count = mask.sum(1)
    return np.asarray(np.where(count > 0, (medial * mask).sum(1) / np.maximum(count, 1), 0.0))


def _no_specks(mask: Mask) -> Mask:
    smooth = gaussian_filter(mask.astype(np.float32), 1.0) > 0.5
    return np.asarray(remove_small_objects(smooth, max_size=400))


def draw_labels(anatomy: Anatomy, view: View, shadow: Shadow) -> tuple[NDArray[np.uint8], dict[str, FilmHead]]:
    """The label image (rows, columns) of both hips, values 0 to 5, and the heads."""
    femora, hips, marrow = (_no_specks(shadow.depth[i].numpy() > 0) for i in range(3))
    out = np.where(hips, 5, 0).astype(np.uint8)
    column = np.arange(PIXELS)[None]
    heads = {side: film_head(h, side, view) for side, h in anatomy.heads.items()}
    middle = np.mean([head.column for head in heads.values()])
    for side, head in heads.items():
        own = (column < middle) if side == "right" else (column >= middle)
        femur = femora & own
        socket = find_socket(anatomy, view, anatomy.heads[side], head.medial)
        teardrop = _teardrop(head, socket)
        space = _space(head, socket, teardrop, femur)
        out[femur] = 1
        out[_cortex(femur, marrow & own, head)] = 2
        out[space & own] = 4
        out[teardrop & own] = 3
    return out, heads
