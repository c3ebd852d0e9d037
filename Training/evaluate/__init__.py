"""Accuracy: metrics, simulated test scans and the table."""
