"""The Slicer module: hip bones in CT, corrected, measured and exported; its parts are in HipJointSegmentationLib."""

from pathlib import Path

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

from HipJointSegmentationLib.CorrectPanel import CorrectPanel
from HipJointSegmentationLib.Dependencies import Dependencies
from HipJointSegmentationLib.ExportPanel import ExportPanel
from HipJointSegmentationLib.GeometryPanel import GeometryPanel
from HipJointSegmentationLib.HelpText import acknowledgementText, helpText
from HipJointSegmentationLib.Logic import Logic
from HipJointSegmentationLib.MeasurePanel import MeasurePanel
from HipJointSegmentationLib.OnfhPanel import OnfhPanel
from HipJointSegmentationLib.ParameterNode import parametersOf
from HipJointSegmentationLib.RunPanel import RunPanel
from HipJointSegmentationLib.SampleScan import registerSampleScan
from HipJointSegmentationLib.SelfTest import SelfTest

_MODULES = ["Segmentations", "SegmentEditor", "Terminologies", "Tables", "Markups", "SampleData"]
_RESOURCES = Path(__file__).resolve().parent / "Resources"


class HipJointSegmentation(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        super().__init__(parent)
        self.parent.title = _("Hip Joint Segmentation")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = _MODULES
        self.parent.contributors = ["HipJointSegmentation contributors"]
        self.parent.helpText = helpText()
        self.parent.acknowledgementText = acknowledgementText()
        slicer.app.connect("startupCompleted()", self._onStarted)

    def _onStarted(self):
        # The Segment Editor's own effects are loaded by now.
        from HipJointSegmentationLib.SegmentEditorSplitJointEffect import registerSplitJointEffect

        registerSampleScan(_RESOURCES / "Icons" / "HipJointCT.png")
        registerSplitJointEffect()
        terminology = _RESOURCES / "Terminology" / "HipJointSegmentation.term.json"
        slicer.modules.terminologies.logic().LoadTerminologyFromFile(str(terminology))


class HipJointSegmentationWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: puts its parts together and hands them the scene and the parameters."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = self.ui = self._parameterNode = self._parameterTag = None

    def setup(self):
        """Load the panel, once, when the module is first opened."""
        super().setup()
        widget = slicer.util.loadUI(self.resourcePath("UI/HipJointSegmentation.ui"))
        self.layout.addWidget(widget)
        self.ui = slicer.util.childWidgetVariables(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.logic = HipJointSegmentationLogic()
        self.runPanel = RunPanel(self.ui, self.logic, self._onSegmented)
        self.correctPanel = CorrectPanel(self.ui)
        self.measurePanel = MeasurePanel(self.ui, self.logic)
        self.geometryPanel = GeometryPanel(self.ui, self.logic)
        self.onfhPanel = OnfhPanel(self.ui, self.logic)
        self.exportPanel = ExportPanel(self.ui, self.logic)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self._onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self._onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self._onSceneEndClose)
        slicer.app.connect("aboutToQuit()", self.logic.stop)
        self._setParameterNode(self.logic.getParameters())

    def enter(self):
        """The module is shown."""
        self._setParameterNode(self.logic.getParameters())
        self.correctPanel.enter()

    def exit(self):
        """Another module is shown."""
        self.correctPanel.leave()

    def cleanup(self):
        """The panel goes, at reload or at the end of the application."""
        self.runPanel.stop()
        self.correctPanel.setScene(None)
        self._setParameterNode(None)
        self.removeObservers()

    def _onSceneStartClose(self, _caller, _event):
        self.runPanel.stop()
        self._setParameterNode(None)

    def _onSceneEndClose(self, _caller, _event):
        self._setParameterNode(self.logic.getParameters())

    def _setParameterNode(self, parameters):
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._parameterTag)
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self._onParametersChanged)
        self._parameterNode = parameters
        self.runPanel.setParameters(parameters)
        if parameters is not None:
            self._parameterTag = parameters.connectGui(self.ui.panel)
            self.addObserver(parameters, vtk.vtkCommand.ModifiedEvent, self._onParametersChanged)
        self._onParametersChanged()

    def _onParametersChanged(self, _caller=None, _event=None):
        parameters = self._parameterNode
        self.runPanel.update()
        for panel in (self.measurePanel, self.geometryPanel, self.onfhPanel, self.exportPanel):
            panel.show(parameters)
        self.correctPanel.show(parameters and parameters.segmentation, parameters and parameters.inputVolume)

    def _onSegmented(self, segmentationNode):
        self._parameterNode.measurements = None
        self._parameterNode.segmentation = segmentationNode
        self.measurePanel.measure()


class HipJointSegmentationLogic(ScriptedLoadableModuleLogic, Logic):
    """What scripts use: ``segment``, ``measure``, ``export``; see ``Logic``."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        Logic.__init__(self, Dependencies(_RESOURCES / "requirements.txt"))

    def getParameters(self):
        """The typed parameters of the scene; new ones begin with what was chosen last."""
        return parametersOf(self.getParameterNode())


class HipJointSegmentationTest(ScriptedLoadableModuleTest, SelfTest):
    """The self-tests, run by "Reload and Test" and ctest."""
