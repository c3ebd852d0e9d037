"""The tasks there are: the one list that the command line, the report and Slicer read. No heavy imports."""

from __future__ import annotations

from dataclasses import dataclass

from hipjoint.labels import FEMUR_COMPARTMENTS, HIP_CT, HIP_RADIOGRAPH, ONFH, Label


@dataclass(frozen=True)
class TaskInfo:
    """``name`` on the command line, ``title`` and ``description`` for people, the module with ``run``, its labels.

    ``modality`` is the kind of scan it needs, as DICOM calls it; ``results_module`` has the ``write_results`` that
    writes what it found.
    """

    name: str
    title: str
    description: str
    module_name: str
    labels: tuple[Label, ...]
    modality: str = "CT"
    results_module: str = "hipjoint.output.write"


TASKS: dict[str, TaskInfo] = {
    task.name: task
    for task in (
        TaskInfo(
            name="hip-ct",
            title="Bones of the hip in CT",
            description="Right and left femur, right and left hip bone and sacrum in a CT of the pelvis or one hip.",
            module_name="hipjoint.tasks.hip_ct",
            labels=HIP_CT,
        ),
        TaskInfo(
            name="femur-compartments",
            title="Cortical and trabecular bone of the femur in CT",
            description="Cortical and trabecular bone of both femora in a CT, and how thick the cortex is.",
            module_name="hipjoint.tasks.femur_compartments",
            labels=FEMUR_COMPARTMENTS,
            results_module="hipjoint.output.compartments",
        ),
        TaskInfo(
            name="onfh-mri",
            title="Osteonecrosis of the femoral head in MRI",
            description="Right and left femoral head and the necrotic lesions in them in an MRI of one or both hips.",
            module_name="hipjoint.tasks.onfh_mri",
            labels=ONFH,
            modality="MR",
            results_module="hipjoint.output.onfh_results",
        ),
        TaskInfo(
            name="hip-radiograph",
            title="Hips on an AP radiograph",
            description="Femur, teardrop, joint space and hip bone of one or both hips on an AP radiograph, measured.",
            module_name="hipjoint.tasks.hip_radiograph",
            labels=HIP_RADIOGRAPH,
            modality="DX",
            results_module="hipjoint.output.film_results",
        ),
    )
}
