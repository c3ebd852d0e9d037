"""The facts of a run as rows of words for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def fact_rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of what the report says about the run; ``facts`` are those of the run manifest."""
    grid = facts["input"]
    rows = [
        ("Program", f"hipjoint {facts['version']}, task {facts['task']}"),
        ("Finished", facts["finished"].replace("T", " ").replace("+00:00", " UTC")),
        ("Scan", f"{_times(grid['size'])} voxels of {_times([f'{step:.3g}' for step in grid['spacing_mm']])} mm"),
        ("Computed by", facts.get("device", "")),
        ("Models", "; ".join(_model(model) for model in facts.get("models", {}).values())),
        ("Time", ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in facts.get("seconds", {}).items())),
    ]
    return [(name, value) for name, value in rows if value]


def _times(numbers: Sequence[Any]) -> str:
    return " × ".join(str(number) for number in numbers)


def _model(model: Mapping[str, Any]) -> str:
    return f"{model['name']} {model['version']} (SHA-256 {model['sha256'][:12]}…)"
