"""What the user chose last, for the next session."""

import slicer

_GROUP = "HipJointSegmentation"


def remembered(name, default):
    """The text that was remembered last under ``name``."""
    return slicer.app.userSettings().value(f"{_GROUP}/{name}", default)


def remember(name, text):
    """Keep ``text`` for the next session."""
    slicer.app.userSettings().setValue(f"{_GROUP}/{name}", text)
