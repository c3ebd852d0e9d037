"""Stand-in for the installer of Python packages that Slicer has since 5.12; it installs nothing."""

from __future__ import annotations

from pathlib import Path

asked: list[list[str]] = []


def load_requirements(path: str) -> list[str]:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def pip_ensure(requirements: list[str], requester: str = "") -> None:
    asked.append(requirements)
    del requester
