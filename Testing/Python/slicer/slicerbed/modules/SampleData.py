"""Stand-in for Slicer's Sample Data module: remembers what was registered."""

from __future__ import annotations

from typing import Any

registered: list[dict[str, Any]] = []


class SampleDataLogic:
    @staticmethod
    def registerCustomSampleDataSource(**source: Any) -> None:
        registered.append(source)
