"""Time and memory of a whole run, from the scan on disk to the folder of results, as shares of the limits.

``python Testing/Benchmarks/whole_run.py SCAN [--cores 2] [--limit-seconds 90] [--limit-gb 6]``
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def measure(scan: Path, cores: int) -> dict[str, Any]:
    """Run ``hipjoint segment`` once in a process of its own; seconds, peak GB of memory and seconds by stage."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [sys.executable, "-m", "hipjoint", "segment", str(scan), "-o", str(out), "--progress", "none"]
        begun = time.monotonic()
        subprocess.run(command, check=True)
        seconds = time.monotonic() - begun
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
        run = json.loads((out / "run.json").read_text())
    return {"seconds": seconds, "peak_gb": peak, "run": run}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--limit-seconds", type=float, default=90)
    parser.add_argument("--limit-gb", type=float, default=6)
    a = parser.parse_args()
    found = measure(a.scan, a.cores)
    for name, value, limit, unit in (
        ("time", found["seconds"], a.limit_seconds, "s"),
        ("memory", found["peak_gb"], a.limit_gb, "GB"),
    ):
        print(f"{name} {value:.2f} {unit} = {value / limit:.2f} of the limit of {limit:g} {unit}")
    print(json.dumps(found["run"].get("seconds", {}), indent=1))


if __name__ == "__main__":
    main()
