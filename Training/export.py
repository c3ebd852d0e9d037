"""Turn a training's averaged weights into a small ONNX file and its manifest entry.

``python -m Training.export RUN/last.pt --task hip-ct --role fine --version 1 --record "..." --out Resources/Models``
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from Training.config import AnyConfig, parse_config
from Training.networks.probabilities import Probabilities

HALF, EIGHTH, SCALE, PARAMETERS = "_half", "_int8", "_scale", "parameters"
LARGE = 4096  # numbers from which a weight is stored in 8 bits
OPSET = 17  # readable by ONNX Runtime 1.23, the newest for Intel macOS
SHAPES = "I-STAR pelvis atlas (CC BY 4.0), libhip femora (MIT) and one TotalSegmentator label map (CC BY 4.0)"
DATA = {
    "hip-ct": f"simulated CT on the {SHAPES}; no patient image",
    "hip-radiograph": f"simulated radiographs of the {SHAPES}; the fine network also films of FracAtlas (CC BY 4.0) "
    "without outlines, with the regions it drew itself",
    "onfh-mri": f"simulated MR on the {SHAPES}; ten normal MRIs of TCIA CPTAC-UCEC (CC BY) with simulated lesions",
}


def load_average(path: Path) -> tuple[AnyConfig, torch.nn.Module]:
    """Config and averaged network of a checkpoint."""
    state = torch.load(path, map_location="cpu")
    config = parse_config(state["config"])
    network = config.build()
    weights = {k.removeprefix("module."): v for k, v in state["average"].items() if k.startswith("module.")}
    network.load_state_dict(weights)
    return config, network.eval()


def shrink_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights in 8 bits with a scale for each slice of the first axis, others in 16; compute in float32.

    Run-time back ends fold the casts when they load, so that nothing but the file becomes smaller.
    """
    kept, casts = [], []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < 64:
            kept.append(weight)
        elif values.size < LARGE or values.ndim < 2:
            kept.append(numpy_helper.from_array(values.astype(np.float16), weight.name + HALF))
            casts.append(helper.make_node("Cast", [weight.name + HALF], [weight.name], to=TensorProto.FLOAT))
        else:
            scale = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True).clip(1e-12) / 127
            kept.append(numpy_helper.from_array(np.rint(values / scale).astype(np.int8), weight.name + EIGHTH))
            # A division: OpenVINO 2026.4 takes a product for a quantised layer and crashes on one in three dimensions.
            kept.append(numpy_helper.from_array((1 / scale).astype(np.float32), weight.name + SCALE))
            whole = weight.name + "_whole"
            casts.append(helper.make_node("Cast", [weight.name + EIGHTH], [whole], to=TensorProto.FLOAT))
            casts.append(helper.make_node("Div", [whole, weight.name + SCALE], [weight.name]))
    nodes = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(casts + nodes)
    return model


def name_parameters(model: onnx.ModelProto, network: torch.nn.Module) -> None:
    """Note in the file which initializer is which parameter of the network, so that a training can start from it.

    The exporter folds norms and transposes matrices under names of its own; their values tell them.
    """
    left = {k: v.numpy() for k, v in network.state_dict().items()}
    names = {}
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        for name, wanted in left.items():
            turned = values.T if values.ndim == 2 and np.array_equal(values.T, wanted) else values
            if turned.size == wanted.size and np.array_equal(turned.reshape(wanted.shape), wanted):
                names[name] = [weight.name, turned is not values]
                del left[name]
                break
    model.metadata_props.add(key=PARAMETERS, value=json.dumps(names))


def read_parameters(path: Path) -> dict[str, torch.Tensor]:
    """Parameters of an exported network by their names; those that inference does not use are missing."""
    model = onnx.load(str(path))
    names = json.loads(next(p.value for p in model.metadata_props if p.key == PARAMETERS))
    files = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer}
    stored = {n.removesuffix(HALF).removesuffix(EIGHTH): v for n, v in files.items() if not n.endswith(SCALE)}
    stored.update({n.removesuffix(SCALE): stored[n.removesuffix(SCALE)] / v for n, v in files.items() if SCALE in n})
    values = {name: stored[held].T if turned else stored[held] for name, (held, turned) in names.items()}
    return {name: torch.from_numpy(v.astype(np.float32)) for name, v in values.items()}


def export(checkpoint: Path, path: Path, side: int = 64) -> AnyConfig:
    """Write a checkpoint as ONNX: channels (1, C, Z, Y, X) in, probabilities (1, K, Z, Y, X) out; no Z of films."""
    config, network = load_average(checkpoint)
    example = torch.zeros(1, len(config.channels), *[side] * config.dimensions)
    axes = dict(enumerate("zyx"[-config.dimensions :], 2))
    torch.onnx.export(
        Probabilities(network, config.loss_weights),
        (example,),
        str(path),
        opset_version=OPSET,
        dynamo=False,
        input_names=["channels"],
        output_names=["probabilities"],
        dynamic_axes={"channels": axes, "probabilities": axes},
    )
    model = onnx.load(str(path))
    name_parameters(model, network)
    model = shrink_weights(model)
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return config


def entry(
    config: AnyConfig, path: Path, *, task: str, role: str, version: str, record: str, patch: int
) -> dict[str, object]:
    """The manifest entry of an exported model."""
    return {
        "name": config.network,
        "file": path.name,
        "version": version,
        "licence": "Apache-2.0",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "task": task,
        "role": role,
        "input": {
            **config.seen(),
            "channels": config.channels,
        },
        "patch": [patch] * config.dimensions,
        "output": {"channels": config.classes},
        "training": {
            "record": record,
            "data": DATA[task],
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        },
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--task", required=True)
    parser.add_argument("--role", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--record", required=True, help="the training's line in Docs/training.md")
    parser.add_argument("--patch", type=int, default=96, help="side of the window used at run time")
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    name = load_average(a.checkpoint)[0].network
    path = a.out / f"{name}.onnx"
    config = export(a.checkpoint, path)
    book = a.out / "models.json"
    manifest = json.loads(book.read_text()) if book.exists() else {"schema": 1, "models": []}
    fresh = entry(config, path, task=a.task, role=a.role, version=a.version, record=a.record, patch=a.patch)
    others = [m for m in manifest["models"] if m["name"] != name]
    manifest["models"] = sorted([*others, fresh], key=lambda m: m["name"])
    book.write_text(json.dumps(manifest, indent=2) + "\n")
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
