"""The geometry of the hips of one segmentation in the scene: landmarks that can be moved, and values that follow."""

from HipJointSegmentationLib.DrawnNodes import DrawnNodes
from HipJointSegmentationLib.GeometryBones import GeometryBones
from HipJointSegmentationLib.GeometryPlacing import slicesCross, startPoints
from HipJointSegmentationLib.GeometryState import GeometryState, fromTexts
from HipJointSegmentationLib.GeometryStore import newStore, storeOf
from HipJointSegmentationLib.LandmarkMarkups import LandmarkMarkups


class HipGeometry:
    """``state`` is None before anything was measured; ``onMoved(key)`` and ``onReleased()`` are told of the user.

    ``ct()`` is the volume node of the CT, None if there is none.
    """

    def __init__(self, ct, onMoved, onReleased):
        self.state, self.segmentation, self._store = None, None, None
        self._ct, self._onMoved, self._case = ct, onMoved, None
        self._markups = LandmarkMarkups(self._moved, onReleased)
        self._drawn, self._bones = DrawnNodes(), GeometryBones()

    @property
    def interacting(self):
        """Whether the user holds a point."""
        return self._markups.interacting

    @property
    def stale(self):
        """Whether the bones have changed since they were measured."""
        return self._store is not None and self._store.stale

    @property
    def store(self):
        """The ``GeometryStore`` of what is shown, None if there is none."""
        return self._store

    @property
    def hasBones(self):
        """Whether ``case`` has its bones already, or would have to make them first."""
        return self._bones.made

    def case(self):
        """The engine's ``Case`` as it is now, with the bones, which takes a second or two if they are not there yet.

        It is the same object while nothing changes. Raises ``InputError``.
        """
        anatomy = self._bones.of(self.segmentation, self._ct())
        before = self._case
        if before is None or before.landmarks is not self.state.landmarks or before.anatomy is not anatomy:
            self._case = self.state.case(anatomy)
        return self._case

    def open(self, segmentationNode):
        """Show what the scene holds about a segmentation node, None for none.

        Points count where they lie in the scene. Raises ``InputError`` if what is held cannot be read; it stays as it
        is.
        """
        self.close()
        self.segmentation = segmentationNode
        store = storeOf(segmentationNode) if segmentationNode is not None else None
        if store is None or not store.texts():
            return
        state = fromTexts(store.texts())
        self._store, self.state = store, state
        self._markups.show(store, state.landmarks)
        self._readPoints()
        self._draw()

    def close(self):
        """Watch nothing any more; the nodes stay in the scene."""
        self._markups.show(None, {})
        self._bones.forget()
        self.state, self.segmentation, self._store, self._case = None, None, None, None

    def take(self, landmarks, values):
        """Take what the engine found in the bones; landmarks that were moved by hand stay where they are."""
        edited = {key: self._markups.points(key) for key in self.state.edited} if self.state else {}
        self._store = storeOf(self.segmentation) or newStore(self.segmentation)
        self._bones.forget()
        self.state = GeometryState(landmarks, values)
        self._markups.show(self._store, self.state.landmarks)
        for key, each in landmarks.items():
            if edited.get(key) is not None:
                self.state.move(key, edited[key])
            else:
                self._markups.put(key, each)
        self._store.stale = False
        self._draw()
        self.finish()

    def reset(self, keys):
        """Put landmarks back to where they were found; those that are locked too, since somebody asks for it."""
        self.state.reset(keys)
        for key in keys:
            self._markups.put(key, self.state.landmarks[key])
        self._draw()
        self.finish()

    def place(self, key):
        """Put a landmark that was not found where the slice views cross; the user moves it from there."""
        self.state.move(key, startPoints(self.state.found[key], slicesCross()))
        self._markups.put(key, self.state.landmarks[key])
        self._draw()
        self.finish()

    def finish(self):
        """Compute what could not follow the mouse, and keep everything with the scene. Raises ``InputError``."""
        try:
            if self.state.pending:
                self.state.settle(self._bones.of(self.segmentation, self._ct()))
        finally:
            self._store.keep(self.state.texts())

    def bonesChanged(self):
        """The segments were edited: landmarks and values are those of an earlier state of them."""
        self._bones.forget()
        if self._store is not None:
            self._store.stale = True

    def lock(self, keys, locked):
        """Lock landmarks, so that no mouse moves them, or not."""
        self._markups.lock(keys, locked)

    def locked(self, key):
        """Whether a landmark is locked."""
        return self._markups.locked(key)

    def _moved(self, key):
        points = self._markups.points(key)
        if points is not None and self.state.move(key, points):
            self._draw()
            self._onMoved(key)

    def _readPoints(self):
        for key in self.state.landmarks:
            points = self._markups.points(key)
            if points is not None:
                self.state.move(key, points)

    def _draw(self):
        self._drawn.show(self._store, self.state.case())
