"""Training of the networks from simulated scans. Needs the ``train`` extra; never part of the run time."""
