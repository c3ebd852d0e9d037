"""What all reports share: the template engine, and pictures inside the page."""

from __future__ import annotations

import base64
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from hipjoint.notice import NOTICE


def template(name: str) -> Any:
    """The page template in the file ``name`` of this package; a name it does not get is an error.

    It knows the ``notice`` that every report carries.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals["notice"] = NOTICE
    return environment.from_string((files("hipjoint.report") / name).read_text(encoding="utf-8"))


def embedded(png: bytes) -> str:
    """A PNG as an address that holds the picture itself."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
