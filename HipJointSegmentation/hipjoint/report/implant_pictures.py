"""The pictures of the implants: cup and stem in the bones, from the front."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hipjoint.implants.sizing import Implants, cup_frame
from hipjoint.measure.measure import Case
from hipjoint.report.geometry_pictures import BONE, Shown, as_point
from hipjoint.report.picture import Camera, Colour, Mesh, Picture

METAL: Colour = (90, 110, 150)
_HALF_HEIGHT_MM, _BELOW_MM, _BONE_OPACITY = 130.0, 60.0, 0.35
_VALUES = ("cup_size", "cup_coverage", "stem_size", "stem_outside", "implant_leg_length_change")


def implant_pictures(case: Case, implants: Sequence[Implants]) -> dict[str, Shown]:
    """A picture a side of which a cup or a stem was sized; their meshes are "cup_right" and so on."""
    return {f"implants_{each.side}": _picture(case, each) for each in implants if each.cup or each.stem}


def _picture(case: Case, one: Implants) -> Shown:
    frame = cup_frame(case)
    places = [each.pose[:3, 3] for each in (one.cup, one.stem) if each is not None]
    focus = np.mean(places, axis=0) - (_BELOW_MM if one.stem else 0.0) * frame.superior
    camera = Camera(as_point(focus), as_point(-frame.anterior), as_point(frame.superior), _HALF_HEIGHT_MM)
    there = case.bones().bones
    bones = [Mesh(name, BONE, _BONE_OPACITY) for name in (f"hip_{one.side}", f"femur_{one.side}") if name in there]
    solids = [Mesh(f"{kind}_{one.side}", METAL) for kind in ("cup", "stem") if getattr(one, kind) is not None]
    caption = f"Seen from the front. Generic shapes, placed by {'hand' if one.edited else 'rule'}."
    return Shown("Implants, a sizing aid", caption, Picture(camera, (*bones, *solids)), _VALUES, one.side)
