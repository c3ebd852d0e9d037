"""The tasks there are: the one list that the command line, the report and Slicer read. No heavy imports."""

from __future__ import annotations

from dataclasses import dataclass

from hipjoint.labels import HIP_CT, Label


@dataclass(frozen=True)
class TaskInfo:
    """``name`` on the command line, ``title`` and ``description`` for people, the module with ``run``, its labels."""

    name: str
    title: str
    description: str
    module_name: str
    labels: tuple[Label, ...]


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
    )
}
