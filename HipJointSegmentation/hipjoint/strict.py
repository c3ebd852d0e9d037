"""What all files that people or programs hand in as JSON share: nothing unknown in them, and errors in words."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError


class Strict(BaseModel):
    """An unknown field is a slip or belongs to a newer schema: both must be told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def first_problem(error: ValidationError) -> str:
    """Where the first problem lies and what it is, without the text of the file."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
