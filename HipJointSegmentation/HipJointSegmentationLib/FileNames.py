"""File names from a template."""

import re
from datetime import datetime

from slicer.i18n import tr as _

from hipjoint.errors import InputError

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\s]+')
FIELDS = ("segment", "number", "date", "scan")


def fileName(template, segment, number, scan):
    """The name, without suffix, that a template gives a segment.

    ``{segment}`` is the segment's name, ``{number}`` its place in the list, ``{date}`` today, and ``{scan}`` the name
    of the volume, which may hold the name of a patient: it gets into a file name only if the template asks for it.
    Raises ``InputError`` about a template that makes no name.
    """
    values = {"segment": segment, "number": number, "date": f"{datetime.now().astimezone():%Y-%m-%d}", "scan": scan}
    try:
        name = template.format_map(values)
    except (KeyError, ValueError, IndexError, AttributeError) as problem:
        fields = ", ".join(f"{{{field}}}" for field in FIELDS)
        sentence = _("The file name {template} cannot be used: use letters, digits and the fields {fields}.")
        raise InputError(sentence.format(template=template, fields=fields)) from problem
    name = _FORBIDDEN.sub("_", name).strip("._")
    if not name:
        raise InputError(_("The template of the file names is empty: write, for example, hip_{segment}."))
    return name
