"""What the program can look for in a scan: one file a task."""
