"""How the command ends: well, or with one sentence and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import NoReturn

from hipjoint.errors import Cancelled, HipJointError

UNEXPECTED = 1


def end(action: Callable[[], None], failed: Callable[[str, int], None]) -> NoReturn:
    """Run ``action`` and end the process with its exit code; a request to end (SIGTERM) is as clean as Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(guarded(action, failed))


def guarded(action: Callable[[], None], failed: Callable[[str, int], None]) -> int:
    """Run ``action`` and return the exit code of the command; tell ``failed`` the sentence and code of a failure.

    An error of a kind that is not foreseen leaves its traceback in a file of the temporary folder.
    """
    try:
        action()
    except HipJointError as problem:
        return _report(failed, str(problem), problem.exit_code)
    except KeyboardInterrupt:
        return _report(failed, "Stopped: nothing was written.", Cancelled.exit_code)
    except Exception as problem:  # noqa: BLE001  (the last resort: whatever it is, it is logged)
        return _report(failed, _unexpected(problem), UNEXPECTED)
    return 0


def _report(failed: Callable[[str, int], None], sentence: str, code: int) -> int:
    failed(sentence, code)
    return code


def _unexpected(problem: Exception) -> str:
    handle, log = tempfile.mkstemp(prefix="hipjoint-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(traceback.format_exception(problem))
    return f"Something went wrong that was not foreseen ({type(problem).__name__}): the details are in {log}."
