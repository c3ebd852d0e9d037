"""The ``hipjoint`` command."""

from hipjoint.cli.app import main

__all__ = ["main"]
