"""The truth that the hip's geometry is measured against goes where the simulated bones go."""

import numpy as np
import torch

from hipjoint.measure.landmarks import HEAD, RIM, placed
from Training.evaluate.geometry import carried, femur_to_world, on_sphere, pelvis_to_world, sphere_through
from Training.simulate.femur import femur_distance
from Training.simulate.noise import Dice
from Training.simulate.scene import draw_scene


def test_places_of_pelvis_and_femur_are_found_again_in_the_world(a_pelvis_of_balls, a_ball_femur):
    scene = draw_scene(Dice(5), a_pelvis_of_balls, {"right": a_ball_femur, "left": a_ball_femur})
    places = np.random.default_rng(0).uniform(-90, 90, (50, 3))
    world = torch.tensor(pelvis_to_world(scene, places), dtype=torch.float32)
    assert np.abs(scene.to_pelvis(world).numpy() - places).max() < 0.02
    own = np.array([[0.0, 0, 0], [15.0, -8, 12], [-30.0, 0, -25], [-32.0, 2, -80]])
    for side, sign in (("right", 1.0), ("left", -1.0)):
        world = torch.tensor(femur_to_world(scene, side, own), dtype=torch.float32)
        cup = torch.tensor(scene.pelvis.acetabula[side][:3], dtype=torch.float32)
        relative = (scene.to_pelvis(world) - cup) * torch.tensor([sign, 1.0, 1.0])
        _, here = femur_distance(relative, a_ball_femur, scene.poses[side])
        assert np.abs(here.numpy() - own).max() < 0.05


def test_a_carried_sphere_is_the_one_through_its_carried_points():
    sphere = placed(HEAD, "right", np.array([1.0, 2.0, 3.0]), radius=24.0)
    found = carried(sphere, "left", lambda places: 1.1 * places * (-1, 1, 1) + [5.0, 0, 0])
    assert np.allclose(found.point, [3.9, 2.2, 3.3], atol=1e-6)
    assert np.isclose(found.radius, 26.4)
    assert np.isclose(sphere_through(on_sphere(sphere))["radius"], 24.0)


def test_a_mirrored_rim_still_runs_round_its_opening():
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = placed(RIM, "right", *np.column_stack([np.zeros(24), np.cos(turn), np.sin(turn)]))
    found = carried(rim, "left", lambda places: places * (-1, 1, 1))
    assert np.cross(found.points, np.roll(found.points, -1, axis=0)).sum(axis=0)[0] < 0
