"""What the parts of the panel have in common that show numbers of one segmentation and have the engine run for them."""

import qt
from slicer.util import VTKObservationMixin

_MILLISECONDS_BETWEEN_LOOKS = 150


class SegmentationPanel(VTKObservationMixin):
    """Watches one segmentation, has one run at a time, and a ``timer`` for what may wait.

    Those who inherit say what is done ``_opened``, ``_edited``, ``_later`` and ``_ended(run)``.
    """

    watched = ("SourceRepresentationModified", "SegmentAdded", "SegmentRemoved")

    def __init__(self, widget, milliseconds):
        """``widget`` is one of the panel, with which the timers go; ``timer`` rings once after ``milliseconds``."""
        super().__init__()
        self._widget, self._parameters, self._segmentation, self._run = widget, None, None, None
        self.timer = self._newTimer(milliseconds, self._later)
        self.timer.setSingleShot(True)
        self._runTimer = self._newTimer(_MILLISECONDS_BETWEEN_LOOKS, self._look)

    def show(self, parameters):
        """Show the segmentation of other parameters, None for none, and watch it."""
        self._parameters = parameters
        segmentation = parameters and parameters.segmentation
        if segmentation is self._segmentation:
            return
        self.timer.stop()
        self.stop()
        self.removeObservers()
        self._segmentation = segmentation
        if segmentation is not None:
            self._watch(segmentation.GetSegmentation())
        self._opened()

    def stop(self):
        """End a run at once."""
        if self._run is not None:
            self._run.stop()
            self._look()

    def _follow(self, run):
        """Look after a run until it has ended."""
        self._run = run
        self._runTimer.start()

    def _look(self):
        run = self._run
        run.poll()
        if not run.finished:
            return
        self._runTimer.stop()
        self._run = None
        self._ended(run)

    def _newTimer(self, milliseconds, function):
        timer = qt.QTimer(self._widget)
        timer.setInterval(milliseconds)
        timer.timeout.connect(function)
        return timer

    def _watch(self, segmentation):
        for event in self.watched:
            self.addObserver(segmentation, getattr(segmentation, event), self._edited)

    def _opened(self):
        raise NotImplementedError

    def _edited(self, *_arguments):
        raise NotImplementedError

    def _later(self):
        raise NotImplementedError

    def _ended(self, run):
        raise NotImplementedError
