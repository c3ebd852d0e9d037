"""Words of the hip's geometry that more than one part of the panel says."""

from slicer.i18n import tr as _


def sideName(side):
    """The name of a side at the beginning of a line."""
    return {"right": _("Right"), "left": _("Left")}[side]


def sided(title, side):
    """A title with its side, if it has one: "Femoral head, right"."""
    if side is None:
        return title
    sides = {"right": _("right"), "left": _("left")}
    return _("{title}, {side}").format(title=title, side=sides[side])


def unitName(definition):
    """The unit of an engine's ``Definition`` as short as it goes."""
    return "°" if definition.unit == "degrees" else definition.unit


def heading(definition):
    """Title and unit of an engine's ``Definition``."""
    return ", ".join(filter(None, (_(definition.title), unitName(definition))))
