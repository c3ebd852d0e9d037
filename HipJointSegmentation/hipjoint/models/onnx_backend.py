"""ONNX Runtime: CUDA on NVIDIA graphics cards, and any processor."""

from __future__ import annotations

from pathlib import Path

from hipjoint.errors import ModelError
from hipjoint.models import quiet
from hipjoint.models.backend import Floats, GpuMemoryError

onnxruntime = quiet.load("onnxruntime")

CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
_ONLY_FATAL = 4
# ONNX Runtime tells of it in words only; these come from its own allocator, CUDA, cuBLAS and cuDNN.
_OUT_OF_MEMORY = ("failed to allocate memory", "out of memory", "alloc_failed")

# What it logs goes to the terminal past the progress bar; what matters is raised as well.
onnxruntime.set_default_logger_severity(_ONLY_FATAL)
onnxruntime.disable_telemetry_events()


def cuda_is_offered() -> bool:
    """Whether the installed package is built for CUDA; whether CUDA runs shows only when a model is loaded."""
    return CUDA in onnxruntime.get_available_providers()


class OnnxBackend:
    """A model in ONNX Runtime. ``cuda`` tells whether CUDA really runs it, which asking for it does not ensure."""

    def __init__(self, path: Path, threads: int, *, cuda: bool = False) -> None:
        """``threads`` 0 leaves the number to ONNX Runtime.

        Raises ``ModelError`` if the file is not a model, ``GpuMemoryError`` if it does not fit into the graphics card.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = _ONLY_FATAL
        if cuda and hasattr(onnxruntime, "preload_dlls"):
            onnxruntime.preload_dlls()  # finds CUDA and cuDNN where pip put them
        providers = [(CUDA, {"cudnn_conv_algo_search": "HEURISTIC"}), _CPU] if cuda else [_CPU]
        try:
            # Its own fallback to the processor would print to the terminal and say nothing to the program.
            self._session = onnxruntime.InferenceSession(str(path), options, providers, enable_fallback=0)
        except Exception as error:
            if _is_memory(error):
                raise GpuMemoryError from error
            raise ModelError(f"The model file {path} cannot be read as ONNX: install hipjoint again.") from error
        self._threads = threads
        self._input = self._session.get_inputs()[0].name
        self.cuda = CUDA in self._session.get_providers()

    @property
    def name(self) -> str:
        """Such as "ONNX Runtime CUDA"."""
        return f"ONNX Runtime {'CUDA' if self.cuda else 'CPU'}"

    @property
    def info(self) -> dict[str, str | int]:
        """What really runs."""
        return {
            "library": "ONNX Runtime",
            "version": str(onnxruntime.__version__),
            "provider": "CUDA" if self.cuda else "CPU",
            "precision": "tf32" if self.cuda else "f32",
            "threads": self._threads or "all",
        }

    def run(self, x: Floats) -> Floats:
        """Probabilities (N, K, Z, Y, X) of channels (N, C, Z, Y, X); raises ``GpuMemoryError``."""
        try:
            probabilities: Floats = self._session.run(None, {self._input: x})[0]
        except Exception as error:
            if self.cuda and _is_memory(error):
                raise GpuMemoryError from error
            raise
        return probabilities


def _is_memory(error: Exception) -> bool:
    words = str(error).lower()
    return any(phrase in words for phrase in _OUT_OF_MEMORY)
