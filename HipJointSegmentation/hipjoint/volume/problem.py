"""Why a scan cannot be used, in words that the sentences to the user are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hipjoint.errors import InputError


@dataclass(frozen=True)
class Problem:
    """``reason`` goes on from the name of the scan ("is in colour"), ``remedy`` says what to do ("give the CT")."""

    reason: str
    remedy: str

    def error(self, shown: str | Path) -> InputError:
        """The sentence about the scan that the user knows as ``shown``."""
        return InputError(f"{shown} {self.reason}: {self.remedy}.")


def unreadable(path: Path, error: OSError) -> InputError:
    """The sentence about a file or folder that the system does not let us open."""
    return Problem(f"cannot be opened ({error.strerror})", "check the name and your rights to read it").error(path)
