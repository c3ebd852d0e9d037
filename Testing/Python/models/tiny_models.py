"""ONNX models small enough to compute by hand, stored as the real ones are: half-precision weights, float32 ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from scipy import ndimage

CHANNELS, CLASSES = 2, 3


def convolution(path: Path, weights: np.ndarray) -> Path:
    """Write the model that convolves with ``weights`` (K, C, side, side, side), then takes the softmax over classes."""
    margin = weights.shape[-1] // 2
    nodes = [
        helper.make_node("Cast", ["half"], ["weights"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["channels", "weights"], ["logits"], pads=[margin] * 6),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, count, "z", "y", "x"])
        for name, count in (("channels", weights.shape[1]), ("probabilities", weights.shape[0]))
    ]
    half = numpy_helper.from_array(weights.astype(np.float16), "half")
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], [half])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def without_end_of_memory(path: Path) -> Path:
    """Write a model that asks for 140 terabytes."""
    shape = numpy_helper.from_array(np.array([2**45]), "shape")
    nodes = [
        helper.make_node("ReduceMax", ["channels"], ["one"], keepdims=0),
        helper.make_node("Expand", ["one", "shape"], ["probabilities"]),
    ]
    given = helper.make_tensor_value_info("channels", TensorProto.FLOAT, [1, 1, "z", "y", "x"])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n"])
    graph = helper.make_graph(nodes, "huge", [given], [answer], [shape])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def expected(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What ``convolution`` must answer, in double precision."""
    kernel = weights.astype(np.float16).astype(np.float64)
    logits = [sum(map(_correlated, x[0], kernels)) for kernels in kernel]
    powers = np.exp(np.stack(logits) - np.max(logits, axis=0))
    return (powers / powers.sum(axis=0))[None]


def _correlated(channel: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return ndimage.correlate(channel.astype(np.float64), kernel, mode="constant")
