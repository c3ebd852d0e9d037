"""How well label maps agree with reference label maps of the same scans: measures, grades and their spread."""
