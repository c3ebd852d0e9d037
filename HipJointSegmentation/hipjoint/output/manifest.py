"""The run manifest (run.json): what made these results, from which geometry, and the checksums of the files."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from hipjoint import __version__
from hipjoint.output.folder import MANIFEST, PROGRAM
from hipjoint.volume import Volume

LIBRARIES = ("numpy", "scipy", "SimpleITK", "vtk", "onnxruntime", "openvino")


def manifest(task: str, volume: Volume | None, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a run without patient data: versions, time, geometry of ``volume`` (LPS mm) and the task's ``facts``.

    ``volume`` is None for a task whose input is not one scan. Neither the path nor the name of the input is in it: they
    often hold the name of a patient.
    """
    return {
        "program": PROGRAM,
        "version": __version__,
        "task": task,
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **_library_versions()},
        "machine": {"system": platform.system(), "processor": platform.machine()},
        **({} if volume is None else {"input": {**_geometry(volume.image), "notes": list(volume.notes)}}),
        **facts,
    }


def write_manifest(facts: Mapping[str, Any], folder: Path) -> None:
    """Write ``facts`` and the size and SHA-256 of every file in ``folder`` to its run.json."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    outputs = [_output(path, folder) for path in files]
    text = json.dumps({**facts, "outputs": outputs}, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _library_versions() -> dict[str, str]:
    installed = {name: [found.version for found in importlib.metadata.distributions(name=name)] for name in LIBRARIES}
    return {name: versions[0] for name, versions in installed.items() if versions}


def _geometry(image: sitk.Image) -> dict[str, Any]:
    return {
        "size": list(image.GetSize()),
        "spacing_mm": list(image.GetSpacing()),
        "origin_lps_mm": list(image.GetOrigin()),
        "direction": list(image.GetDirection()),
    }


def _output(path: Path, folder: Path) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": digest}
