"""From distances to MR signal: soft tissue, joint, bones with their marrow, and what looks like a lesion but is none.

Signals are (2, N): water and fat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from Training.simulate.bone import Grain, Tissue, bone_fields
from Training.simulate.ct import grid
from Training.simulate.edge import phi
from Training.simulate.mr_contrast import Contrast, mixed, over
from Training.simulate.noise import Dice, ramp
from Training.simulate.scene import Depths, Scene, depths
from Training.simulate.soft_tissue import Body, soft_tissue

# Soft tissue is made as HU (see soft_tissue.py); here these only tell which tissue it is.
FLUID, VESSEL = 300.0, 500.0
FOSSA = torch.tensor([0.85, 0.1, -0.5])  # where the socket's fat lies, seen from the middle of a right head
CODES = (
    (-400.0, "air"), (-130.0, "fat"), (-80.0, "fat"), (40.0, "muscle"), (90.0, "muscle"), (200.0, "wall"),
    (280.0, "fluid"), (320.0, "fluid"), (450.0, "vessel"), (600.0, "vessel"),
)  # fmt: skip


def coded(body: Body) -> Body:
    """A body whose HU tell fluid and vessels apart from muscle; no table, no contrast medium, no plaques.

    Bone is as bright as fat in most MR: where a CT may show blots of fat everywhere, muscle holds together here, or
    nothing would tell a bone from a blot.
    """
    fluid = ("fluid", "tagged")
    bowel = [(c, r, *(("fluid", FLUID) if k in fluid else (k, v))) for c, r, k, v in body.bowel]
    tubes = [(a, b, r, VESSEL) for a, b, r, _ in body.tubes]
    codes = {"muscle": 60.0, "fat": -105.0, "bowel": bowel, "tubes": tubes}
    solid = {"leanness": body.leanness + 0.7, "mottling": 0.35 * body.mottling}
    return replace(body, **codes, **solid, plaques=[], table=None)


def soft_signal(contrast: Contrast, hu: torch.Tensor) -> torch.Tensor:
    """Signal (2, N) of all but bone and joints from soft tissue as HU (N,)."""
    knots = torch.tensor([k for k, _ in CODES])
    signals = torch.stack([contrast[name] for _, name in CODES], 1)
    place = torch.bucketize(hu, knots).clamp(1, len(CODES) - 1)
    share = ((hu - knots[place - 1]) / (knots[place] - knots[place - 1])).clamp(0, 1)
    return torch.lerp(signals[:, place - 1], signals[:, place], share)


@dataclass(frozen=True)
class Marrow:
    """The bone marrow of one patient: how red by region, how much dense trabeculae darken it, and look-alikes."""

    hip_red: float
    neck_red: float
    head_red: float
    patchy: float
    trabeculae: float
    texture: float
    cortex: float  # factor on the cortex' thickness
    scar: tuple[float, float, float, float] | None  # place along the neck in radii, bend, thickness mm, darkness
    pits: tuple[tuple[torch.Tensor, float], ...]  # place in radii, radius in mm
    oedema: tuple[torch.Tensor, float, float] | None  # place in radii, size in radii, strength: without necrosis


def draw_marrow(dice: Dice) -> Marrow:
    """Draw marrow from all yellow to red with islands of yellow."""
    pits = []
    for _ in range(dice.integer(1, 4) if dice.chance(0.2) else 0):
        # Herniation pits at the front of the neck, or cysts of arthritis under the roof.
        neck = torch.tensor([-0.75, -0.6, -0.1]) if dice.chance(0.5) else torch.tensor([-0.1, -0.2, 0.9])
        pits.append((neck + dice.vector(0.2), dice.uniform(1.5, 4.0)))
    place = torch.tensor([dice.normal(-0.3, 0.5), dice.normal(-0.1, 0.4), dice.normal(0.1, 0.5)])
    scar = (dice.uniform(-0.1, 0.45), dice.normal(0.25, 0.15), dice.uniform(0.4, 1.4), dice.uniform(0.15, 0.85))
    return Marrow(
        hip_red=dice.uniform(0.0, 1.0),
        neck_red=dice.uniform(0.0, 0.9) if dice.chance(0.7) else 0.0,
        head_red=dice.uniform(0.0, 0.5) if dice.chance(0.3) else 0.0,
        patchy=dice.uniform(0.1, 0.7),
        trabeculae=dice.uniform(0.0, 0.4),
        texture=dice.uniform(0.0, 0.1),
        cortex=dice.uniform(0.7, 1.6),
        scar=scar if dice.chance(0.65) else None,
        pits=tuple(pits),
        oedema=(place, dice.uniform(0.4, 1.0), dice.uniform(0.3, 1.0)) if dice.chance(0.1) else None,
    )


def femur_marrow(
    contrast: Contrast, marrow: Marrow, grain: Grain, q: torch.Tensor, axis: torch.Tensor, dense: torch.Tensor
) -> torch.Tensor:
    """Signal (2, N) of a femur without lesion; ``q`` (N, 3) in radii from the head, ``dense`` its bone in HU."""
    away = q.norm(dim=-1)
    epiphysis = 1 - ramp(away, 0.85, 1.25)
    base = marrow.neck_red + (marrow.head_red - marrow.neck_red) * epiphysis
    red = (base + base.clamp(max=0.5) * 2 * marrow.patchy * grain.patch).clamp(0, 1)
    signal = mixed(contrast["yellow"], contrast["red"], red) * _darkened(marrow, grain, dense)
    if marrow.oedema:
        place, size, strength = marrow.oedema
        near = torch.exp(-((q - place).norm(dim=-1) / size).square() + 0.3 * grain.patch) * strength
        signal = over(signal, contrast["oedema"], near.clamp(0, 1))
    if marrow.scar:
        place, bend, thick, dark = marrow.scar
        along = q @ axis
        across = (away.square() - along.square()).clamp(min=0)
        course = (along - place + bend * across) * 24 + 1.0 * grain.patch + 0.5 * grain.cortex
        line = torch.exp(-(course / thick).square()) * dark * (1 - ramp(away, 0.95, 1.15))
        signal = over(signal, contrast["sclerosis"], line)
    for place, radius in marrow.pits:
        distance = (q - place).norm(dim=-1) * 24 - radius
        signal = over(signal, contrast["sclerosis"], phi(-(distance - 1.0)))
        signal = over(signal, contrast["fluid"], phi(-distance))
    return signal


def _darkened(marrow: Marrow, grain: Grain, dense: torch.Tensor) -> torch.Tensor:
    """Factor (N,) by which trabeculae, which have no signal, darken the marrow between them."""
    shade = 1 - marrow.trabeculae * ramp(dense, 0.0, 750.0) + marrow.texture * (grain.fine + grain.speck)
    return shade.clamp(0.2, 1.3)


def _plain_marrow(contrast: Contrast, marrow: Marrow, grain: Grain, dense: torch.Tensor) -> torch.Tensor:
    red = (marrow.hip_red * (1 + 0.4 * grain.broad) + marrow.patchy * 0.5 * grain.patch).clamp(0, 1)
    return mixed(contrast["yellow"], contrast["red"], red) * _darkened(marrow, grain, dense)


@dataclass(frozen=True)
class Joint:
    """What lies between and round head and socket."""

    film: float  # mm of fluid between the cartilages
    wet: float
    fatty: float
    capsule: tuple[float, float, float]  # mm from bone, thickness in mm, how dark
    effusion: float  # mm


def draw_joint(dice: Dice) -> Joint:
    """Draw a dry or a wet joint."""
    return Joint(
        film=dice.uniform(0.0, 0.8),
        wet=dice.uniform(0.0, 1.0),
        fatty=dice.uniform(-0.3, 1.8),
        capsule=(dice.uniform(1.5, 5.0), dice.uniform(1.0, 3.0), dice.uniform(0.3, 1.0)),
        effusion=dice.uniform(0.5, 4.0) if dice.chance(0.4) else 0.0,
    )


def _joint(
    contrast: Contrast, joint: Joint, found: Depths, side: str, q: torch.Tensor, grain: Grain, signal: torch.Tensor
) -> torch.Tensor:
    """Capsule, fluid, cartilage and the fossa's fat of one hip."""
    femur, hip = -found.bone[f"femur_{side}"], -found.bone[f"hip_{side}"]
    away, gap = q.norm(dim=-1), femur + hip
    near = (1 - ramp(away, 1.5, 2.0)) * (femur > 0)
    at, thick, dark = joint.capsule
    at = at + 1.2 * grain.patch + joint.effusion
    capsule = torch.exp(-((femur - at) / thick).square()) * dark * near * ramp(hip, 1.0, 4.0)
    signal = over(signal, contrast["tendon"], capsule)
    within = near * (1 - ramp(femur, 0.3 * joint.effusion + 0.3, joint.effusion + 1.0))
    signal = over(signal, contrast["fluid"], (within * joint.wet).clamp(0, 1))
    cover = (1 - ramp(away, 1.02, 1.3)) * (1 - ramp(femur, 1.0, 2.5)) * (femur > -1)
    signal = over(signal, contrast["cartilage"], cover)
    inside = ramp(-torch.maximum(femur, hip), -9.0, -6.0) * ramp(-gap, -15.0, -10.0)
    filling = contrast["cartilage"][:, None].expand(-1, len(gap))
    film = torch.exp(-((femur - hip) / (2 * joint.film + 0.1)).square()) * min(1.0, joint.film / 0.5)
    filling = over(filling, contrast["fluid"], film)
    wide = ramp(gap + 1.5 * grain.patch, 4.5, 9.0)
    filling = over(filling, contrast["fluid"], wide * joint.wet)
    fossa = ramp(q @ FOSSA, 0.1, 0.6)
    filling = over(filling, contrast["fat"], fossa * wide * (joint.fatty + grain.patch * 0.6).clamp(0, 1))
    return over(signal, filling, inside)


