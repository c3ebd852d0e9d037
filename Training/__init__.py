"""Training of the networks from simulated scans. Needs the ``train`` extra (torch, MONAI); never part of the run time."""
