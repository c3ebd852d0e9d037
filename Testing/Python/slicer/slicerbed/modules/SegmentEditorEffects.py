"""Stand-in for the base class of scripted effects."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint


class AbstractScriptedSegmentEditorEffect:
    def __init__(self, scriptedEffect: Any) -> None:
        self.scriptedEffect = scriptedEffect

    def register(self) -> None:
        import qSlicerSegmentationsEditorEffectsPythonQt as effects

        effects.qSlicerSegmentEditorEffectFactory().instance().registerEffect(self.scriptedEffect)

    def xyToRas(self, xy: tuple[int, int], viewWidget: Any) -> list[float]:
        found = self.scriptedEffect.xyToRas(QPoint(*xy), viewWidget)
        return [found.x(), found.y(), found.z()]
