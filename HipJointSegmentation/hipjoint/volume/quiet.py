"""Keeps the C++ libraries from writing to standard error: what they find, we say ourselves in one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import SimpleITK as sitk

STANDARD_ERROR = 2


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Within this, ITK does not warn and nothing reaches the process's standard error.

    ITK's own switch does not reach MetaIO and GDCM, which write there directly; so the file descriptor is turned away.
    """
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    kept = os.dup(STANDARD_ERROR)
    try:
        _point_to(os.open(os.devnull, os.O_WRONLY))
        yield
    finally:
        _point_to(kept)


def _point_to(descriptor: int) -> None:
    os.dup2(descriptor, STANDARD_ERROR)
    os.close(descriptor)
