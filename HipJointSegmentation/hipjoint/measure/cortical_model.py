"""Thickness of a cortex that is thinner than the scanner's blur: a blurred step model is fitted to each profile.

After Treece et al., "High resolution cortical bone thickness measurement from clinical CT data", Med Image Anal 2010:
soft tissue, cortex and trabecular bone are three constants with sharp edges, blurred by a Gaussian. Thickness and HU
of a thin cortex cannot both be seen (twice as thin and twice as dense look alike), so that one HU is found for the
dense cortex of the whole scan, where the cortex is thick (the constraint of that paper and of Treece et al., "Imaging
the femoral cortex: thickness, density and mass from clinical CT", Med Image Anal 2012). Different from them, it is not
a constant but the mean of a prior: each profile has its own HU near it (maximum a posteriori), so that thick cortex
tells its own and thin cortex keeps that of the scan. Nor is the blur fitted to each profile: one ellipsoid is fitted to
all of them, since the scanner has one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from hipjoint.measure.boundary import Floats
from hipjoint.measure.cortical_profile import Edges, Numbers, Profiles

THINNEST_MM, THICKEST_MM = 0.0, 12.0
NARROWEST_BLUR, WIDEST_BLUR = 0.15, 3.0
# HU: below it there is no dense cortex, above it there is metal.
SOFTEST_CORTEX, HARDEST_CORTEX = 500.0, 2600.0
# When no cortex is thick enough to tell its HU: about that of an adult femur's shaft at 120 kV.
USUAL_CORTEX = 1300.0

# The HU of the cortex is judged on the thickest of all profiles, at least this many of them.
_THICKEST_SHARE, _LEAST_THICK, _CALIBRATED_ON = 1 / 3, 100, 1200
# Share of the highest peaks that a thick cortex reaches at least.
_DENSE = 0.6
# A standard error of this share of the HU means that they could not be told.
_UNCERTAIN = 0.1
# Cortex differs along the bone by this share of its HU (standard deviation of the prior).
_HU_SPREAD = 0.08
# Noise is alike over about this many samples of a profile, which lie closer than the voxels.
_ALIKE = 2.0
# HU by which a cortex that shows is above what lies behind.
_STANDS_OUT = 60.0
_STARTS = (0.2, 0.5, 1.0, 1.8, 3.0, 4.5, 6.5, 9.0)
_ROUNDS, _SHARED_ROUNDS, _TOLERANCE = 25, 30, 2e-3
_PARAMETERS = 6
# Columns of the parameters: a profile's own are the first 4 or 5 (with the HU of its cortex).
_OUTER, _THICKNESS, _SOFT, _BEHIND, _CORTEX, _BLUR = range(_PARAMETERS)
_NORMAL = np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Scanner:
    """What all profiles of a scan share: usual ``cortex_hu`` of dense cortex, and the blur (standard deviations in mm).

    ``across`` holds within the slices and ``along`` square to them, ``axis`` (3,) is the direction of the latter in
    LPS. ``guessed`` says that no cortex is thick enough to tell its HU, so that a usual value is taken.
    """

    cortex_hu: float
    across: float
    along: float
    axis: Floats
    guessed: bool = False

    def blur(self, normals: Floats) -> Floats:
        """Standard deviation (n,) in mm of the blur along unit vectors (n, 3)."""
        share = np.square(normals @ self.axis)
        return np.asarray(np.sqrt(self.across**2 * (1 - share) + self.along**2 * share))


@dataclass(frozen=True)
class Cortex:
    """The fitted cortex of each profile, all (n,): NaN where the profile shows none.

    ``outer`` edge and ``thickness`` in mm, HU of the tissue on both sides and of the cortex itself (``hu``), ``sd`` the
    standard error of the thickness in mm, ``inner_sd`` that of the inner edge, ``residual`` the root mean square misfit
    in HU.
    """

    outer: Floats
    thickness: Floats
    soft: Floats
    behind: Floats
    hu: Floats
    sd: Floats
    inner_sd: Floats
    residual: Floats

    @property
    def inner(self) -> Floats:
        """Depth (n,) in mm of the inner edge."""
        return np.asarray(self.outer + self.thickness)


def calibrate(profiles: Profiles, edges: Edges, axis: Floats) -> Scanner:
    """Find the HU of dense cortex and the blur from all ``profiles`` of a scan with their half-maximum ``edges``.

    ``axis`` (3,) is the direction square to the slices. The HU is the one with which the thickest third of the
    profiles, of those as dense as cortex, is fitted best when all share it and the blur; the blur in both directions
    then is that which fits all profiles.
    """
    found = np.flatnonzero(np.isfinite(edges.outer))
    if len(found) < _LEAST_THICK:
        return Scanner(USUAL_CORTEX, 0.7, 0.7, axis, guessed=True)
    thickest = _some(_thickest(edges, found))
    wide = profiles.chosen(thickest), _chosen(edges, thickest)
    start = np.array([np.percentile(wide[1].peak, 80), 0.5, 0.5])
    shared, error = _shared(*wide, axis, start, [0, 1])
    guessed = error > _UNCERTAIN * shared[0]
    start = np.array([USUAL_CORTEX if guessed else shared[0], shared[1], shared[1]])
    everywhere = _some(found)
    blur, _ = _shared(profiles.chosen(everywhere), _chosen(edges, everywhere), axis, start, [1, 2])
    return Scanner(float(start[0]), float(np.sqrt(blur[1])), float(np.sqrt(blur[2])), axis, guessed=bool(guessed))


def _thickest(edges: Edges, found: Numbers) -> Numbers:
    """Numbers of the third of the profiles with the widest cortex, of those as dense as cortex.

    Dense trabecular bone under a thin cortex looks like a wide one at half the height, but is not as dense as one.
    """
    peak = edges.peak[found]
    dense = found[peak >= _DENSE * np.percentile(peak, 98)]
    among = dense if len(dense) >= _LEAST_THICK else found
    order = among[np.argsort(-np.nan_to_num(edges.thickness[among], nan=0.0))]
    return np.asarray(order[: max(_LEAST_THICK, int(len(found) * _THICKEST_SHARE))])


def _some(numbers: Numbers) -> Numbers:
    """At most as many as suffice, evenly chosen."""
    count = min(len(numbers), _CALIBRATED_ON)
    return np.asarray(numbers[np.linspace(0, len(numbers) - 1, count).astype(int)])


def fit_cortex(profiles: Profiles, edges: Edges, scanner: Scanner) -> Cortex:
    """Fit the model to each profile with the blur of ``scanner`` and a HU of the cortex near that of ``scanner``.

    NaN where ``edges`` has no outer edge.
    """
    found = np.flatnonzero(np.isfinite(edges.outer))
    out = np.full((8, len(edges.outer)), np.nan)
    if len(found):
        some = profiles.chosen(found)
        fit = _fit(some, _chosen(edges, found), scanner.blur(some.normals), scanner.cortex_hu)
        out[:, found] = np.vstack([fit.parameters[:, : _CORTEX + 1].T, fit.sd, fit.inner_sd, fit.residual])
    return Cortex(*out)


def blurred_step(depths: Floats, parameters: Floats) -> Floats:
    """HU (n, k) of the model at ``depths`` (k,) for parameters (n, 6).

    They are outer edge and thickness in mm, HU outside, behind and of the cortex, blur in mm.
    """
    outer, thickness, soft, behind, cortex, blur = parameters.T[:, :, None]
    rise, fall = ndtr((depths - outer) / blur), ndtr((depths - outer - thickness) / blur)
    return np.asarray(soft + (cortex - soft) * rise + (behind - cortex) * fall)


def shown_inner(cortex: Cortex, blur: float) -> tuple[Floats, Floats]:
    """Depth (n,) in mm where a scan with ``blur`` (sd, mm) shows the inner surface, half-way from the peak to behind.

    Also the HU (n,) of that peak. Under a thin cortex it lies deeper than the true edge, by up to about one blur. Where
    the cortex does not stand out from what lies behind it is the true edge. NaN where the cortex is.
    """
    columns = (cortex.outer, cortex.thickness, cortex.soft, cortex.behind, cortex.hu, np.full_like(cortex.outer, blur))
    depths = cortex.inner[:, None] + blur * np.arange(-4.0, 3.01, 0.05)
    shown = blurred_step(depths, np.column_stack(columns))
    peak = shown.max(axis=1)
    above = shown > ((peak + cortex.behind) / 2)[:, None]
    last = np.minimum(above.shape[1] - 1 - above[:, ::-1].argmax(axis=1), above.shape[1] - 2)
    rows = np.arange(len(depths))
    fall = shown[rows, last] - shown[rows, last + 1]
    share = (shown[rows, last] - (peak + cortex.behind) / 2) / np.where(fall > 0, fall, 1.0)
    crossing = depths[rows, last] + 0.05 * blur * np.clip(share, 0, 1)
    return np.asarray(np.where(peak - cortex.behind > _STANDS_OUT, crossing, cortex.inner)), peak


@dataclass(frozen=True)
class _Prior:
    """What is known of the cortex before a profile is seen: its HU, which counts as ``weight`` samples of them do."""

    hu: float
    weight: float

    def cost(self, parameters: Floats) -> Floats:
        """What (n,) the HU of parameters (n, 6) cost, as squared misfits of the samples do."""
        return np.asarray(self.weight * np.square(parameters[:, _CORTEX] - self.hu))


_NO_PRIOR = _Prior(0.0, 0.0)


@dataclass(frozen=True)
class _Fit:
    parameters: Floats
    sd: Floats
    inner_sd: Floats
    residual: Floats


def _chosen(edges: Edges, which: Numbers) -> Edges:
    return replace(edges, **{name: getattr(edges, name)[which] for name in edges.__dataclass_fields__})


def _shared(profiles: Profiles, edges: Edges, axis: Floats, start: Floats, free: list[int]) -> tuple[Floats, float]:
    """Fit what all profiles share: HU of the cortex, squared blur across and along (3,); ``free`` are the fitted ones.

    Also the standard error of the HU. Gauss-Newton on all profiles together: the profiles' own parameters are
    eliminated from the normal equations (Schur complement), as cameras are in bundle adjustment.
    """
    share = np.square(profiles.normals @ axis) if 2 in free else np.zeros(len(profiles.normals))
    shared = start.copy()
    weights = _weights(profiles, edges, np.full(len(share), np.sqrt(start[1])))
    parameters = _start(profiles, edges, weights, np.full(len(share), np.sqrt(start[1])), start[0])
    error = np.inf
    for round_ in range(_SHARED_ROUNDS):
        parameters = _improved(profiles, weights, parameters, 4, rounds=4)
        if round_ == 2:
            weights = _narrowed(profiles, edges, weights, parameters)
        step, error = _shared_step(profiles, weights, parameters, share, free)
        shared[free] += np.clip(step, -0.25 * shared[free], 0.25 * shared[free])
        shared = np.clip(shared, (SOFTEST_CORTEX, *(NARROWEST_BLUR**2,) * 2), (HARDEST_CORTEX, *(WIDEST_BLUR**2,) * 2))
        parameters[:, _CORTEX] = shared[0]
        parameters[:, _BLUR] = np.sqrt(shared[1] * (1 - share) + shared[2] * share)
        if round_ > 3 and (np.abs(step) < 2e-3 * shared[free]).all():
            break
    return shared, error


def _shared_step(
    profiles: Profiles, weights: Floats, parameters: Floats, share: Floats, free: list[int]
) -> tuple[Floats, float]:
    """Step of the ``free`` shared values, and the standard error of the first of them."""
    normal, slope, cost = _normal_equations(profiles, weights, parameters, _PARAMETERS)
    variance = cost / np.maximum(weights.sum(axis=1) - 4, 1)
    # Profiles that the model does not fit must not decide (weights after Geman and McClure).
    trust = 1 / (variance + np.median(variance)) ** 2
    half = 0.5 / parameters[:, _BLUR]
    to_shared = np.zeros((len(parameters), 2, 3))
    to_shared[:, 1, 1], to_shared[:, 1, 2], to_shared[:, 0, 0] = (1 - share) * half, share * half, 1.0
    to_shared = to_shared[:, :, free]
    across = np.swapaxes(to_shared, 1, 2)
    own = normal[:, :4, :4] + 1e-6 * np.eye(4) * np.trace(normal[:, :4, :4], axis1=1, axis2=2)[:, None, None]
    mixed = normal[:, :4, 4:] @ to_shared
    solved = np.linalg.solve(own, np.concatenate([mixed, slope[:, :4, None]], axis=2))
    back = np.swapaxes(mixed, 1, 2)
    left = across @ normal[:, 4:, 4:] @ to_shared - back @ solved[:, :, :-1]
    right = across @ slope[:, 4:, None] - back @ solved[:, :, -1:]
    matrix, vector = (trust[:, None, None] * left).sum(axis=0), (trust[:, None, None] * right).sum(axis=0)[:, 0]
    matrix += 1e-9 * np.trace(matrix) * np.eye(len(free))
    spread = np.linalg.inv(matrix)
    noise = (trust**2 * variance * left[:, 0, 0]).sum() / matrix[0, 0]
    return np.linalg.solve(matrix, vector), float(np.sqrt(spread[0, 0] * noise))


def _fit(profiles: Profiles, edges: Edges, blur: Floats, cortex_hu: float) -> _Fit:
    """Maximum a posteriori (Levenberg and Marquardt), all profiles at once: with the HU of the scan, then each its own.

    What lies behind is judged near the cortex: how near, is known when the cortex is. What a fit leaves over tells the
    noise, against which the prior of the HU is weighed in the next; the first leaves too much where the HU is another.
    """
    weights = _weights(profiles, edges, blur)
    parameters = _improved(profiles, weights, _start(profiles, edges, weights, blur, cortex_hu), 4)
    weights = _narrowed(profiles, edges, weights, parameters)
    prior = _NO_PRIOR
    for _ in range(2):
        prior = _prior(profiles, weights, parameters, cortex_hu)
        parameters = _improved(profiles, weights, parameters, 5, prior=prior)
    return _with_errors(profiles, _narrowed(profiles, edges, weights, parameters), parameters, 5, prior)


def _prior(profiles: Profiles, weights: Floats, parameters: Floats, cortex_hu: float) -> _Prior:
    """The prior of the HU, in units of the noise that ``parameters`` leave over in most profiles."""
    noise = float(np.median(_misfit(profiles, weights, parameters) / np.maximum(weights.sum(axis=1) - 5, 1)))
    return _Prior(cortex_hu, _ALIKE * max(noise, 1.0) / (_HU_SPREAD * cortex_hu) ** 2)


def _misfit(profiles: Profiles, weights: Floats, parameters: Floats) -> Floats:
    """Sum (n,) of the squared differences between profiles and model."""
    return np.asarray((weights * (profiles.values - blurred_step(profiles.depths, parameters)) ** 2).sum(axis=1))


def _weights(profiles: Profiles, edges: Edges, blur: Floats) -> Floats:
    depths = profiles.depths
    inside = (depths >= edges.first[:, None]) & (depths <= (edges.last + 2 * blur)[:, None])
    return (inside & profiles.seen).astype(np.float64)


def _narrowed(profiles: Profiles, edges: Edges, weights: Floats, parameters: Floats) -> Floats:
    outer, inner = parameters[:, _OUTER], parameters[:, _OUTER] + parameters[:, _THICKNESS]
    reach = 2.5 * parameters[:, _BLUR]
    depths = profiles.depths
    near = (depths >= (outer - np.maximum(reach, 2.0) - 0.5)[:, None]) & (depths <= (inner + reach + 1.5)[:, None])
    kept = near & profiles.seen & (depths >= edges.first[:, None])
    enough = kept.sum(axis=1) >= _PARAMETERS + 3
    return np.where(enough[:, None], kept.astype(np.float64), weights)


def _start(profiles: Profiles, edges: Edges, weights: Floats, blur: Floats, cortex_hu: float) -> Floats:
    """The best of some thicknesses, each with the HU before and behind that fit it best."""
    count = len(blur)
    best, least = np.zeros((count, _PARAMETERS)), np.full(count, np.inf)
    wide = np.nan_to_num(edges.thickness, nan=1.0)
    for thickness in (*(np.full(count, t) for t in _STARTS), wide):
        trial = np.zeros((count, _PARAMETERS))
        # Half the height of a thin cortex lies outside its true edge, by up to 1.2 blurs less half the thickness.
        shift = np.maximum(1.18 * blur - thickness / 2, 0.0) * np.exp(-((thickness / (2.5 * blur)) ** 2))
        trial[:, _OUTER] = edges.outer + shift
        trial[:, _THICKNESS], trial[:, _BLUR], trial[:, _CORTEX] = thickness, blur, cortex_hu
        cost = _with_sides(profiles, weights, trial)
        better = cost < least
        best[better], least[better] = trial[better], cost[better]
    return best


def _with_sides(profiles: Profiles, weights: Floats, trial: Floats) -> Floats:
    """Set the HU before and behind of ``trial`` by linear least squares; their cost (n,)."""
    outer, thickness, blur = (trial[:, c, None] for c in (_OUTER, _THICKNESS, _BLUR))
    rise, fall = ndtr((profiles.depths - outer) / blur), ndtr((profiles.depths - outer - thickness) / blur)
    target = profiles.values - trial[:, _CORTEX, None] * (rise - fall)
    a, b = 1 - rise, fall
    aa, bb, ab = ((weights * u * v).sum(axis=1) for u, v in ((a, a), (b, b), (a, b)))
    at, bt = ((weights * u * target).sum(axis=1) for u in (a, b))
    det = np.maximum(aa * bb - ab**2, 1e-9)
    trial[:, _SOFT] = np.clip((bb * at - ab * bt) / det, -1100, 1500)
    trial[:, _BEHIND] = np.clip((aa * bt - ab * at) / det, -500, trial[:, _CORTEX])
    off = target - trial[:, _SOFT, None] * a - trial[:, _BEHIND, None] * b
    return np.asarray((weights * off**2).sum(axis=1))


def _improved(
    profiles: Profiles,
    weights: Floats,
    start: Floats,
    free: int,
    *,
    prior: _Prior = _NO_PRIOR,
    rounds: int = _ROUNDS,
) -> Floats:
    """Parameters (n, 6) of which the first ``free`` fit best, from ``start`` (n, 6)."""
    parameters = start.copy()
    active = np.arange(len(start))
    damping = np.full(len(start), 1e-2)
    cost = np.full(len(start), np.inf)
    for _ in range(rounds):
        if not len(active):
            break
        here = parameters[active]
        step, cost[active] = _step(profiles.chosen(active), weights[active], here, damping[active], free, prior)
        moved = _within_bounds(here + step)
        better = _misfit(profiles.chosen(active), weights[active], moved) + prior.cost(moved) < cost[active]
        parameters[active[better]] = moved[better]
        damping[active] = np.where(better, damping[active] * 0.3, damping[active] * 8)
        moving = np.abs(moved - here)[:, [_OUTER, _THICKNESS]].max(axis=1) > _TOLERANCE
        active = active[(moving & better) | (~better & (damping[active] < 1e4))]
    return parameters


def _step(
    profiles: Profiles, weights: Floats, here: Floats, damping: Floats, free: int, prior: _Prior
) -> tuple[Floats, Floats]:
    """A damped Gauss-Newton step (n, 6) and the cost (n,) before it."""
    normal, slope, cost = _normal_equations(profiles, weights, here, free, prior)
    diagonal = np.arange(free)
    scale = normal[:, diagonal, diagonal]
    normal[:, diagonal, diagonal] += damping[:, None] * scale + 1e-6 * scale.max(axis=1, keepdims=True) + 1e-9
    step = np.zeros_like(here)
    step[:, :free] = np.linalg.solve(normal, slope[..., None])[..., 0]
    step[:, [_OUTER, _THICKNESS]] = np.clip(step[:, [_OUTER, _THICKNESS]], -1.0, 1.0)
    return step, cost


def _normal_equations(
    profiles: Profiles, weights: Floats, here: Floats, free: int, prior: _Prior = _NO_PRIOR
) -> tuple[Floats, Floats, Floats]:
    jacobian, model = _derivatives(profiles.depths, here)
    jacobian = jacobian[..., :free]
    off = profiles.values - model
    weighted = jacobian * weights[..., None]
    normal = np.swapaxes(weighted, 1, 2) @ jacobian
    slope = (np.swapaxes(weighted, 1, 2) @ off[..., None])[..., 0]
    if free > _CORTEX:
        normal[:, _CORTEX, _CORTEX] += prior.weight
        slope[:, _CORTEX] += prior.weight * (prior.hu - here[:, _CORTEX])
    return normal, slope, (weights * off**2).sum(axis=1) + prior.cost(here)


def _derivatives(depths: Floats, parameters: Floats) -> tuple[Floats, Floats]:
    """Derivatives (n, k, 6) of the model by its parameters, and the model (n, k)."""
    outer, thickness, soft, behind, cortex, blur = parameters.T[:, :, None]
    a, b = (depths - outer) / blur, (depths - outer - thickness) / blur
    rise, fall = ndtr(a), ndtr(b)
    up = (cortex - soft) * np.exp(-(a**2) / 2) / (_NORMAL * blur)
    down = (behind - cortex) * np.exp(-(b**2) / 2) / (_NORMAL * blur)
    columns = (-(up + down), -down, 1 - rise, fall, rise - fall, -(up * a + down * b))
    return np.stack(columns, axis=-1), soft + (cortex - soft) * rise + (behind - cortex) * fall


def _within_bounds(parameters: Floats) -> Floats:
    low = (-4.0, THINNEST_MM, -1100.0, -500.0, SOFTEST_CORTEX, NARROWEST_BLUR)
    high = (6.0, THICKEST_MM, 1500.0, HARDEST_CORTEX, HARDEST_CORTEX, WIDEST_BLUR)
    return np.clip(parameters, low, high)


def _with_errors(profiles: Profiles, weights: Floats, parameters: Floats, free: int, prior: _Prior) -> _Fit:
    """Standard errors from the curvature of the cost at its minimum and the misfit that is left."""
    normal, _, cost = _normal_equations(profiles, weights, parameters, free, prior)
    count = weights.sum(axis=1)
    variance = cost / np.maximum(count - free, 1)
    diagonal = np.arange(free)
    normal[:, diagonal, diagonal] += 1e-9 + 1e-9 * normal[:, diagonal, diagonal].max(axis=1, keepdims=True)
    covariance = np.linalg.inv(normal) * variance[:, None, None]
    of_thickness = covariance[:, _THICKNESS, _THICKNESS]
    of_inner = covariance[:, _OUTER, _OUTER] + of_thickness + 2 * covariance[:, _OUTER, _THICKNESS]
    sd, inner_sd = (np.sqrt(np.clip(v, 0, None)) for v in (of_thickness, of_inner))
    return _Fit(parameters, sd, inner_sd, np.sqrt(cost / np.maximum(count, 1)))
