"""The hip's geometry as text and back: landmarks, as found or as a person moved them, and values.

The text is a part of ``geometry.json``, so what ``hipjoint measure`` wrote can be read, edited and given to it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.measure.geometry import MEASURES, GeometryValue
from hipjoint.measure.landmarks import BY_NAME, Landmark, Landmarks
from hipjoint.measure.value import Definition, Quality, Value
from hipjoint.strict import Strict, first_problem
from hipjoint.volume.problem import unreadable

_SCHEMA = 1


class LandmarkRecord(Strict):
    """A landmark as ``Landmark.record`` writes it; title and kind are for people and follow from the name."""

    name: str
    side: Side
    title: str = ""
    kind: str = ""
    points_lps_mm: tuple[tuple[float, float, float], ...]
    radius_mm: float = Field(default=0.0, ge=0.0)
    residual_mm: float = Field(default=0.0, ge=0.0)
    quality: Quality
    reason: str = ""
    edited: bool = False

    def landmark(self) -> Landmark:
        """The landmark. Raises ``ValueError`` if there is none of that name, or with that many points."""
        kind = BY_NAME.get(self.name)
        if kind is None:
            raise ValueError(f"there is no landmark {self.name!r}")
        points = np.array(self.points_lps_mm, dtype=np.float64).reshape(-1, 3)
        wanted = {"point": (1, 1), "sphere": (1, 1), "line": (2, 2), "curve": (3, 10_000)}[kind.kind]
        if len(points) and not wanted[0] <= len(points) <= wanted[1]:
            raise ValueError(f"{self.name!r} has {len(points)} points")
        if len(points) and kind.kind == "sphere" and self.radius_mm == 0:
            raise ValueError(f"{self.name!r} has no radius_mm")
        return Landmark(
            kind, self.side, points, self.radius_mm, self.residual_mm, self.quality, self.reason, self.edited
        )


class ValueRecord(BaseModel):
    """What is needed of a value of ``geometry.json``: its definition stands in the table of measures."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    side: Side | None
    number: float | None
    text: str
    quality: Quality
    reason: str = ""


class GeometryText(BaseModel):
    """The parts of ``geometry.json`` that are read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_number: Literal[1] = Field(default=1, alias="schema")
    landmarks: dict[str, LandmarkRecord]
    values: tuple[ValueRecord, ...] = ()


def text_of(landmarks: Landmarks, values: Iterable[GeometryValue]) -> str:
    """Landmarks and values as JSON; ``landmarks_in`` and ``values_in`` read it."""
    shown = [_record(each) for each in values]
    table = {"schema": _SCHEMA, "landmarks": {key: each.record() for key, each in landmarks.items()}, "values": shown}
    return json.dumps(table, ensure_ascii=False)


def parsed(text: str, shown: str | Path) -> GeometryText:
    """A JSON text that the user knows as ``shown``; raises ``InputError``."""
    try:
        return GeometryText.model_validate_json(text)
    except ValidationError as error:
        reason = first_problem(error)
        raise InputError(f"{shown} holds no geometry of a hip ({reason}): give a geometry.json.") from error


def landmarks_in(found: GeometryText, shown: str | Path) -> dict[str, Landmark]:
    """The landmarks by their key; raises ``InputError`` about one that cannot be."""
    try:
        made = [record.landmark() for record in found.landmarks.values()]
    except ValueError as error:
        raise InputError(f"{shown} holds a landmark that cannot be used ({error}): correct it.") from error
    return {each.key: each for each in made}


def values_in(found: GeometryText, shown: str | Path) -> tuple[GeometryValue, ...]:
    """The values, one of every measure and side; raises ``InputError`` if another version wrote other measures."""
    table = {(record.name, record.side): record for record in found.values}
    sides: dict[bool, tuple[Side | None, ...]] = {True: ("right", "left"), False: (None,)}
    places = [(measure, side) for measure in MEASURES for side in sides[measure.sided]]
    if {(measure.definition.name, side) for measure, side in places} != set(table):
        raise InputError(f"{shown} holds the values of another version of this program: measure again.")
    return tuple(
        GeometryValue(value_in(measure.definition, table[measure.definition.name, side]), measure.keys(side or "right"))
        for measure, side in places
    )


def edited_landmarks(path: Path) -> dict[str, Landmark]:
    """The landmarks of a geometry.json that a person moved; raises ``InputError`` if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: give a geometry.json.") from error
    moved = {key: each for key, each in landmarks_in(parsed(text, path), path).items() if each.edited and each.found}
    if not moved:
        raise InputError(f'{path} holds no landmark that was moved: mark those that you moved with "edited": true.')
    return moved


def is_edited(value: GeometryValue, landmarks: Mapping[str, Landmark]) -> bool:
    """Whether a value was computed from a landmark, or is of an implant, that a person moved."""
    return value.by_hand or any(landmarks[key].edited for key in value.landmarks)


def _record(each: GeometryValue) -> dict[str, Any]:
    wanted = ValueRecord.model_fields
    return {"side": each.value.side} | {name: x for name, x in each.value.record().items() if name in wanted}


def value_in(definition: Definition, record: ValueRecord) -> Value:
    """The value; where its number was rounded for the file, the one of the text counts, which people have seen."""
    number, words = record.number, ""
    if number is not None and f"{number:.{definition.digits}f} {definition.unit}".strip() != record.text:
        shown = _number(record.text.removesuffix(definition.unit))
        number, words = (number, record.text) if shown is None else (shown, "")
    return Value(definition, record.side, number, record.quality, record.reason, words)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
