from __future__ import annotations

import os
from pathlib import Path

import pytest

from hipjoint.models import threads


@pytest.fixture
def a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Linux on two cores with two hyper-threads each, all free, no quotas."""
    for cpu, siblings in enumerate(("0,2", "1,3", "0,2", "1,3")):
        topology = tmp_path / "cpu" / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(siblings + "\n")
    (tmp_path / "cgroup/pod/job").mkdir(parents=True)
    (tmp_path / "own").write_text("1:cpu:/old\n0::/pod/job\n")
    monkeypatch.setattr(threads, "_CPUS", tmp_path / "cpu")
    monkeypatch.setattr(threads, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(threads, "_OWN_CGROUP", tmp_path / "own")
    bind(monkeypatch, {0, 1, 2, 3})
    return tmp_path


def bind(monkeypatch: pytest.MonkeyPatch, cpus: set[int]) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: cpus, raising=False)


def test_this_machine_has_a_number_of_cores_or_leaves_it_to_the_run_time() -> None:
    assert 0 <= threads.usable_cores() <= (os.cpu_count() or 1)


def test_hyper_threads_of_a_core_count_once(a_machine: Path) -> None:
    assert threads.usable_cores() == 2


def test_only_cores_the_process_may_run_on_count(a_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bind(monkeypatch, {1, 3})
    assert threads.usable_cores() == 1


QUOTAS = [("100000 100000", 1), ("110000 100000", 2), ("5000 100000", 1), ("max 100000", 2)]


@pytest.mark.parametrize(("quota", "cores"), QUOTAS)
@pytest.mark.parametrize("group", ["pod/job", "pod", "."])
def test_the_quota_of_a_container_limits_the_cores(a_machine: Path, group: str, quota: str, cores: int) -> None:
    (a_machine / "cgroup" / group / "cpu.max").write_text(quota + "\n")
    assert threads.usable_cores() == cores


def test_a_system_that_does_not_tell_leaves_it_to_the_run_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert threads.usable_cores() == 0
