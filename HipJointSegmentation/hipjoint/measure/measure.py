"""What a measure of geometry is: a definition, the landmarks it needs, and a function of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import SimpleITK as sitk

from hipjoint.labels import Side
from hipjoint.measure.anatomy import Anatomy
from hipjoint.measure.boundary import Floats
from hipjoint.measure.frames import Frame, pelvic_frame, unit
from hipjoint.measure.head_sphere import Sphere
from hipjoint.measure.landmarks import (
    ASIS,
    HEAD,
    PUBIC_TUBERCLE,
    SIDES,
    Landmark,
    Landmarks,
    LandmarkType,
    key,
)
from hipjoint.measure.value import Definition

Result = TypeVar("Result")


class Unmeasurable(Exception):
    """A measure cannot be taken; the message is the reason, a sentence."""


@dataclass(frozen=True)
class Case:
    """What measures are computed from: the ``landmarks``, as found or as moved, and the bones, where they are known.

    A measure that looks at the bones themselves is not measurable without ``anatomy``.
    """

    landmarks: Landmarks
    anatomy: Anatomy | None = None
    _known: dict[tuple[str, Side], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getitem__(self, place: tuple[LandmarkType, Side]) -> Landmark:
        return self.landmarks[key(*place)]

    def once(self, name: str, side: Side, compute: Callable[[], Result]) -> Result:
        """What several measures are read from, computed once for these landmarks; a case with others starts anew."""
        if (name, side) not in self._known:
            self._known[name, side] = compute()
        return cast("Result", self._known[name, side])

    def sphere(self, kind: LandmarkType, side: Side) -> Sphere:
        """A landmark that is a sphere, as one."""
        found = self[kind, side]
        return Sphere(found.point, found.radius)

    def neck_axis(self, neck_centre: Landmark) -> Floats:
        """Unit vector (3,) from the head's centre into the neck."""
        offset = neck_centre.point - self[HEAD, neck_centre.side].point
        return unit(offset)

    def pelvis(self) -> Frame:
        """The frame of the pelvis; its four points must have been found."""
        spines = [self[ASIS, side].point for side in SIDES]
        return pelvic_frame(*spines, *(self[PUBIC_TUBERCLE, side].point for side in SIDES))

    def bones(self) -> Anatomy:
        """The bones. Raises ``Unmeasurable`` without them."""
        if self.anatomy is None:
            raise Unmeasurable("The bones themselves are needed.")
        return self.anatomy

    def scan(self) -> sitk.Image:
        """The CT in HU. Raises ``Unmeasurable`` without it."""
        scan = self.bones().scan
        if scan is None:
            raise Unmeasurable("The canal shows in the scan only: give the CT too.")
        return scan


@dataclass(frozen=True)
class Found:
    """A number in the unit of its definition, the words that go with it, and why it is doubtful, if it is."""

    number: float
    words: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class Measure:
    """One measure: it ``needs`` landmarks of its own side and some of ``both``; not ``sided``, it is of the pelvis.

    It also ``looks_at`` landmarks of both sides, to know whether to trust the number, but can do without them.
    ``compute`` is a pure function of the case (and, for a measure without a side, ignores the side). It raises
    ``Unmeasurable``.
    """

    definition: Definition
    needs: tuple[LandmarkType, ...]
    compute: Callable[[Case, Side], Found]
    both: tuple[LandmarkType, ...] = ()
    sided: bool = True
    looks_at: tuple[LandmarkType, ...] = ()

    def required(self, side: Side) -> tuple[str, ...]:
        """The keys of the landmarks without which there is no value of a side."""
        own = tuple(key(kind, side) for kind in self.needs if kind not in self.both)
        return own + tuple(key(kind, each) for kind in self.both for each in SIDES)

    def keys(self, side: Side) -> tuple[str, ...]:
        """The keys of the landmarks that the value of a side depends on."""
        more = tuple(key(kind, each) for kind in self.looks_at for each in SIDES)
        return tuple(dict.fromkeys(self.required(side) + more))


PELVIC_PLANE = (ASIS, PUBIC_TUBERCLE)
