"""Simulated films: what they show is where geometry says, and the five labels follow their rules."""

import numpy as np
import pytest
import torch

from Training.simulate.ct import grid
from Training.simulate.film_anatomy import SPACING, Anatomy, Block, Head
from Training.simulate.film_labels import ANGLES, draw_labels, film_head, find_socket
from Training.simulate.film_physics import picture_of
from Training.simulate.film_view import PIXEL, PIXELS, View, cast

RADIUS, GAP, PLATE = 24.0, 4.0, 6.0
CENTRE = {"right": torch.tensor([-80.0, 0.0, 0.0]), "left": torch.tensor([80.0, 0.0, 0.0])}
MIDDLE = torch.zeros(3)
SHAPE = (160, 48, 240)


def _hip(points, side):
    """Depths under a ball on a round shaft with a canal, and under a socket: a shell above and medial of the ball."""
    own = (points - CENTRE[side]) * torch.tensor([1.0 if side == "right" else -1.0, 1.0, 1.0])
    away = own.norm(dim=-1)
    shaft = (own[..., :2] + torch.tensor([30.0, 0.0])).norm(dim=-1)
    below = -own[..., 2] - 10
    femur = torch.maximum(RADIUS - away, torch.minimum(14 - shaft, below))
    marrow = torch.maximum(RADIUS - 1 - away, torch.minimum(8 - shaft, below))
    shell = torch.minimum(away - RADIUS - GAP, RADIUS + GAP + PLATE - away)
    # From a lip that lies 35 degrees lateral to the end of the floor, 0.7 of a radius below the centre.
    lip = own[..., 0] + torch.tensor(35.0).deg2rad().sin() * away
    socket = torch.minimum(torch.minimum(shell, lip), own[..., 2] + 0.7 * RADIUS)
    return femur, socket, marrow


@pytest.fixture(scope="module")
def an_anatomy():
    points = grid(MIDDLE, SHAPE, SPACING)
    both = [_hip(points, side) for side in ("right", "left")]
    depths = [torch.maximum(a, b) for a, b in zip(*both, strict=True)]
    dense = (depths[0].clamp(0, 1) + depths[1].clamp(0, 1)) * 0.8
    bones = Block(torch.stack([dense, *depths]), MIDDLE, SPACING)
    soft = Block(torch.ones(1, 40, 30, 60), MIDDLE, 6.0)
    return Anatomy(soft, bones, {side: Head(centre, RADIUS) for side, centre in CENTRE.items()})


@pytest.fixture(scope="module")
def a_view():
    return View(torch.eye(3), MIDDLE, 900.0, 100.0)


@pytest.fixture(scope="module")
def a_film(an_anatomy, a_view):
    shadow = cast(an_anatomy, a_view)
    return shadow, *draw_labels(an_anatomy, a_view, shadow)


def _polar(head):
    row, column = np.mgrid[:PIXELS, :PIXELS]
    medial, down = (column - head.column) * head.medial / head.radius, (row - head.row) / head.radius
    return medial, down


def test_a_point_is_drawn_where_its_ray_meets_the_film(a_view):
    deep = torch.tensor([-40.0, 0.0, 70.0])
    points = a_view.along(deep)
    places = a_view.to_film(points)
    row, column = np.mgrid[:PIXELS, :PIXELS]
    for layer in places:
        assert np.allclose(layer[..., 0], column, atol=1e-2)
        assert np.allclose(layer[..., 1], row, atol=1e-2)


def test_a_ball_casts_a_disc_enlarged_by_the_distances(a_film, an_anatomy, a_view):
    shadow, _, heads = a_film
    head = heads["right"]
    assert head.radius == pytest.approx(RADIUS * a_view.magnification / PIXEL, rel=1e-3)
    medial, down = _polar(head)
    medial_half = (medial > 0.3) & (np.hypot(medial, down) < 1.3)
    area = ((shadow.depth[0].numpy() > 0) & medial_half).sum()
    r2 = head.radius**2
    assert area == pytest.approx(r2 * (np.arccos(0.3) - 0.3 * np.sqrt(1 - 0.09)), rel=0.02)


