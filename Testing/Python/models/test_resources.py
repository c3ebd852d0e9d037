from __future__ import annotations

from pathlib import Path

import pytest

from hipjoint import resources
from hipjoint.errors import InputError, ModelError


@pytest.fixture
def a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package installed somewhere, without its resources."""
    package = tmp_path / "root" / "HipJointSegmentation" / "hipjoint"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    monkeypatch.delenv("HIPJOINT_RESOURCES", raising=False)
    return package


def put(root: Path) -> Path:
    for name in ("Models/models.json", "SampleData/hip_ct.nii.gz"):
        (root / name).parent.mkdir(parents=True)
        (root / name).touch()
    return root


def test_the_checkout_has_the_sample_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HIPJOINT_RESOURCES", raising=False)
    assert resources.sample_path().is_file()


@pytest.mark.parametrize("place", ["_resources", "../Resources", "../../Resources"])
def test_resources_are_found_in_each_kind_of_installation(a_package: Path, place: str) -> None:
    root = put(a_package / place)
    assert resources.models_dir().samefile(root / "Models")
    assert resources.sample_path().samefile(root / "SampleData" / "hip_ct.nii.gz")


def test_a_folder_of_the_same_name_without_the_file_is_passed_over(a_package: Path) -> None:
    (a_package / "../Resources/Models").mkdir(parents=True)
    root = put(a_package / "../../Resources")
    assert resources.models_dir().samefile(root / "Models")


def test_the_folder_the_user_names_comes_first(
    a_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(a_package / "_resources")
    monkeypatch.setenv("HIPJOINT_RESOURCES", str(put(tmp_path / "mine")))
    assert resources.models_dir() == tmp_path / "mine" / "Models"


def test_a_slip_in_the_folder_the_user_names_is_told(
    a_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(a_package / "_resources")
    monkeypatch.setenv("HIPJOINT_RESOURCES", str(tmp_path / "mien"))
    with pytest.raises(ModelError, match=r"mien.*HIPJOINT_RESOURCES"):
        resources.models_dir()


def test_missing_resources_are_one_sentence_with_the_remedy(a_package: Path) -> None:
    with pytest.raises(ModelError, match=r"^The trained models were not found in .* install hipjoint again .*\.$"):
        resources.models_dir()
    with pytest.raises(InputError, match=r"^The sample scan was not found in .*\.$"):
        resources.sample_path()
