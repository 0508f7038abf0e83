"""Small genuine networks for the tests, built node by node; the one here is an edge detector at stride 8."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from inspection.model.card import ModelCard

KINDS = ("E01", "E04", "E06", "N01")


def build_network(kinds=KINDS, stride: int = 8) -> bytes:
    """uint8 (N,1,H,W) -> float32 (N,K,H/stride,W/stride).

    Local contrast (pixel minus mean of 9 x 9), smoothed 3 x 3, highest of stride x stride, sigmoid.
    Channel 0 answers to bright spots, 1 to dark ones, the others never.
    """
    contrast = -np.ones((1, 1, 9, 9), np.float32) / 81.0
    contrast[0, 0, 4, 4] += 1.0
    smooth = np.ones((1, 1, 3, 3), np.float32) / 9.0
    spread = np.zeros((len(kinds), 1, 1, 1), np.float32)
    spread[0], spread[1] = 0.25, -0.25
    bias = np.full(len(kinds), -5.0, np.float32)
    bias[2:] = -20.0
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["float", "contrast"], ["high"], pads=[4] * 4),
        helper.make_node("Conv", ["high", "smooth"], ["calm"], pads=[1] * 4),
        helper.make_node("Conv", ["calm", "spread", "bias"], ["logits"]),
        helper.make_node("MaxPool", ["logits"], ["pooled"], kernel_shape=[stride] * 2, strides=[stride] * 2),
        helper.make_node("Sigmoid", ["pooled"], ["scores"]),
    ]
    return assembled(nodes, len(kinds), contrast=contrast, smooth=smooth, spread=spread, bias=bias)


def assembled(nodes, kinds: int, **weights: np.ndarray) -> bytes:
    """A network from `image`, uint8 (N,1,H,W), to `scores`, float32 (N,kinds,rows,columns), of these nodes."""
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 1, "h", "w"])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", kinds, "rows", "columns"])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def card_for(network: bytes, **changes) -> ModelCard:
    """A card that tells the truth about `build_network`, unless changed."""
    card = {
        "name": "electrode",
        "version": "0.1",
        "kinds": KINDS,
        "stride": 8,
        "halo_px": 5,
        "multiple_px": 32,
        "pixel_pitch_um": {"min": 45.0, "max": 55.0},
        "materials": ("anode", "cathode"),
        "views": ("bright-field",),
        "thresholds": dict.fromkeys(changes.get("kinds", KINDS), 0.5),
        "threshold_method": "by hand",
        "sha256": hashlib.sha256(network).hexdigest(),
        "data_sha256": "0" * 64,
        "seed": 0,
        "versions": {},
        "metrics": {},
        "parity": {"max_abs_difference": 0.0, "tiles": 1, "tolerance": 1e-4},
        "created_utc": "2025-01-01T00:00:00Z",
        "licence": "none needed",
        "intended_use": "tests",
        "limits": "sees contrast only",
    }
    return ModelCard.model_validate(card | changes)


def write_model(folder: Path, network: bytes | None = None, **changes) -> Path:
    """A model's folder on disk."""
    network = build_network() if network is None else network
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(network)
    (folder / "card.json").write_text(card_for(network, **changes).model_dump_json(indent=2))
    return folder
