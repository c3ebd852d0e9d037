"""Loads the run-time libraries without letting them report home.

Both tell their makers of their use when they are imported, over the network, and leave an identifier in the user's
home folder. A program that reads patients' scans must not call anybody.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any


def load(library: str) -> Any:
    """Import "onnxruntime" or "openvino"; nothing else in this program may do so."""
    # ONNX Runtime from 1.29 on; what older Windows builds do is turned off in ``onnx_backend``.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # OpenVINO reports to Google Analytics through this package, and does without where it is not to be had.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return import_module(library)
