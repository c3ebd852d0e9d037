"""The two networks of a task, opened, and what a run says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hipjoint.models import Backend, ModelEntry, find_model, open_backend
from hipjoint.progress import Progress

ROLES = ("coarse", "fine")


@dataclass(frozen=True)
class Network:
    """A model's entry in the manifest and the back end that runs it."""

    entry: ModelEntry
    backend: Backend


def open_networks(
    task: str, device: str, threads: int | None, progress: Progress, models_dir: Path | None
) -> dict[str, Network]:
    """The networks of a ``task`` by role. Raises ModelError if a model is missing or damaged."""
    # All are looked for before the first is opened: a damaged one is told at once.
    entries = {role: find_model(task, role, models_dir) for role in ROLES}
    return {role: Network(e, open_backend(e.path, device, threads, progress.note)) for role, e in entries.items()}


def network_facts(networks: Mapping[str, Network]) -> dict[str, object]:
    """Device, back ends and models, as the run manifest holds them."""
    entries = {role: network.entry for role, network in networks.items()}
    return {
        "device": networks["fine"].backend.name,
        "backend": {role: network.backend.info for role, network in networks.items()},
        "models": {role: {"name": e.name, "version": e.version, "sha256": e.sha256} for role, e in entries.items()},
    }