@dataclass(frozen=True)
class Surroundings:
    """All that the patches of one patient have in common, lesions and contrast apart."""

    body: Body
    tissue: Tissue
    marrow: Marrow
    joints: dict[str, Joint]


@dataclass(frozen=True)
class Spot:
    """A grid (Z, Y, X) of ``shape`` and ``spacing`` mm in a scene: world points (N, 3), distances, random fields.

    ``bones`` has the thickness (N,) of the cortex in mm and the density (N,) of the trabeculae in HU of each bone,
    ``soft`` (N,) the soft tissue as HU.
    """

    shape: tuple[int, int, int]
    spacing: float
    world: torch.Tensor
    found: Depths
    grain: Grain
    bones: dict[str, tuple[torch.Tensor, torch.Tensor]]
    soft: torch.Tensor


def make_spot(
    dice: Dice, scene: Scene, around: Surroundings, centre: torch.Tensor, shape: tuple[int, int, int], spacing: float
) -> tuple[Spot, torch.Tensor]:
    """What every scan of ``shape`` voxels of ``spacing`` mm round a world point has in common; its world points."""
    places = grid(centre, shape, spacing)
    world = places.reshape(-1, 3)
    grain = Grain(dice, shape, spacing)
    rough = 0.12 * grain.fine + 0.15 * grain.cortex
    found = depths(scene, world, rough, (1 + 0.3 * grain.patch).clamp(0.3, 2))
    nearest = torch.stack([*found.bone.values(), found.other]).amax(0)
    soft = soft_tissue(dice, around.body, world, shape, spacing, nearest)
    return Spot(shape, spacing, world, found, grain, bone_fields(scene, around.tissue, grain, found), soft), places


def with_joint(
    signal: torch.Tensor, contrast: Contrast, joint: Joint, spot: Spot, side: str, q: torch.Tensor
) -> torch.Tensor:
    """``signal`` (2, N) with the joint of a ``side`` drawn in; ``q`` (N, 3) in radii from the head's centre."""
    return _joint(contrast, joint, spot.found, side, q, spot.grain, signal)


def with_bones(
    signal: torch.Tensor,
    contrast: Contrast,
    marrow: Marrow,
    spot: Spot,
    femora: dict[str, torch.Tensor],
    blur: float,
) -> torch.Tensor:
    """``signal`` (2, N) with all bones drawn in; ``femora`` holds the marrow (2, N) of the femora that are near.

    ``blur`` is the sd in mm of the point spread.
    """
    for name, depth in {**spot.found.bone, "other": spot.found.other}.items():
        if float(depth.max()) < -4:
            continue
        thick, dense = spot.bones[name]
        inner = femora.get(name)
        if inner is None:
            inner = _plain_marrow(contrast, marrow, spot.grain, dense)
        shell = thick * marrow.cortex + 0.25
        signal = over(signal, contrast["cortex"], phi(depth / blur))
        signal = over(signal, inner, phi((depth - shell) / blur))
    return signal
