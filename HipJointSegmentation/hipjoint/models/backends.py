"""Which run-time back end runs a model: the fastest that is really there, or the one the user asks for."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from hipjoint.errors import InputError
from hipjoint.models.backend import Backend, Floats, GpuMemoryError, Note
from hipjoint.models.onnx_backend import OnnxBackend, cuda_is_offered
from hipjoint.models.threads import usable_cores

DEVICES = ("auto", "cpu", "cuda")


def open_backend(path: Path, device: str = "auto", threads: int | None = None, note: Note | None = None) -> Backend:
    """Open the ONNX model ``path`` on ``device``: "cuda", "cpu", or "auto" for CUDA where it really runs.

    ``threads`` None takes all physical cores that this process may use. ``note`` gets a line when the graphics card
    runs out of memory and the processor takes over. Raises ``InputError`` if the device is not to be had,
    ``ModelError`` if the file is not a model.
    """
    if device not in DEVICES:
        raise InputError(f"There is no device {device!r}: choose one of {', '.join(DEVICES)}.")
    count = usable_cores() if threads is None else threads

    def on_cpu() -> Backend:
        return _open_on_cpu(path, count)

    if device == "cpu" or (device == "auto" and not cuda_is_offered()):
        return on_cpu()
    return _open_on_gpu(path, count, on_cpu, note or _silent, wanted=device == "cuda")


class WithFallback:
    """A back end on the graphics card that gives way to the processor when the card's memory does not suffice."""

    def __init__(self, gpu: Backend, on_cpu: Callable[[], Backend], note: Note) -> None:
        self._active, self._on_cpu, self._note = gpu, on_cpu, note

    @property
    def name(self) -> str:
        """Name of the back end that computes by now."""
        return self._active.name

    @property
    def info(self) -> dict[str, str | int]:
        """What really runs by now."""
        return self._active.info

    def run(self, x: Floats) -> Floats:
        """Probabilities (N, K, Z, Y, X) of channels (N, C, Z, Y, X)."""
        try:
            return self._active.run(x)
        except GpuMemoryError:
            self._active = _instead(self._on_cpu, self._note)
            return self._active.run(x)


def _open_on_gpu(path: Path, threads: int, on_cpu: Callable[[], Backend], note: Note, *, wanted: bool) -> Backend:
    if not cuda_is_offered():
        raise InputError(_NOT_BUILT_FOR_CUDA)
    try:
        backend = OnnxBackend(path, threads, cuda=True)
    except GpuMemoryError:
        return _instead(on_cpu, note)
    if backend.cuda:
        return WithFallback(backend, on_cpu, note)
    if wanted:
        raise InputError(_CUDA_DOES_NOT_START)
    return on_cpu()


def _instead(on_cpu: Callable[[], Backend], note: Note) -> Backend:
    backend = on_cpu()
    note(f"The graphics card has too little free memory: going on with {backend.name}, which is slower.")
    return backend


def _open_on_cpu(path: Path, threads: int) -> Backend:
    if platform.machine().lower() in ("x86_64", "amd64") and find_spec("openvino"):
        # Optional, and not there on other processors.
        from hipjoint.models.openvino_backend import OpenVinoBackend  # noqa: PLC0415

        return OpenVinoBackend(path, threads)
    return OnnxBackend(path, threads)


def _silent(message: str) -> None:
    del message


_NOT_BUILT_FOR_CUDA = (
    "CUDA cannot be used because the installed onnxruntime is built for the processor only: on Windows or Linux "
    "replace it by onnxruntime-gpu (pip uninstall onnxruntime, then pip install 'onnxruntime-gpu[cuda,cudnn]'), or "
    "choose the device 'cpu'."
)
_CUDA_DOES_NOT_START = (
    "CUDA cannot be used although onnxruntime-gpu is installed: the NVIDIA driver (see nvidia-smi), CUDA or cuDNN is "
    "missing or too old (pip install 'onnxruntime-gpu[cuda,cudnn]'), or choose the device 'cpu'."
)