def test_water_and_bone_add_up_along_the_ray(a_film, an_anatomy):
    shadow, _, heads = a_film
    middle = shadow.soft[PIXELS // 2, PIXELS // 2]
    assert float(middle) == pytest.approx(30 * 6.0 / 10, rel=0.05)
    head = heads["right"]
    # Through the ball's middle: 48 mm of 0.8 but for its rim, and both walls of no socket.
    there = float(shadow.bone[round(head.row), round(head.column)])
    assert there == pytest.approx(0.8 * 4.7, rel=0.06)


def test_the_space_lies_between_head_and_socket_from_the_lip_to_the_lowest_point_of_the_teardrop(a_film):
    _, labels, heads = a_film
    for side, head in heads.items():
        medial, down = _polar(head)
        own = (np.arange(PIXELS)[None] < PIXELS / 2) == (side == "right")
        away, angle = np.hypot(medial, down), np.rad2deg(np.arctan2(medial, -down))
        space = (labels == 4) & own
        ring = (away > 1.03) & (away < 1 + GAP / RADIUS - 0.03) & (angle > -28) & (angle < 90)
        assert space[ring].mean() > 0.97
        assert not space[(angle < -42) & (angle > -150)].any()
        assert not space[away < 0.98].any()
        lowest = down[(labels == 3) & own].max()
        assert down[space].max() <= lowest + 0.01
        assert lowest == pytest.approx(0.7, abs=0.1)


def test_the_teardrop_is_as_wide_as_the_plate_behind_the_floor(a_film):
    _, labels, heads = a_film
    head = heads["left"]
    medial, down = _polar(head)
    row = (labels == 3) & (np.abs(down - 0.1) < 0.5 / head.radius) & (np.arange(PIXELS)[None] > PIXELS / 2)
    assert row.sum() / head.radius == pytest.approx(PLATE / RADIUS, abs=0.06)
    assert medial[row].min() == pytest.approx(1 + GAP / RADIUS, abs=0.05)


def test_cortex_begins_high_medially_and_low_laterally_and_is_as_thick_as_the_wall(a_film, a_view):
    _, labels, heads = a_film
    head = heads["right"]
    medial, down = _polar(head)
    own = np.arange(PIXELS)[None] < PIXELS / 2
    low = (np.abs(down - 2.6) < 0.5 / head.radius) & own
    walls = np.flatnonzero((labels == 2)[low])
    assert len(walls) == pytest.approx(2 * 6 * a_view.magnification / PIXEL, abs=3)
    between = (np.abs(down - 1.8) < 0.5 / head.radius) & own
    assert (medial[between & (labels == 2)] > -30 / RADIUS).all()


def test_no_bone_no_socket(an_anatomy, a_view):
    bones = an_anatomy.bones
    bare = Anatomy(
        an_anatomy.soft,
        Block(torch.cat([bones.values[:2], torch.full_like(bones.values[:1], -20), bones.values[3:]]), MIDDLE, SPACING),
        an_anatomy.heads,
    )
    socket = find_socket(bare, a_view, an_anatomy.heads["right"], 1)
    assert len(socket.outer) == len(ANGLES)
    assert np.isnan(socket.outer).all()
    assert len(socket.heights) == 0
    assert not np.isin(draw_labels(bare, a_view, cast(bare, a_view))[0], (3, 4, 5)).any()


def test_the_heads_of_both_sides_look_to_the_middle(an_anatomy, a_view):
    right, left = (film_head(an_anatomy.heads[s], s, a_view) for s in ("right", "left"))
    assert right.column < left.column
    assert (right.medial, left.medial) == (1, -1)


def test_on_a_film_bone_is_whiter_than_what_is_beside_it():
    soft = np.full((200, 200), 18.0)
    bone = np.zeros((200, 200))
    bone[80:120, 80:120] = 2.0
    for seed in range(12):
        picture, exposed = picture_of(np.random.default_rng(seed), soft, bone)
        assert exposed[30:170, 30:170].all()
        assert picture.min() == 0
        assert picture.max() == 255
        assert np.median(picture[90:110, 90:110]) > np.median(picture[40:60, 90:110])
