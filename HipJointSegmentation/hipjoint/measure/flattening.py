"""How round the joint surface of the head is, and how deep and where it is flattened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from hipjoint.labels import Side
from hipjoint.measure.boundary import Boundary, Floats
from hipjoint.measure.head_neck import Neck, lateral_of
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.value import Definition

# The depth of one voxel's face is noise; of a patch this wide it is not.
PATCH_MM = 3.0
# Collapse is a matter of the upper surface. The fovea and, in normal heads, the slope into the neck below and behind
# lie under the sphere too and are none: so what counts is at most this far from superior ...
UPPER_DEGREES = 60.0
# ... and not at the rim of the neck, where the surface turns away from the sphere.
RIM_DEGREES = 30.0
# No head is a sphere: nine normal heads of five people, outlined in CT, were 0.5 to 1.1 mm under theirs.
NORMAL_MM = 1.2
_LEAST_POINTS = 5
# No point of a patch counts for much more than the others.
_EVEN_MM = 0.1
# A direction is named after a patient axis that makes less than about 65 degrees with it.
_NAMED = 0.42

FLATTENING = Definition(
    "flattening",
    "Flattening of the head",
    "mm",
    "Largest depth of the joint surface under the sphere of the head, measured towards its centre and averaged over a "
    f"patch of {PATCH_MM:.0f} mm radius. Joint surface: at most {UPPER_DEGREES:.0f} degrees from superior and at least "
    f"{RIM_DEGREES:.0f} from the head-neck junction, seen from the centre. Interval: half a voxel step in that "
    "direction; the place is the one whose depth exceeds that most. The words say where. Normal heads reach "
    f"{NORMAL_MM} mm.",
    "depth of collapse in mm as in Steinberg et al., J Bone Joint Surg Br 1995 (stage IV), taken against the fitted "
    "sphere",
)
SPHERICITY = Definition(
    "sphericity",
    "Sphericity of the joint surface",
    "",
    "Distance from the sphere's centre that 5 % of the joint surface falls short of, over the one that 5 % exceeds: "
    "1 for a sphere. Same surface as for the flattening; the voxels alone take off about 0.03 at 1 mm.",
    "definition of this program",
    digits=3,
)


@dataclass(frozen=True)
class Flattening:
    """``depth_mm`` at the place in the unit vector ``direction`` (3,) (LPS) from the centre, wrong by ``error_mm``."""

    depth_mm: float
    direction: Floats
    error_mm: float

    @property
    def noticeable(self) -> bool:
        """Whether the depth is more than the voxels can feign."""
        return self.depth_mm > self.error_mm

    @property
    def normal(self) -> bool:
        """Whether normal heads are as deep under their sphere."""
        return self.depth_mm <= NORMAL_MM


def joint_surface(surface: Boundary, sphere: Sphere, neck: Neck) -> Boundary:
    """The upper part of the head's surface, away from the neck and its rim, as ``FLATTENING`` says."""
    directions = sphere.directions(surface.points)
    off_neck = directions @ neck.axis < np.cos(np.deg2rad(neck.polar_angle(sphere) + RIM_DEGREES))
    return surface.chosen(off_neck & (directions[:, 2] >= np.cos(np.deg2rad(UPPER_DEGREES))))


def find_flattening(joint: Boundary, sphere: Sphere) -> Flattening | None:
    """The deepest patch of the joint surface by the rule of ``FLATTENING``; None where the surface has no points."""
    if len(joint.points) < _LEAST_POINTS:
        return None
    directions, depth = sphere.directions(joint.points), sphere.depth(joint.points)
    weights = 1 / (joint.exactness(directions) ** 2 + _EVEN_MM**2)
    means = _patch_means(joint.points, depth, weights)
    errors = _errors(joint, directions)
    best = int(np.argmax(means - errors))
    return Flattening(max(0.0, float(means[best])), directions[best], float(errors[best]))


def _patch_means(points: Floats, depth: Floats, weights: Floats) -> Floats:
    """Weighted mean depth (n,) of the patch round each point (n, 3); a patch of too few points says nothing."""
    patches = cKDTree(points).query_ball_point(points, PATCH_MM)
    counts = np.array([len(patch) for patch in patches])
    members = np.concatenate(patches).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means = np.add.reduceat((weights * depth)[members], starts) / np.add.reduceat(weights[members], starts)
    return np.where(counts >= _LEAST_POINTS, means, -np.inf)


def sphericity_of(joint: Boundary, sphere: Sphere) -> float | None:
    """The ratio that ``SPHERICITY`` defines; None where the surface has no points."""
    exact = joint.chosen(joint.steps <= 1.5 * joint.steps.min()) if len(joint.points) else joint
    if len(exact.points) < _LEAST_POINTS:
        return None
    low, high = np.percentile(sphere.radius - sphere.depth(exact.points), [5, 95])
    return float(low / high)


def _errors(joint: Boundary, directions: Floats) -> Floats:
    """Half of the largest step (n,), in mm, that a surface square to each direction (n, 3) makes in this grid."""
    axes, first = np.unique(np.round(joint.axes, 6), axis=0, return_index=True)
    return np.asarray((joint.steps[first] * np.abs(directions @ axes.T)).max(axis=1) / 2)


def direction_words(direction: Floats, side: Side) -> str:
    """A direction in LPS in anatomical words, the strongest first: "superior-anterior"."""
    lateral = lateral_of(side)
    parts = {
        "lateral" if direction[0] * lateral > 0 else "medial": abs(direction[0]),
        "posterior" if direction[1] > 0 else "anterior": abs(direction[1]),
        "superior" if direction[2] > 0 else "inferior": abs(direction[2]),
    }
    named = [name for name in sorted(parts, key=lambda name: -parts[name]) if parts[name] >= _NAMED]
    return "-".join(named)
