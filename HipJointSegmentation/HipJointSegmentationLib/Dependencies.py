"""The Python packages that the engine needs, installed when they are first wanted and with one question."""

import importlib.metadata
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from hipjoint.errors import HipJointError

_REQUESTER = "HipJointSegmentation"


class Dependencies:
    """The packages of a requirements file."""

    def __init__(self, path):
        self._path = Path(path)

    def missing(self):
        """Requirements, as text, that the installed packages do not meet; asks no network."""
        # Comes with pip in every Slicer; wanted only here.
        from packaging.requirements import Requirement

        lines = self._path.read_text(encoding="utf-8").splitlines()
        wanted = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
        return [str(one).partition(";")[0].strip() for one in wanted if _applies(one) and not _met(one)]

    def ensure(self):
        """Install what is missing if the user agrees. Raises ``HipJointError`` if something is still missing then."""
        missing = self.missing()
        if missing and not slicer.app.testingEnabled():
            self._install(missing)
            missing = self.missing()
        if missing:
            raise HipJointError(
                _("These Python packages are needed and missing: {names}.").format(names=", ".join(missing))
            )

    def _install(self, missing):
        try:
            from slicer.packaging import load_requirements, pip_ensure  # since Slicer 5.12
        except ImportError:
            self._installWithoutHelp(missing)
            return
        pip_ensure(load_requirements(str(self._path)), requester=_REQUESTER)

    def _installWithoutHelp(self, missing):
        question = _(
            "To segment, these Python packages must be downloaded and installed once:\n\n{names}\n\nInstall them?"
        )
        if slicer.util.confirmOkCancelDisplay(question.format(names="\n".join(missing))):
            slicer.util.pip_install(missing)


def _applies(requirement):
    return requirement.marker is None or requirement.marker.evaluate()


def _met(requirement):
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        # The variant for graphics cards is another package with the same content.
        return requirement.name == "onnxruntime" and _hasGpuVariant()
    return requirement.specifier.contains(version, prereleases=True)


def _hasGpuVariant():
    return bool(list(importlib.metadata.distributions(name="onnxruntime-gpu")))
