"""The colours of Slicer's light and dark themes, as far as a panel shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

# Window, background of lists and fields, text.
COLOURS = {"light": ("#f4f4f4", "#ffffff", "#101010"), "dark": ("#323232", "#232323", "#f0f0f0")}


@contextmanager
def in_palette(name: str) -> Iterator[tuple[QColor, QColor]]:
    """Show all windows in the colours of a theme; gives the colour of windows and that of text."""
    window, base, text = (QColor(colour) for colour in COLOURS[name])
    made, kept = QPalette(window), QApplication.palette()
    for role in (QPalette.ColorRole.Base, QPalette.ColorRole.AlternateBase):
        made.setColor(role, base)
    # What cannot be used keeps the grey that Qt has for it.
    for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            made.setColor(group, role, text)
    QApplication.setPalette(made)
    try:
        yield window, text
    finally:
        QApplication.setPalette(kept)
