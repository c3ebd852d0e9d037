"""The errors a person can meet, each one sentence that says what is wrong and what to do."""

from __future__ import annotations


class HipJointError(Exception):
    """Base of all errors that are shown to the user as one sentence, without a traceback."""

    exit_code = 1


class InputError(HipJointError):
    """What was given cannot be used; the message names the file or the value, the reason and the remedy."""

    exit_code = 2


class ModelError(HipJointError):
    """A model file is missing, damaged or does not fit its manifest entry."""

    exit_code = 3


class Cancelled(HipJointError):
    """The user stopped the run; nothing was written."""

    exit_code = 130
