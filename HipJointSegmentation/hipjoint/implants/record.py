"""Implants as text and back: the part ``implants`` of ``geometry.json``, and the canals in ``canals.json``.

What ``hipjoint measure --implants`` wrote can so be read, changed and given to it again, and kept with a scene.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from hipjoint.errors import InputError
from hipjoint.geometry_record import ValueRecord, value_in
from hipjoint.implants import ABOUT
from hipjoint.implants.canal import Canal
from hipjoint.implants.cup import cup_of
from hipjoint.implants.definitions import CUP_DEFINITIONS, STEM_DEFINITIONS
from hipjoint.implants.sizing import Implants, PlacedCup, PlacedStem
from hipjoint.implants.stem import stem_of
from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import TABLE
from hipjoint.strict import first_problem
from hipjoint.volume.problem import unreadable

# How far a pose may be from a rotation: it is written with five digits.
_ROUNDED = 1e-3
_DEFINITIONS = (*CUP_DEFINITIONS, *STEM_DEFINITIONS)
_Model = TypeVar("_Model", bound=BaseModel)
_Row = tuple[float, float, float, float]
_Vector = tuple[float, float, float]


class _Loose(BaseModel):
    """What is written for people beside the numbers is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class PlacedRecord(_Loose):
    """A pose in LPS mm, and whether a person placed it."""

    pose_lps_mm: tuple[_Row, _Row, _Row, _Row]
    edited: bool = False

    @field_validator("pose_lps_mm")
    @classmethod
    def _moves_and_turns(cls, rows: tuple[_Row, ...]) -> tuple[_Row, ...]:
        pose = np.array(rows)
        turn = pose[:3, :3]
        rigid = np.allclose(turn @ turn.T, np.eye(3), atol=_ROUNDED) and np.linalg.det(turn) > 0
        if not (np.isfinite(pose).all() and rigid and np.allclose(pose[3], [0, 0, 0, 1])):
            raise ValueError("is no matrix that moves and turns only")
        return rows

    @property
    def pose(self) -> Floats:
        """The pose (4, 4)."""
        return np.array(self.pose_lps_mm)


class CupRecord(PlacedRecord):
    """A cup as ``Implants.record`` writes it."""

    outer_diameter_mm: float
    angles_in: str


class StemRecord(PlacedRecord):
    """A stem as ``Implants.record`` writes it."""

    size: int
    doubt: str = ""


class SideRecord(_Loose):
    """The implants of a side."""

    cup: CupRecord | None
    stem: StemRecord | None
    absent: dict[str, str] = {}
    values: tuple[ValueRecord, ...]

    def implants(self, side: Side, canal: Canal | None) -> Implants:
        """The implants. Raises ``ValueError`` or ``InputError`` about what there is not."""
        table = {record.name: record for record in self.values}
        if set(table) != {each.name for each in _DEFINITIONS}:
            raise ValueError("the values are those of another version of this program")
        parts: dict[str, PlacedRecord | None] = {"cup": self.cup, "stem": self.stem}
        reasons = {name: self.absent.get(name, "It was left out.") for name, part in parts.items() if part is None}
        edited = tuple(name for name, part in parts.items() if part is not None and part.edited)
        cup = PlacedCup(cup_of(self.cup.outer_diameter_mm), self.cup.pose) if self.cup else None
        stem = PlacedStem(stem_of(self.stem.size), self.stem.pose, canal, self.stem.doubt) if self.stem else None
        values = tuple(value_in(each, table[each.name]) for each in _DEFINITIONS)
        frame = self.cup.angles_in if self.cup else TABLE.name
        return Implants(side, cup, stem, values, reasons, edited, frame, canal)


class _Sides(_Loose):
    right: SideRecord
    left: SideRecord


class _Whole(_Loose):
    implants: _Sides


class CanalRecord(_Loose):
    """A canal as ``canals_text`` writes it; null is a direction in which no cortex was met."""

    middle_lps_mm: _Vector
    up_lps: _Vector
    medial_lps: _Vector
    heights_mm: tuple[float, ...]
    radii_mm: tuple[tuple[float | None, ...], ...]

    def canal(self) -> Canal:
        """The canal. Raises ``ValueError`` if its rows are not of one length."""
        radii = np.array([[np.inf if each is None else each for each in row] for row in self.radii_mm], dtype=float)
        if radii.ndim != 2 or len(radii) != len(self.heights_mm) or len(radii) < 2:
            raise ValueError("the canal has rows of different lengths")
        middle, up, medial = (np.array(each) for each in (self.middle_lps_mm, self.up_lps, self.medial_lps))
        return Canal(middle, up, medial, np.array(self.heights_mm), radii)


class _Canals(_Loose):
    right: CanalRecord | None = None
    left: CanalRecord | None = None


def section(implants: Iterable[Implants]) -> dict[str, Any]:
    """The part ``implants`` of ``geometry.json``."""
    return {"about": ABOUT, **{each.side: each.record() for each in implants}}


def text_of(implants: Iterable[Implants]) -> str:
    """Both sides as JSON; ``implants_in`` reads it, without the canals."""
    return json.dumps({"implants": section(implants)}, ensure_ascii=False)


def canals_text(implants: Iterable[Implants]) -> str:
    """The canals of the sides that have one, as JSON; ``canals_in`` reads it."""
    return json.dumps({each.side: _canal_record(each.canal) for each in implants if each.canal is not None})


def _canal_record(canal: Canal) -> dict[str, Any]:
    radii = [[round(float(each), 3) if np.isfinite(each) else None for each in row] for row in canal.radii]
    return {
        "middle_lps_mm": [round(float(each), 4) for each in canal.middle],
        "up_lps": [round(float(each), 7) for each in canal.up],
        "medial_lps": [round(float(each), 7) for each in canal.medial],
        "heights_mm": [round(float(each), 3) for each in canal.heights],
        "radii_mm": radii,
    }


def canals_in(text: str, shown: str | Path) -> dict[Side, Canal]:
    """The canals of a text that the user knows as ``shown``; raises ``InputError``."""
    found = _parsed(_Canals, text, shown)
    try:
        sides: dict[Side, CanalRecord | None] = {"right": found.right, "left": found.left}
        return {side: record.canal() for side, record in sides.items() if record is not None}
    except ValueError as error:
        raise InputError(f"{shown} holds a canal that cannot be used ({error}): make it anew.") from error


def implants_in(text: str, shown: str | Path, canals: Mapping[Side, Canal] | None = None) -> tuple[Implants, ...]:
    """The implants of a text that the user knows as ``shown``, right and left; raises ``InputError``."""
    found, known = _parsed(_Whole, text, shown).implants, canals or {}
    try:
        return found.right.implants("right", known.get("right")), found.left.implants("left", known.get("left"))
    except (ValueError, InputError) as error:
        raise InputError(f"{shown} holds an implant that cannot be used ({error}): correct it.") from error


def placed_implants(path: Path) -> tuple[Implants, ...]:
    """The implants of a ``geometry.json``, right and left; raises ``InputError``."""
    try:
        return implants_in(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: give a geometry.json.") from error


def _parsed(model: type[_Model], text: str, shown: str | Path) -> _Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        reason = first_problem(error)
        raise InputError(f"{shown} holds no implants ({reason}): give what --implants has written.") from error
