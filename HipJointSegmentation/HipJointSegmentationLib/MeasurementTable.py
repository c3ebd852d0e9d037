"""The measurements as a table node."""

import csv
from pathlib import Path

import slicer
import vtk
from slicer.i18n import tr as _

_STALE = "HipJointSegmentation.stale"


def showIn(tableNode, measurements):
    """Fill a table node with one row a measurement; it is up to date then."""
    table = vtk.vtkTable()
    for title, texts in _columns(measurements).items():
        column = vtk.vtkStringArray()
        column.SetName(title)
        for text in texts:
            column.InsertNextValue(text)
        table.AddColumn(column)
    tableNode.SetAndObserveTable(table)
    tableNode.SetUseColumnTitleAsColumnHeader(True)
    setStale(tableNode, False)


def newTable(segmentationNode):
    """An empty table node, named after a segmentation node and beside it in the subject hierarchy."""
    name = _("{segmentation} sizes").format(segmentation=segmentationNode.GetName())
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", name)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    parent = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(segmentationNode))
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(node), parent)
    return node


def setStale(tableNode, stale):
    """Mark the numbers as those of an earlier state of the segments, or not."""
    tableNode.SetAttribute(_STALE, "1" if stale else None)


def isStale(tableNode):
    """Whether the segments have changed since the numbers were made."""
    return tableNode.GetAttribute(_STALE) is not None


def rowsOf(tableNode):
    """Heads and rows of a table node as lists of texts."""
    table = tableNode.GetTable()
    columns = range(table.GetNumberOfColumns())
    rows = [[table.GetValue(row, column).ToString() for column in columns] for row in range(table.GetNumberOfRows())]
    return [[table.GetColumnName(column) for column in columns], *rows]


def asText(tableNode):
    """The table with tabs between the columns, as spreadsheets paste it."""
    return "\n".join("\t".join(row) for row in rowsOf(tableNode))


def writeCsv(tableNode, path):
    """Write the table to a CSV file."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rowsOf(tableNode))


def _columns(measurements):
    return {
        _("Segment"): [one.name for one in measurements],
        _("Volume (ml)"): [f"{one.volumeMl:.2f}" for one in measurements],
        _("Area (cm²)"): [_number(one.surfaceCm2) for one in measurements],
        _("Mean (HU)"): [_number(one.meanHu) for one in measurements],
    }


def _number(value):
    return "–" if value is None else f"{value:.1f}"
