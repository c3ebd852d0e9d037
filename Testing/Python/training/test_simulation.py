"""The simulator's geometry is exact, its patients are what was asked for, and what is held out stays out."""

import math

import numpy as np
import torch
import vtk
from vtk.util import numpy_support

from Training.simulate import library
from Training.simulate.bone import draw_tissue
from Training.simulate.ct import Patient, draw_patch, grid
from Training.simulate.edge import Kernel, half_maximum_depth, phi
from Training.simulate.noise import Dice
from Training.simulate.scanner import draw_scanner
from Training.simulate.scene import depths, draw_scene
from Training.simulate.sdf import mesh_sdf
from Training.simulate.soft_tissue import draw_body
from Training.simulate.spheres import find_sphere, vertex_normals
from Training.simulate.spine import disc_distance, draw_vertebrae, vertebra_distance


def _sphere_mesh(radius):
    source = vtk.vtkSphereSource()
    source.SetRadius(radius)
    source.SetThetaResolution(60)
    source.SetPhiResolution(60)
    source.Update()
    mesh = source.GetOutput()
    faces = numpy_support.vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return numpy_support.vtk_to_numpy(mesh.GetPoints().GetData()).astype(float), faces


def test_the_distance_field_of_a_sphere_is_exact_to_a_tenth_of_a_millimetre():
    field = mesh_sdf(*_sphere_mesh(20.0))
    directions = torch.nn.functional.normalize(torch.randn(500, 3, generator=torch.Generator().manual_seed(1)), dim=1)
    for depth in (-4.0, -1.0, 0.0, 1.0, 4.0):
        measured = field.sample(directions * (20 + depth))
        assert float((measured - depth).abs().max()) < 0.12


def test_a_field_asked_beyond_its_grid_says_far_away():
    field = mesh_sdf(*_sphere_mesh(20.0))
    assert float(field.sample(torch.tensor([[200.0, 0.0, 0.0]]))) > 100


def test_the_sphere_of_a_ball_is_found():
    vertices, faces = _sphere_mesh(23.0)
    vertices = vertices + np.array([5.0, -7.0, 11.0])
    found = find_sphere(vertices, vertex_normals(vertices, faces), concave=False)
    assert np.allclose(found.centre, [5, -7, 11], atol=0.1)
    assert abs(found.radius - 23) < 0.1


def test_the_half_maximum_of_a_blurred_shell_is_where_the_table_says():
    x = torch.linspace(-5, 15, 20001)
    soft, cortex, marrow, blur = 40.0, 1200.0, 150.0, 0.7
    for thickness in (0.3, 0.8, 2.0, 5.0):
        profile = soft + (cortex - soft) * phi(x / blur) - (cortex - marrow) * phi((x - thickness) / blur)
        peak = profile[x < thickness + 2 * blur].max()
        edge = x[(profile >= (soft + peak) / 2).float().argmax()]
        ratio = torch.tensor([(marrow - soft) / (cortex - soft)])
        assert abs(float(half_maximum_depth(torch.tensor([thickness]), blur, ratio)) - float(edge)) < 0.05


def test_a_thin_cortex_looks_bigger_than_it_is_and_a_thick_one_does_not():
    thin, thick = half_maximum_depth(torch.tensor([0.2, 6.0]), 0.7, torch.tensor([0.1, 0.1]))
    assert thin < -0.3
    assert abs(thick) < 0.05


def test_under_a_sharpened_kernel_a_thin_cortex_looks_less_wide():
    x, blur, thickness = torch.linspace(-5, 15, 20001), 0.7, 0.8
    kernel = Kernel(0.9, 1.5)
    plain, sharp = (half_maximum_depth(torch.tensor([thickness]), blur, torch.zeros(1), k) for k in (Kernel(), kernel))
    profile = 1.9 * (phi(x / blur) - phi((x - thickness) / blur))
    profile -= 0.9 * (phi(x / blur / 1.5) - phi((x - thickness) / blur / 1.5))
    assert abs(float(sharp) - float(x[(profile >= profile.max() / 2).float().argmax()])) < 0.02
    assert float(plain) < float(sharp) - 0.03


def test_no_femur_comes_nearer_to_its_socket_than_the_joint_gap(a_pelvis_of_balls, a_ball_femur):
    for seed in range(4):
        dice = Dice(seed)
        scene = draw_scene(dice, a_pelvis_of_balls, {"right": a_ball_femur, "left": a_ball_femur})
        cup = scene.to_world(torch.tensor(a_pelvis_of_balls.acetabula["right"][:3], dtype=torch.float32))
        world = grid(cup, (48, 48, 48), 1.0).reshape(-1, 3)
        still = torch.zeros(len(world))
        found = depths(scene, world, still, still + 1)
        inside = found.bone["femur_right"] > 0
        assert inside.any()
        nearest = -found.bone["hip_right"][inside].max()
        assert nearest >= scene.poses["right"].gap * scene.size - 0.02


