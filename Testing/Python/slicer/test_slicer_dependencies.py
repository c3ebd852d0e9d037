from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from hipjoint.errors import HipJointError

ROOT = Path(__file__).resolve().parents[3]
# Slicer has these and must keep its own.
OF_SLICER = {"numpy", "scipy", "SimpleITK", "vtk"}


@pytest.fixture
def dependencies_of(slicer, tmp_path):
    from HipJointSegmentationLib.Dependencies import Dependencies

    def make(*lines: str) -> Dependencies:
        path = tmp_path / "requirements.txt"
        path.write_text("# needed\n" + "\n".join(lines))
        return Dependencies(path)

    return make


def test_what_is_asked_for_in_slicer_is_what_the_package_needs():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    needed = set(re.findall(r'"(.+?)",', block.group(1)))
    text = (ROOT / "HipJointSegmentation" / "Resources" / "requirements.txt").read_text(encoding="utf-8")
    asked = {line for line in text.splitlines() if not line.startswith("#")}
    assert asked == {line for line in needed if re.match(r"[\w-]+", line).group() not in OF_SLICER}


def test_nothing_is_missing_where_all_is_installed(dependencies_of):
    assert dependencies_of("pytest>=8", "no-such-package; sys_platform == 'plan9'").missing() == []


def test_a_missing_and_an_old_package_are_named(dependencies_of):
    assert dependencies_of("no-such-package>=2", "pytest>=999", "numpy").missing() == [
        "no-such-package>=2",
        "pytest>=999",
    ]


def test_nothing_is_installed_while_slicer_is_tested(dependencies_of, monkeypatch):
    from slicer import packaging

    monkeypatch.setattr(packaging, "asked", [])
    with pytest.raises(HipJointError, match="no-such-package"):
        dependencies_of("no-such-package").ensure()
    assert packaging.asked == []


def test_slicer_5_12_is_asked_to_install(slicer, dependencies_of, monkeypatch):
    from slicer import packaging

    monkeypatch.setattr(packaging, "asked", [])
    slicer.app.testing = False
    with pytest.raises(HipJointError, match="no-such-package"):
        dependencies_of("no-such-package").ensure()
    assert packaging.asked == [["no-such-package"]]


@pytest.mark.parametrize(("agreed", "installed"), [(True, [["no-such-package"]]), (False, [])])
def test_in_slicer_5_10_one_question_is_asked(slicer, dependencies_of, monkeypatch, agreed, installed):
    done, asked = [], []
    slicer.app.testing = False
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda text: asked.append(text) or agreed)
    monkeypatch.setattr(slicer.util, "pip_install", done.append)
    with pytest.raises(HipJointError, match="no-such-package"):
        dependencies_of("no-such-package").ensure()
    assert done == installed
    assert len(asked) == 1


def test_nobody_is_asked_where_nothing_is_missing(slicer, dependencies_of, monkeypatch):
    from slicer import packaging

    monkeypatch.setattr(packaging, "asked", [])
    slicer.app.testing = False
    dependencies_of("pytest").ensure()
    assert packaging.asked == []
