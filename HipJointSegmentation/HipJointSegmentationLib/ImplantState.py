"""Cups and stems of both hips, as proposed and as they are since somebody gave them another size or place."""

from dataclasses import replace

from slicer.i18n import tr as _

_KINDS = ("cup", "stem")
_SIDES = ("right", "left")
KEYS = tuple(f"{kind}_{side}" for side in _SIDES for kind in _KINDS)


class ImplantState:
    """No node of the scene is known here; implants go by their key, such as "cup_right", poses are those of the engine.

    Numbers of sides whose implants were changed are ``pending`` until ``measure``. ``stale``: bones or landmarks have
    changed since the proposal.
    """

    def __init__(self, proposed):
        self.proposed = {each.side: each for each in proposed}
        self.now, self.stale, self._waiting = dict(self.proposed), False, set()

    @property
    def values(self):
        """The engine's ``GeometryValue`` of all implants."""
        from hipjoint.implants.sizing import geometry_values

        return geometry_values(list(self.now.values()))

    @property
    def pending(self):
        """Names and sides of the values that are not those of the present places."""
        return {each.place for each in self.values if each.value.side in self._waiting}

    def isEdited(self, value):
        """Whether one of the engine's ``GeometryValue`` follows from where somebody put an implant."""
        return value.by_hand

    def foundValue(self, place):
        """The value of a name and a side as it was proposed."""
        from hipjoint.implants.sizing import geometry_values

        return next(each for each in geometry_values(list(self.proposed.values())) if each.place == place)

    @property
    def later(self):
        """What there is to say of a value that is pending."""
        return _("measured in a moment")

    def was(self, value):
        """What there is to say of a value that was changed by hand."""
        return _("edited (proposed: {text})").format(text=self.foundValue(value.place).value.text)

    def placed(self, key):
        """The engine's ``PlacedCup`` or ``PlacedStem``, None if there is none."""
        return _part(self.now, key)

    def reason(self, key):
        """Why there is no implant, or an empty text."""
        kind, side = key.split("_")
        return self.now[side].absent.get(kind, "") if self.placed(key) is None else ""

    def edited(self, key):
        """Whether an implant is not what was proposed."""
        kind, side = key.split("_")
        return kind in self.now[side].edited

    def size(self, key):
        """Diameter of a cup in mm, number of a stem; None if there is none."""
        placed = self.placed(key)
        if placed is None:
            return None
        return placed.cup.diameter if key.startswith("cup") else placed.stem.size

    def angles(self, side, case):
        """The engine's ``Orientation`` of the cup, in the frame of its ``cup_frame``."""
        from hipjoint.implants.pose import cup_angles
        from hipjoint.implants.sizing import cup_frame

        return cup_angles(self.placed(f"cup_{side}").pose, cup_frame(case), side)

    def move(self, key, pose):
        """Put an implant at a pose (4, 4); returns whether this changed it."""
        from hipjoint.implants.placing import same_place

        placed = self.placed(key)
        if placed is None or same_place(placed.pose, pose):
            return False
        self._put(key, replace(placed, pose=pose))
        return True

    def turn(self, side, inclination, version, case):
        """Give a cup other radiographic angles in degrees; its centre stays."""
        from hipjoint.implants.placing import turned_cup

        key = f"cup_{side}"
        self._put(key, turned_cup(case, side, self.placed(key), inclination, version))

    def resize(self, key, size, case):
        """Take another size, None to leave the implant out. Raises ``Unmeasurable`` if it can be placed nowhere."""
        if size is None:
            self._put(key, None)
        elif key.startswith("cup"):
            self._put(key, self._otherCup(key, size, case))
        else:
            self._put(key, self._otherStem(key, size, case))

    def _otherCup(self, key, size, case):
        from hipjoint.implants.cup import cup_of
        from hipjoint.implants.placing import new_cup

        placed, cup = self.placed(key), cup_of(size)
        return replace(placed, cup=cup) if placed else new_cup(case, key.split("_")[1], cup)

    def _otherStem(self, key, size, case):
        from hipjoint.implants.placing import new_stem, other_stem
        from hipjoint.implants.stem import stem_of

        placed, side = self.placed(key), key.split("_")[1]
        if placed:
            return other_stem(placed, stem_of(size))
        proposed = self.proposed[side]
        return new_stem(case, side, stem_of(size), proposed.canal, proposed.absent.get("stem", ""))

    def reset(self, keys):
        """Take implants as they were proposed."""
        for key in keys:
            self._put(key, _part(self.proposed, key))

    def wait(self):
        """All numbers are to be computed anew, as the landmarks or bones may be others."""
        self._waiting = set(_SIDES)

    def measure(self, case):
        """Compute what is pending, with the engine's ``Case`` of landmarks and bones."""
        from hipjoint.implants.sizing import measured

        for side in self._waiting:
            self.now[side] = measured(case, self.now[side])
        self._waiting = set()

    def _put(self, key, placed):
        kind, side = key.split("_")
        one = replace(self.now[side], **{kind: placed})
        self.now[side] = _marked(one, self.proposed[side])
        self._waiting.add(side)

    def texts(self):
        """All of it as texts by name, but for the canals, which stay as they are; ``fromTexts`` reads them."""
        from hipjoint.implants.record import text_of

        proposed, now = (text_of(each.values()) for each in (self.proposed, self.now))
        return {"implants_found": proposed, "implants_now": now, "implants_stale": "1" if self.stale else ""}

    def canals(self):
        """The text of the canals, by its name."""
        from hipjoint.implants.record import canals_text

        return {"canals": canals_text(self.proposed.values())}


def fromTexts(texts):
    """The ``ImplantState`` of ``texts``, None if they hold none; raises ``InputError`` about what cannot be read."""
    if not texts.get("implants_found"):
        return None
    from hipjoint.implants.record import canals_in, implants_in

    shown = _("What the scene holds about the implants")
    canals = canals_in(texts.get("canals", "{}"), shown)
    state = ImplantState(implants_in(texts["implants_found"], shown, canals))
    for each in implants_in(texts.get("implants_now", ""), shown, canals):
        state.now[each.side] = _marked(each, state.proposed[each.side])
    state.stale = bool(texts.get("implants_stale"))
    return state


def _part(implants, key):
    kind, side = key.split("_")
    return getattr(implants[side], kind)


def _marked(one, proposed):
    """The same with what differs from the proposal marked, and a reason for what is not there."""
    edited = tuple(kind for kind in _KINDS if not _same(getattr(one, kind), getattr(proposed, kind)))
    none = [kind for kind in _KINDS if getattr(one, kind) is None]
    absent = {kind: proposed.absent.get(kind) or _("It was left out.") for kind in none}
    return replace(one, edited=edited, absent=absent)


def _same(one, other):
    """Whether two placed cups or stems, or two that are not there, are the same."""
    from hipjoint.implants.placing import same_place

    if one is None or other is None:
        return one is other
    sizes = [each.cup if hasattr(each, "cup") else each.stem for each in (one, other)]
    return sizes[0] == sizes[1] and same_place(one.pose, other.pose)
