"""HipJointSegmentation engine: images of a hip in, labelled bones, measures and surfaces out.

Research software, not a medical device. The engine never imports Slicer, Qt or torch.
All coordinates are LPS millimetres, as in ITK and DICOM; arrays are indexed [z, y, x] as SimpleITK gives them.
"""

__version__ = "0.1.0"
