"""Translation: the bed speaks English, and remembers what went through ``tr``."""

from __future__ import annotations

translated: set[str] = set()


def tr(text: str) -> str:
    translated.add(text)
    return text


translate = lambda context, text: tr(text)  # noqa: E731
