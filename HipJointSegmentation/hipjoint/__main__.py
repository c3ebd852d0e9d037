"""``python -m hipjoint`` is the ``hipjoint`` command."""

from hipjoint.cli import main

if __name__ == "__main__":
    main()
