"""The parts of the Slicer module; nothing outside this folder and the module file touches Slicer or Qt."""
