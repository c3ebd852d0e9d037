"""A bed for the Slicer module: the real MRML of slicer-core, and stand-ins for what only the application has.

Written for these tests. It imitates how the module uses Slicer, not Slicer: what it cannot show stands in
Docs/testing.md.
"""
