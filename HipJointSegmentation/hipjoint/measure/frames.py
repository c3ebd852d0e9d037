"""Directions to measure along: those of the table, those of the pelvis, those of a femur."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hipjoint.labels import Side
from hipjoint.measure.boundary import Floats
from hipjoint.measure.head_neck import lateral_of


@dataclass(frozen=True)
class Frame:
    """A right-angled frame: ``origin`` (3,) in LPS mm, unit vectors (3,) to the patient's left, front and head end."""

    name: str
    origin: Floats
    left: Floats
    anterior: Floats
    superior: Floats

    def lateral(self, side: Side) -> Floats:
        """Unit vector (3,) away from the middle of the patient."""
        return np.asarray(self.left * lateral_of(side))

    def parts(self, vectors: Floats, side: Side) -> Floats:
        """Components (..., 3) to lateral, anterior and superior of vectors (..., 3) in LPS."""
        return np.asarray(vectors @ np.stack([self.lateral(side), self.anterior, self.superior], axis=1))


TABLE = Frame("table", np.zeros(3), np.array([1.0, 0.0, 0.0]), np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))


def pelvic_frame(asis_right: Floats, asis_left: Floats, pubis_right: Floats, pubis_left: Floats) -> Frame:
    """The frame of the anterior pelvic plane through both spines and the middle of the pubic tubercles (LPS mm).

    Left runs along the line of the spines, anterior is the normal of the plane, the origin is half-way between the
    spines (Lewinnek et al., J Bone Joint Surg Am 1978).
    """
    origin = (asis_right + asis_left) / 2
    left = unit(asis_left - asis_right)
    up = origin - (pubis_right + pubis_left) / 2
    anterior = unit(np.cross(left, up))
    return Frame("pelvic plane", origin, left, anterior, np.cross(anterior, left))


def unit(vector: Floats) -> Floats:
    """The vector (3,) with length 1."""
    return np.asarray(vector / np.linalg.norm(vector))


def square_to(vector: Floats, axis: Floats) -> Floats:
    """What is left of vectors (..., 3) when their part along the unit vector ``axis`` is taken away."""
    return np.asarray(vector - (vector @ axis)[..., None] * axis)


def angle_between(a: Floats, b: Floats) -> float:
    """Angle in degrees, 0 to 180, between two vectors (3,)."""
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


def anterior_of(medial: Floats, up: Floats, side: Side) -> Floats:
    """Unit vector to the front of a leg whose medial and upward directions (3,) are at right angles."""
    return np.asarray(np.cross(up, medial) * lateral_of(side))
