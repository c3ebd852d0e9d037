"""Time of splitting a joint in a scan of full size, as a share of the limit, and how near the truth the result is.

``python Testing/Benchmarks/split_joint.py [--gap-mm 1] [--limit-seconds 2]``
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "Python" / "edit"))
from ball_in_socket import ball_in_socket

from hipjoint.edit import split_joint

SHAPE, SPACING = (285, 512, 512), (1.0, 0.7, 0.7)
CORNER = np.array([100, 200, 80])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gap-mm", type=float, default=1.0)
    parser.add_argument("--limit-seconds", type=float, default=2.0)
    a = parser.parse_args()
    hip = ball_in_socket(a.gap_mm, SPACING)
    place = tuple(slice(int(c), int(c) + n) for c, n in zip(CORNER, hip.hu.shape, strict=True))
    hu = np.full(SHAPE, 50, np.int16)
    hu[place] = hip.hu
    bones = tuple(np.zeros(SHAPE, bool) for _ in range(2))
    for whole, part in zip(bones, hip.stuck, strict=True):
        whole[place] = part
    strokes = tuple([line + CORNER] for line in hip.strokes())
    begun, used = time.monotonic(), time.process_time()
    parted = split_joint(hu, (bones[0], bones[1]), (strokes[0], strokes[1]), SPACING)
    seconds, used = time.monotonic() - begun, time.process_time() - used
    print(f"box {' x '.join(str(n) for n in parted.bones[0].shape)} of {' x '.join(str(n) for n in SHAPE)} voxels")
    print(f"time {seconds:.2f} s = {seconds / a.limit_seconds:.2f} of the limit; {used:.2f} s of processor")
    for name, bone, truth in zip(("femur", "hip bone"), parted.bones, hip.truth, strict=True):
        true = np.zeros(SHAPE, bool)
        true[place] = truth
        print(f"{name}: Dice {2 * (bone & true[parted.box]).sum() / (bone.sum() + true[parted.box].sum()):.3f}")


if __name__ == "__main__":
    main()
