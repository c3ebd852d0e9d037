"""Where the trained models and the sample scan are: they live outside the package in a checkout and in Slicer."""

from __future__ import annotations

import os
from pathlib import Path

from hipjoint.errors import InputError, ModelError

_PACKAGE = Path(__file__).resolve().parent


def models_dir() -> Path:
    """Folder with ``models.json`` and the model files; raises ``ModelError`` if there is none."""
    found = _find(Path("Models", "models.json"))
    if found is None:
        raise ModelError(f"The trained models were not found in {_places()}: {_REMEDY}.")
    return found.parent


def sample_path() -> Path:
    """The real CT scan that comes with the program; raises ``InputError`` if it is missing."""
    found = _find(Path("SampleData", "hip_ct.nii.gz"))
    if found is None:
        raise InputError(f"The sample scan was not found in {_places()}: {_REMEDY}.")
    return found


_REMEDY = "install hipjoint again or set HIPJOINT_RESOURCES to the folder that holds Models and SampleData"


def _roots() -> list[Path]:
    """A folder named by the user is the only one looked into, so that a slip in it does not go unnoticed."""
    named = os.environ.get("HIPJOINT_RESOURCES")
    if named:
        return [Path(named)]
    # Installed with pip, beside the package as in Slicer, and at the root of a checkout.
    return [_PACKAGE / "_resources", _PACKAGE.parent / "Resources", _PACKAGE.parent.parent / "Resources"]


def _places() -> str:
    return " or ".join(str(root) for root in _roots())


def _find(name: Path) -> Path | None:
    return next((root / name for root in _roots() if (root / name).is_file()), None)
