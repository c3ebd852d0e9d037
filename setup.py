"""Puts the models and the sample scan, which live at the root of the checkout, into the installed package."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

RESOURCES = ("Models", "SampleData")


class BuildWithResources(build_py):
    """Copies ``Resources`` into ``hipjoint/_resources`` of what is built."""

    def run(self) -> None:
        """Build into an empty folder: what an earlier build left there would be installed too."""
        package = Path(self.build_lib) / "hipjoint"
        if not self.editable_mode:
            shutil.rmtree(package, ignore_errors=True)
        super().run()
        if not self.editable_mode:
            for name in RESOURCES:
                shutil.copytree(Path("Resources") / name, package / "_resources" / name)


setup(cmdclass={"build_py": BuildWithResources})
