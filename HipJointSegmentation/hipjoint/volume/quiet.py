"""Keeps the libraries quiet: what they find, we say ourselves in one sentence and without patient data."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import SimpleITK as sitk

STANDARD_ERROR = 2


@contextmanager
def quiet_itk() -> Iterator[None]:
    """Within this, ITK does not warn and nothing reaches the process's standard error.

    ITK's own switch does not reach MetaIO and GDCM, which write there directly; so the file descriptor is turned away.
    """
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        kept = os.dup(STANDARD_ERROR)
    except OSError:  # a program without a console may have none
        yield
        return
    try:
        _point_to(os.open(os.devnull, os.O_WRONLY))
        yield
    finally:
        _point_to(kept)


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Within this, pydicom neither warns nor logs: it quotes values that break the standard, of the patient too."""
    log = logging.getLogger("pydicom")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        was_disabled, log.disabled = log.disabled, True
        try:
            yield
        finally:
            log.disabled = was_disabled


def _point_to(descriptor: int) -> None:
    os.dup2(descriptor, STANDARD_ERROR)
    os.close(descriptor)
