"""Set up and try HipJointSegmentation with nothing but Python 3.10, 3.11 or 3.12.

python start.py         installs the program and runs it on the bundled CT scan
python start.py test    installs what the tests need as well and runs all checks

Installs into the virtual environment that is active, else into ``.venv`` beside this file.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PYTHONS = ((3, 10), (3, 11), (3, 12))
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("pytest",),
)
# The 3D picture of the report needs OpenGL without a screen, the tests of the Slicer module need what Qt needs: shared
# library and Debian package.
SYSTEM_LIBRARIES = {
    "GL": "libgl1",
    "EGL": "libegl1",
    "EGL_mesa": "libegl-mesa0",
    "xkbcommon": "libxkbcommon0",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
}


def main(arguments: list[str]) -> int:
    """Run the demo or, with ``test``, all checks; return the exit code."""
    if sys.version_info[:2] not in PYTHONS:
        print(f"Python {sys.version.split()[0]} does not fit: run start.py with Python 3.10, 3.11 or 3.12.")
        return 2
    if arguments not in ([], ["test"]):
        print(__doc__)
        return 2
    python = environment()
    return check(python) if arguments else demo(python)


def demo(python: Path) -> int:
    """Install the program and run it on the bundled scan."""
    install(python, ".")
    return run(python, "-m", "hipjoint", "demo")


def check(python: Path) -> int:
    """Install everything the tests need and run all checks, also when an earlier one has failed."""
    provide_system_libraries()
    install(python, ".[test,train]")
    failed = [" ".join(command) for command in CHECKS if run(python, "-m", *command) != 0]
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def environment() -> Path:
    """The Python of the active virtual environment, else of ``.venv`` beside this file, which is made if need be."""
    if sys.prefix != sys.base_prefix:
        return Path(sys.executable)
    folder = ROOT / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print(f"Making a virtual environment in {folder}")
        try:
            venv.create(folder, with_pip=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(folder)
            sys.exit("Python's venv does not work here; on Debian or Ubuntu: apt-get install python3-venv")
    return python


def install(python: Path, what: str) -> None:
    """Install the checkout with pip; end with pip's exit code if that fails."""
    print("Installing, which takes some minutes the first time ...", flush=True)
    code = run(python, "-m", "pip", "install", "--quiet", what)
    if code != 0:
        sys.exit(code)


def provide_system_libraries() -> None:
    """On Linux install the missing system libraries, or say which they are."""
    if not sys.platform.startswith("linux"):
        return
    missing = [package for library, package in SYSTEM_LIBRARIES.items() if not ctypes.util.find_library(library)]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update"], check=False)
        subprocess.run(command, check=False)
    else:
        print(f"System libraries are missing; on Debian or Ubuntu: sudo {' '.join(command)}")


def run(python: Path, *arguments: str) -> int:
    """Run Python with ``arguments`` in the checkout and return the exit code."""
    process = subprocess.Popen([python, *arguments], cwd=ROOT)
    try:
        return process.wait()
    except KeyboardInterrupt:  # Ctrl-C reached the process too: let it clean up
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
