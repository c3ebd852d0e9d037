"""The report of a run: one HTML file with everything in it, to be looked at or printed.

Nothing is imported here, so that ``render`` starts fast in the process of its own.
"""
