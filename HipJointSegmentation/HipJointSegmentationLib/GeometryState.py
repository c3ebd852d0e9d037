"""Landmarks and values of the hip's geometry, as found and as they are since somebody moved landmarks."""

import numpy as np
from slicer.i18n import tr as _

from hipjoint.errors import InputError

# A scene file keeps no more digits.
_SAME_MM = 0.005


class GeometryState:
    """No node of the scene is known here; points are LPS mm, landmarks go by their key, such as "head_right".

    Values that look at the bones themselves cannot follow a moving mouse: they are ``pending`` until ``settle``.
    """

    def __init__(self, found, foundValues):
        self.found, self.foundValues = dict(found), tuple(foundValues)
        self.landmarks, self.values, self.pending = dict(self.found), self.foundValues, set()

    @property
    def edited(self):
        """The keys of the landmarks that were moved by hand."""
        return [key for key, each in self.landmarks.items() if each.edited]

    def isEdited(self, value):
        """Whether one of the engine's ``GeometryValue`` depends on a landmark that was moved by hand."""
        from hipjoint.geometry_record import is_edited

        return is_edited(value, self.landmarks)

    def foundValue(self, place):
        """The value of a name and a side as it was found."""
        return next(each for each in self.foundValues if each.place == place)

    @property
    def later(self):
        """What there is to say of a value that is pending."""
        return _("measured when the point is released")

    def was(self, value):
        """What there is to say of a value that was changed by hand."""
        return _("edited (found: {text})").format(text=self.foundValue(value.place).value.text)

    def case(self, anatomy=None):
        """The engine's ``Case`` as it is now."""
        from hipjoint.measure.measure import Case

        return Case(self.landmarks, anatomy)

    def move(self, key, points):
        """Put the control points (n, 3) of a landmark where they are now; returns whether this changed it."""
        from hipjoint.output.markup_points import moved

        before, now = self.landmarks[key], moved(self.found[key], np.asarray(points))
        if sameLandmark(before, now):
            return False
        self.landmarks = {**self.landmarks, key: now}
        self._measure(key)
        return True

    def reset(self, keys):
        """Take landmarks as they were found."""
        for key in keys:
            if self.landmarks[key] is not self.found[key]:
                self.landmarks = {**self.landmarks, key: self.found[key]}
                self._measure(key)

    def settle(self, anatomy):
        """Compute what is pending, with the engine's ``Anatomy``."""
        case = self.case(anatomy)
        self.values = tuple(_again(each, case) if each.place in self.pending else each for each in self.values)
        self.pending = set()

    def _measure(self, key):
        """The values that depend on a landmark, as far as they need no bones; the others wait."""
        case = _caseWithoutBones(self.landmarks)
        self.values = tuple(
            self._measured(now, found, case) if key in now.landmarks else now
            for now, found in zip(self.values, self.foundValues, strict=True)
        )

    def _measured(self, now, found, case):
        self.pending.discard(now.place)
        if not self.isEdited(now):
            return found
        try:
            return _again(now, case)
        except _BonesNeeded:
            self.pending.add(now.place)
            return now

    def texts(self):
        """All of it as texts by name; ``fromTexts`` reads them."""
        from hipjoint.geometry_record import text_of

        waiting = " ".join(f"{name}:{side or ''}" for name, side in sorted(self.pending, key=str))
        now = text_of(self.landmarks, self.values)
        return {"found": text_of(self.found, self.foundValues), "now": now, "pending": waiting}


def fromTexts(texts):
    """The ``GeometryState`` of ``texts``; raises ``InputError`` about what cannot be read."""
    from hipjoint.geometry_record import landmarks_in, parsed, values_in

    shown = _("What the scene holds about the geometry")
    found, now = (parsed(texts.get(name, ""), shown) for name in ("found", "now"))
    state = GeometryState(landmarks_in(found, shown), values_in(found, shown))
    landmarks = landmarks_in(now, shown)
    if set(landmarks) != set(state.found):
        raise InputError(_("{shown} is not complete: measure again.").format(shown=shown))
    # What was not moved is the found landmark itself.
    state.landmarks = {key: each if each.edited else state.found[key] for key, each in landmarks.items()}
    state.values = values_in(now, shown)
    places = [one.split(":") for one in texts.get("pending", "").split()]
    state.pending = {(name, side or None) for name, side in places}
    return state


class _BonesNeeded(Exception):
    pass


def _caseWithoutBones(landmarks):
    """A ``Case`` that tells who looks at the bones."""
    from hipjoint.measure.measure import Case

    class WithoutBones(Case):
        def bones(self):
            raise _BonesNeeded

    return WithoutBones(landmarks)


def _again(each, case):
    """A value anew; landmarks may be moved to where they make no sense."""
    from hipjoint.measure.geometry import GeometryValue, measure_again
    from hipjoint.measure.value import missing

    try:
        with np.errstate(all="ignore"):
            return measure_again([each], case, each.landmarks)[0]
    except (ValueError, ArithmeticError, IndexError):
        reason = _("The landmarks lie where this cannot be measured.")
        return GeometryValue(missing(each.value.definition, each.value.side, reason), each.landmarks)


def sameLandmark(a, b):
    """Whether two of the engine's ``Landmark`` are the same but for the digits of a file."""
    if a.edited != b.edited or a.points.shape != b.points.shape:
        return False
    return np.allclose(a.points, b.points, rtol=0, atol=_SAME_MM) and abs(a.radius - b.radius) <= _SAME_MM
