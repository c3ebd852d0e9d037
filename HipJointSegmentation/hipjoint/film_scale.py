"""What the user says of the size of a radiograph's pixels. No heavy imports."""

from __future__ import annotations

from dataclasses import dataclass

from hipjoint.errors import InputError

_PIXELS_MM = (0.02, 2.5)
_BALLS_MM = (5.0, 100.0)
_SMALLEST_BALL = 6.0


@dataclass(frozen=True)
class FilmScale:
    """``pixel_mm`` is the size of a pixel at the hip; or a ball of ``ball_mm`` is on the film, ``ball_px`` wide.

    Without ``ball_px`` the ball is looked for. Raises ``InputError`` if these do not fit together or cannot be.
    """

    pixel_mm: float | None = None
    ball_mm: float | None = None
    ball_px: float | None = None

    def __post_init__(self) -> None:
        if self.pixel_mm is not None and self.ball_mm is not None:
            raise InputError("Give --pixel-mm or --ball-mm, not both.")
        if self.ball_px is not None and self.ball_mm is None:
            raise InputError("--ball-px needs --ball-mm, the diameter of the ball in mm.")
        _within("--pixel-mm", self.pixel_mm, _PIXELS_MM, "mm")
        _within("--ball-mm", self.ball_mm, _BALLS_MM, "mm")
        if self.ball_px is not None and not self.ball_px >= _SMALLEST_BALL:
            raise InputError(f"--ball-px {self.ball_px:g} is too few pixels to measure with: give a larger film.")

    @property
    def given(self) -> bool:
        """Whether anything is said."""
        return self.pixel_mm is not None or self.ball_mm is not None


def _within(name: str, value: float | None, ends: tuple[float, float], unit: str) -> None:
    if value is not None and not ends[0] <= value <= ends[1]:
        raise InputError(f"{name} {value:g} cannot be: give {ends[0]:g} to {ends[1]:g} {unit}.")
