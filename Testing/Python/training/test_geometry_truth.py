"""The truth that the hip's geometry is measured against: exact shapes, known heads, patients that are kept."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from hipjoint.labels import HIP_CT
from hipjoint.measure.landmarks import SIDES
from Training.evaluate import geometry_patients
from Training.evaluate.geometry_patients import patient
from Training.evaluate.geometry_truth import cured, exact_bones, places_in_femur, sphere_through
from Training.simulate.noise import Dice
from Training.simulate.scene import Scene, depths, draw_scene

SPACING = 3.0


@pytest.fixture
def a_scene(a_pelvis_of_balls, a_ball_femur) -> Scene:
    return draw_scene(Dice(5), a_pelvis_of_balls, {"right": a_ball_femur, "left": a_ball_femur})


def test_the_surface_of_an_exact_bone_has_no_steps():
    z, y, x = np.meshgrid(*[np.arange(-40.0, 41.0)] * 3, indexing="ij")
    image = sitk.GetImageFromArray((25.0 - np.sqrt(x**2 + y**2 + z**2)).astype(np.float32))
    image.SetOrigin((-40.0, -40.0, -40.0))
    bone = exact_bones({"femur_right": image})["femur_right"]
    for surface in (bone.coarse, bone.surface(np.zeros(3), 35.0)):
        assert np.linalg.norm(surface.points, axis=1) == pytest.approx(25.0, abs=0.03)
    assert bone.label is HIP_CT[0]
    assert not len(bone.cut)


def test_a_sphere_through_points_is_theirs():
    way = np.random.default_rng(0).standard_normal((200, 3))
    points = np.array([3.0, -4.0, 12.0]) + 23.0 * way / np.linalg.norm(way, axis=1, keepdims=True)
    found = sphere_through(points)
    assert found.centre == pytest.approx([3.0, -4.0, 12.0])
    assert found.radius == pytest.approx(23.0)


def test_a_cured_patient_has_no_disease_and_bones_that_do_not_wear_each_other_off(a_scene):
    pose = replace(a_scene.poses["right"], flattening=6.0, cam=4.0, gap=4.0)
    sick = replace(a_scene, poses={**a_scene.poses, "right": pose})
    place = torch.tensor(sick.pelvis.acetabula["right"][:3], dtype=torch.float32)
    world = sick.to_world(place) + torch.randn(4000, 3, generator=torch.Generator().manual_seed(1)) * 20
    still, even = torch.zeros(len(world)), torch.ones(len(world))
    before, after = (depths(each, world, still, even).bone["femur_right"] for each in (sick, cured(sick)))
    assert (after > before + 1.0).any()
    assert cured(sick).spurs == {side: [] for side in SIDES}


def test_a_patient_is_simulated_once_and_its_heads_are_those_of_the_library(a_scene, tmp_path, monkeypatch):
    made = []

    def draw(dice, library, part, *, coarse):
        made.append(part)
        return SimpleNamespace(scene=a_scene)

    monkeypatch.setattr(geometry_patients, "draw_patient", draw)
    first, again = (patient(7, Path("none"), "test", tmp_path, spacing=SPACING, rough=0.4) for _ in range(2))
    assert made == ["test"]
    labels = sitk.GetArrayFromImage(first.labels)
    assert (sitk.GetArrayFromImage(again.labels) == labels).all()
    assert {1, 2, 3, 4} <= set(np.unique(labels).tolist())
    assert first.shapes == (a_scene.pelvis.name, "femur_ball", "femur_ball")
    for side in SIDES:
        head, scale = first.heads[side], a_scene.poses[side].scale * a_scene.size
        # The smooth deformation of the scene moves the middle of a ball and changes its size a little.
        assert np.linalg.norm(places_in_femur(a_scene, side, head.points)[0]) < 1.5
        assert head.radius == pytest.approx(24.0 * scale, rel=0.05)
        exact = first.sound[f"femur_{side}"]
        deep = exact.GetPixel(exact.TransformPhysicalPointToIndex(head.point.tolist()))
        assert deep == pytest.approx(geometry_patients.DEPTH_MM, abs=0.01)
