"""The results on the panel: the list of segments, 3D, and Slicer's Segment Editor."""

import slicer

_EDITOR_TAG = "HipJointSegmentation.SegmentEditor"


class CorrectPanel:
    """Shows one segmentation; the Segment Editor is made when its section is first opened."""

    def __init__(self, ui):
        self._ui, self._editor, self._segmentation, self._volume = ui, None, None, None
        self._shown = None
        ui.correctSection.connect("contentsCollapsed(bool)", self._openOrClose)
        ui.show3DCheckBox.toggled.connect(self._show3D)

    def show(self, segmentationNode, volumeNode):
        """Show a segmentation and the scan it is drawn on; both may be None."""
        if self._shown == (segmentationNode, volumeNode):
            return
        self._shown = self._segmentation, self._volume = segmentationNode, volumeNode
        self._ui.segmentsView.setSegmentationNode(segmentationNode)
        for widget in (self._ui.segmentsView, self._ui.show3DCheckBox, self._ui.correctSection):
            widget.setEnabled(segmentationNode is not None)
        self._ui.show3DCheckBox.blockSignals(True)
        self._ui.show3DCheckBox.setChecked(_isShown3D(segmentationNode))
        self._ui.show3DCheckBox.blockSignals(False)
        self._handToEditor()

    def setScene(self, scene):
        """Tell the editor about the scene, None when the panel goes."""
        if self._editor is not None:
            self._editor.setMRMLScene(scene)

    def leave(self):
        """The user looks at another module: no effect may stay active there."""
        if self._editor is not None:
            self._editor.setActiveEffectByName("")
            self._editor.uninstallKeyboardShortcuts()

    def enter(self):
        """The user is back."""
        if self._editor is not None:
            self._handToEditor()
            self._editor.installKeyboardShortcuts()

    def _openOrClose(self, collapsed):
        if not collapsed and self._editor is None:
            self._editor = self._newEditor()
            self._handToEditor()
            self._editor.installKeyboardShortcuts()

    def _newEditor(self):
        editor = slicer.qMRMLSegmentEditorWidget()
        editor.setMRMLScene(slicer.mrmlScene)
        editor.setSegmentationNodeSelectorVisible(False)
        editor.setSourceVolumeNodeSelectorVisible(False)
        editor.setSwitchToSegmentationsButtonVisible(False)
        self._ui.correctSection.layout().addWidget(editor)
        return editor

    def _handToEditor(self):
        if self._editor is None:
            return
        self._editor.setMRMLSegmentEditorNode(_editorNode())
        self._editor.setSegmentationNode(self._segmentation)
        self._editor.setSourceVolumeNode(self._volume)

    def _show3D(self, shown):
        if shown:
            self._segmentation.CreateClosedSurfaceRepresentation()
        else:
            self._segmentation.RemoveClosedSurfaceRepresentation()


def _isShown3D(segmentationNode):
    name = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    return segmentationNode is not None and segmentationNode.GetSegmentation().ContainsRepresentation(name)


def _editorNode():
    """The editor's own node, one a scene, so that Slicer's Segment Editor module keeps its choices."""
    found = slicer.mrmlScene.GetSingletonNode(_EDITOR_TAG, "vtkMRMLSegmentEditorNode")
    if found:
        return found
    node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
    node.UnRegister(None)
    node.SetSingletonTag(_EDITOR_TAG)
    return slicer.mrmlScene.AddNode(node)
