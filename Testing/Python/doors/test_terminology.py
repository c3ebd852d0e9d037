"""The terms that the Slicer module offers, compared with the table of labels and with DICOM's lists of codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts

from hipjoint import labels
from hipjoint.labels import Label

FILE = Path(__file__).resolve().parents[3] / "HipJointSegmentation/Resources/Terminology/HipJointSegmentation.term.json"
TERMS = json.loads(FILE.read_text(encoding="utf-8"))
LABELS = [
    label for table in vars(labels).values() if isinstance(table, tuple) for label in table if isinstance(label, Label)
]

PARTS = (*labels.FEMUR_COMPARTMENTS, *labels.HIP_RADIOGRAPH)


def coded(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry["CodeValue"], entry["CodeMeaning"], entry["CodingSchemeDesignator"]


def of(code: labels.Code | None) -> tuple[str, str, str] | None:
    return code and (code.value, code.meaning, code.scheme)


def entries() -> dict[tuple[Any, ...], dict[str, Any]]:
    """The term that has a colour by category, type and side."""
    found = {}
    for category in TERMS["SegmentationCodes"]["Category"]:
        for kind in category["Type"]:
            for side in kind.get("Modifier", [None]):
                found[coded(category), coded(kind), side and coded(side)] = side or kind
    return found


def in_a_dicom_list(entry: dict[str, Any]) -> bool:
    """Whether the list that an entry names has its code with its meaning."""
    names = cid_concepts[int(entry["cid"])][entry["CodingSchemeDesignator"]]
    known = concepts[entry["CodingSchemeDesignator"]]
    return any(known[name].get(entry["CodeValue"], ("",))[0] == entry["CodeMeaning"] for name in names)


def term_of(label: Label) -> dict[str, Any]:
    # A finding has no side of its own; its region has.
    side = None if label.region else of(label.side_code)
    return entries()[of(label.category), of(label.code), side]


def test_every_label_has_its_term_title_and_colour():
    assert len(LABELS) >= 9
    for label in [one for one in LABELS if one.region is None and one not in PARTS]:
        assert term_of(label)["3dSlicerLabel"] == label.title
        assert tuple(term_of(label)["recommendedDisplayRGBValue"]) == label.colour


def test_a_part_of_a_bone_has_the_term_of_the_bone_and_a_title_that_begins_with_it():
    for label in PARTS:
        assert label.title.startswith(term_of(label)["3dSlicerLabel"] + ", ")


def test_a_finding_has_one_term_with_the_colour_of_one_of_its_labels():
    findings = [one for one in LABELS if one.region is not None]
    assert findings
    for label in findings:
        same = {one.colour for one in findings if one.code == label.code}
        assert tuple(term_of(label)["recommendedDisplayRGBValue"]) in same
        assert label.title.lower().endswith(term_of(label)["3dSlicerLabel"].lower())


def test_there_are_no_terms_without_a_label():
    wanted = {(of(one.category), of(one.code), None if one.region else of(one.side_code)) for one in LABELS}
    assert set(entries()) == wanted


def test_every_code_is_found_in_dicoms_lists_or_says_that_it_is_not():
    categories = TERMS["SegmentationCodes"]["Category"]
    kinds = [kind for category in categories for kind in category["Type"]]
    every = [*categories, *kinds, *(side for kind in kinds for side in kind.get("Modifier", []))]
    for entry in every:
        assert ("cid" in entry) != ("comment" in entry), entry["CodeMeaning"]
        assert "cid" not in entry or in_a_dicom_list(entry), entry["CodeMeaning"]


def test_the_code_of_the_hip_bone_is_marked_as_not_confirmed():
    (hip,) = [kind for kind in TERMS["SegmentationCodes"]["Category"][0]["Type"] if kind["CodeMeaning"] == "Hip"]
    assert hip["comment"].startswith("Not confirmed")
