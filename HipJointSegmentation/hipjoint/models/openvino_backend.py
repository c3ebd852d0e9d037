"""OpenVINO on the processor, the fastest run time on x86."""

from __future__ import annotations

from pathlib import Path

from hipjoint.errors import ModelError
from hipjoint.models import quiet
from hipjoint.models.backend import Floats

openvino = quiet.load("openvino")


class OpenVinoBackend:
    """A model on the processor, compiled anew for each shape of input: a fixed shape is faster than an open one."""

    def __init__(self, path: Path, threads: int) -> None:
        """``threads`` 0 leaves the number to OpenVINO. Raises ``ModelError`` if the file is not a model."""
        self._core = openvino.Core()
        try:
            self._model = self._core.read_model(path)
        except RuntimeError as error:
            raise ModelError(f"The model file {path} cannot be read as ONNX: install hipjoint again.") from error
        # bfloat16 only where the processor computes in it: elsewhere it would be emulated, and slow.
        native = self._core.get_property("CPU", "INFERENCE_PRECISION_HINT")
        self._precision = "bf16" if native == openvino.Type.bf16 else "f32"
        self._threads = threads
        self._shape: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Such as "OpenVINO CPU bf16"."""
        return f"OpenVINO CPU {self._precision}"

    @property
    def info(self) -> dict[str, str | int]:
        """What really runs."""
        return {
            "library": "OpenVINO",
            "version": str(openvino.get_version()),
            "provider": "CPU",
            "precision": self._precision,
            "threads": self._threads or "all",
        }

    def run(self, x: Floats) -> Floats:
        """Probabilities (N, K, Z, Y, X) of channels (N, C, Z, Y, X)."""
        if x.shape != self._shape:
            self._compile(x.shape)
        probabilities: Floats = self._request.infer([x])[0]
        return probabilities

    def _compile(self, shape: tuple[int, ...]) -> None:
        self._model.reshape(shape)
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": self._precision,
            "INFERENCE_NUM_THREADS": self._threads,
            # Pinned threads of two runs on one machine would sit on the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._request = self._core.compile_model(self._model, "CPU", settings).create_infer_request()
        self._shape = shape
