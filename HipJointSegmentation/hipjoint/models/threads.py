"""How many threads to compute with, where neither the user nor the run-time library knows better."""

from __future__ import annotations

import os
from math import ceil
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Physical cores this process may use on Linux, by its CPU affinity and its containers' quotas.

    0 on other systems and where Linux does not tell: the run-time libraries then take all physical cores themselves.
    """
    if not hasattr(os, "sched_getaffinity"):
        return 0
    cores = {_core(cpu) for cpu in os.sched_getaffinity(0)}
    return min([len(cores), *_quotas()])


def _core(cpu: int) -> str:
    """A name for the physical core of a logical processor: the list of the logical ones that share it."""
    siblings = _CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    return siblings.read_text().strip() if siblings.is_file() else str(cpu)


def _quotas() -> list[int]:
    """Whole cores that the control groups (version 2) round this process allow, one number a group that has a limit."""
    if not _OWN_CGROUP.is_file():
        return []
    own = next((line[4:] for line in _OWN_CGROUP.read_text().splitlines() if line.startswith("0::/")), "")
    group = _CGROUPS / own
    limits = [folder / "cpu.max" for folder in (group, *group.parents) if folder.is_relative_to(_CGROUPS)]
    pairs = [limit.read_text().split() for limit in limits if limit.is_file()]
    return [max(1, ceil(int(quota) / int(period))) for quota, period in pairs if quota != "max"]
