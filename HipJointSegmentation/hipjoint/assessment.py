"""What a clinician decided about the hips of one patient: a list of changes by hand, each with its time.

The list is the whole state: of two changes of one field of one hip the one further down counts, and one without a value
takes back what was there. So it always tells who changed what, and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from hipjoint.errors import InputError
from hipjoint.labels import Side
from hipjoint.measure.jic import JicType
from hipjoint.measure.steinberg import STAGES, Grade
from hipjoint.measure.value import Value
from hipjoint.strict import Strict, first_problem
from hipjoint.volume.problem import unreadable

STAGE = "steinberg_stage"
# "outline" says that a segment was edited: it has no value, its effect is in the numbers.
Subject = Literal["steinberg_stage", "steinberg_grade", "jic_type", "necrotic_angle", "outline"]
# What may be put in the place of a measured value; an angle has no list.
CHOICES: Mapping[str, tuple[str, ...]] = {
    STAGE: tuple(stage.number for stage in STAGES),
    "steinberg_grade": get_args(Grade),
    "jic_type": get_args(JicType),
    "necrotic_angle": (),
    "outline": (),
}
OVERRIDABLE = ("steinberg_grade", "jic_type", "necrotic_angle")
_FULL_ARCS = 720.0
_LONGEST = 500


class Change(Strict):
    """One change by hand of one ``field`` of one hip.

    ``value`` is what was chosen, None where a choice was taken back; ``measured`` is what stood there in words;
    ``by`` is whoever wanted to be named. A value that replaces a measured one needs a ``reason``.
    """

    time: AwareDatetime
    side: Side
    field: Subject
    value: str | None = None
    measured: str = Field(default="", max_length=_LONGEST)
    reason: str = Field(default="", max_length=_LONGEST)
    by: str = Field(default="", max_length=_LONGEST)

    @model_validator(mode="after")
    def _fits(self) -> Change:
        if self.value is None:
            return self
        choices = CHOICES[self.field]
        if choices and self.value not in choices:
            raise ValueError(f"{self.value!r} is none of {', '.join(choices)}")
        if self.field == "outline":
            raise ValueError("an edited outline has no value")
        if self.field == "necrotic_angle" and not _is_angle(self.value):
            raise ValueError(f"{self.value!r} is no angle from 0 to {_FULL_ARCS:.0f} degrees")
        if self.field in OVERRIDABLE and not self.reason.strip():
            raise ValueError("a value by hand in the place of a measured one needs a reason")
        return self

    @property
    def at(self) -> str:
        """The time for people, in UTC."""
        return f"{self.time.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"

    @property
    def shown(self) -> str:
        """The value for people."""
        return f"{self.value} degrees" if self.field == "necrotic_angle" else self.value or ""


class Assessment(Strict):
    """All ``changes`` of one patient's hips, oldest first."""

    schema_number: Literal[1] = Field(default=1, alias="schema")
    changes: tuple[Change, ...] = ()

    def current(self, side: Side, field: str) -> Change | None:
        """The change that counts for a field of a hip, None if there is none or it was taken back."""
        latest = next((one for one in reversed(self.changes) if (one.side, one.field) == (side, field)), None)
        return latest if latest is not None and latest.value is not None else None

    def edited(self, side: Side) -> Change | None:
        """The last edit of an outline of a hip, None if there was none."""
        return next((one for one in reversed(self.changes) if (one.side, one.field) == (side, "outline")), None)

    def with_change(self, side: Side, field: Subject, value: str | None = None, **more: str) -> Assessment:
        """The assessment with one more change, made now; ``more`` are ``measured``, ``reason`` and ``by``.

        Edits of one hip's outline that follow one another are one change. Raises ``InputError`` in words.
        """
        now = datetime.now(timezone.utc).replace(microsecond=0)
        try:
            change = Change.model_validate({"time": now, "side": side, "field": field, "value": value, **more})
        except ValidationError as error:
            raise InputError(f"This cannot be noted: {_words(error)}.") from error
        last = self.changes[-1] if self.changes else None
        if last is not None and field == "outline" and (last.side, last.field) == (side, field):
            again = change.model_copy(update={"measured": last.measured})
            return Assessment(changes=(*self.changes[:-1], again))
        return Assessment(changes=(*self.changes, change))

    def text(self) -> str:
        """The assessment as JSON; ``from_text`` reads it."""
        return self.model_dump_json(by_alias=True, exclude_defaults=False)

    def records(self) -> list[dict[str, Any]]:
        """The changes as plain data for JSON."""
        return [one.model_dump(mode="json") for one in self.changes]


def from_text(text: str, shown: str | Path) -> Assessment:
    """The assessment in a JSON text, which the user knows as ``shown``; raises ``InputError``."""
    try:
        return Assessment.model_validate_json(text)
    except ValidationError as error:
        reason = first_problem(error)
        raise InputError(f"{shown} is no assessment ({reason}): correct it, or leave it out.") from error


def read_assessment(path: Path) -> Assessment:
    """The assessment in a JSON file; raises ``InputError`` with one sentence that names the file."""
    try:
        return from_text(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: give the JSON file of an assessment.") from error


def shown_text(value: Value, change: Change | None) -> str:
    """A value for people: as measured, or what was put in its place by hand with what was measured."""
    return value.text if change is None else f"{change.shown} by hand (measured: {value.text})"


def _is_angle(text: str) -> bool:
    try:
        return 0.0 <= float(text) <= _FULL_ARCS
    except ValueError:
        return False


def _words(error: ValidationError) -> str:
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