def test_the_same_seed_gives_the_same_scan_and_another_seed_another(a_pelvis_of_balls, a_ball_femur):
    def image(seed):
        dice = Dice(seed)
        scene = draw_scene(dice, a_pelvis_of_balls, {"right": a_ball_femur, "left": a_ball_femur})
        patient = Patient(scene, draw_body(dice, scene.size), draw_tissue(dice), None)
        return draw_patch(
            dice, patient, draw_scanner(dice, coarse=False), torch.tensor([-60.0, 0, 0]), (24, 24, 24), 1.5
        ).image

    assert torch.equal(image(3), image(3))
    assert not torch.equal(image(3), image(4))


def test_a_prosthesis_is_brighter_than_bone_and_is_not_labelled_as_bone(a_pelvis_of_balls, a_ball_femur):
    dice = Dice(11)
    scene = draw_scene(dice, a_pelvis_of_balls, {"right": a_ball_femur, "left": a_ball_femur})
    patient = Patient(scene, draw_body(dice, scene.size), draw_tissue(dice), "right")
    cup = scene.to_world(torch.tensor(a_pelvis_of_balls.acetabula["right"][:3], dtype=torch.float32))
    patch = draw_patch(dice, patient, draw_scanner(dice, coarse=False), cup, (48, 48, 48), 1.5)
    metal = patch.image > 2300
    assert metal.sum() > 500
    # The blur of a thick slice lets a few voxels at the rim be both.
    assert (patch.depth[0][metal] > 0).float().mean() < 0.15


def _tilted_block(lean_deg):
    """A block of 60 x 50 x 40 mm whose top leans forward; vertices (N, 3) and triangles."""
    cube = vtk.vtkCubeSource()
    cube.SetXLength(60)
    cube.SetYLength(50)
    cube.SetZLength(40)
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(cube.GetOutputPort())
    finer = vtk.vtkLinearSubdivisionFilter()
    finer.SetNumberOfSubdivisions(4)
    finer.SetInputConnection(triangles.GetOutputPort())
    finer.Update()
    mesh = finer.GetOutput()
    faces = numpy_support.vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    vertices = numpy_support.vtk_to_numpy(mesh.GetPoints().GetData()).astype(float)
    c, s = math.cos(math.radians(lean_deg)), math.sin(math.radians(lean_deg))
    return vertices @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]]), faces


def test_the_endplate_of_a_sacrum_is_its_inclined_top():
    blocks, faces = zip(*(_tilted_block(lean) for lean in (30.0, 45.0)), strict=True)
    atlas = {"sacrum_vertices": np.stack(blocks), "sacrum_faces": faces[0]}
    for subject, lean in ((0, 30.0), (1, 45.0)):
        middle, upward = library.find_endplate(atlas, subject)
        top = np.array([0, -math.sin(math.radians(lean)), math.cos(math.radians(lean))])
        assert np.allclose(upward, top, atol=0.02)
        assert abs(middle @ top - 20) < 0.1


def test_the_lowest_vertebra_stands_on_the_endplate_with_a_disc_between():
    up = torch.tensor([0.0, -0.6, 0.8])
    for seed in range(8):
        lowest = draw_vertebrae(Dice(seed), torch.tensor([5.0, -20.0, 30.0]), up)[0]
        way = torch.linspace(0, 60, 601)[:, None]
        places = torch.tensor([5.0, -20.0, 30.0]) + way * up
        own = lowest.local(places)
        begins = float(way[(vertebra_distance(own, lowest) < 0).float().argmax()])
        assert lowest.disc - 1.5 < begins < lowest.disc + 4  # the endplate is hollow and the disc open in front
        between = lowest.local(places[(way[:, 0] - lowest.disc / 2).abs().argmin()][None])
        assert float(disc_distance(between, lowest)) < 0


def test_held_out_shapes_never_train(tmp_path):
    for i in range(40):
        (tmp_path / f"pelvis_{i:02d}").mkdir()
    for name in ("m3_l", "m3_r", "m4_l", "m4_r", "m8_l"):
        (tmp_path / f"femur_{name}").mkdir()
    for kind, held_out in (("pelvis", 8), ("femur", 2)):
        train, test = (set(library.names(tmp_path, kind, part)) for part in ("train", "test"))
        assert len(test) == held_out
        assert not train & test
        assert len(train | test) == len(list(tmp_path.glob(f"{kind}_*")))


def test_smooth_noise_has_about_unit_variance_at_any_wavelength():
    for wavelength in (3.0, 10.0, 40.0):
        fields = torch.stack([Dice(i).smooth((40, 40, 40), 1.0, wavelength) for i in range(12)])
        assert 0.5 < float(fields.std()) < 1.7, wavelength
        assert math.isfinite(float(fields.abs().max()))
