"""A model that knows bright and dark places alone, and images for it."""

import hashlib

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from inspection.model.card import ModelCard

HEIGHT, WIDTH = 64, 96


def write_model(folder, kinds=("E01", "E04"), version="0.1", threshold=0.5):
    """A network that says the first kind where a cell has a bright pixel (from 128 on), the second where a dark one."""
    gains = np.array([[0.125, 0.0], [0.0, 0.125]], np.float32).reshape(2, 2, 1, 1)
    nodes = [
        helper.make_node("Cast", ["image"], ["bright"], to=TensorProto.FLOAT),
        helper.make_node("Neg", ["bright"], ["dark"]),
        helper.make_node("Concat", ["bright", "dark"], ["both"], axis=1),
        helper.make_node("MaxPool", ["both"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Conv", ["cells", "gains", "offsets"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "extremes",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 1, "h", "w"])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 2, "rows", "columns"])],
        [
            numpy_helper.from_array(gains, "gains"),
            numpy_helper.from_array(np.array([-16.0, 4.0], np.float32), "offsets"),
        ],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    onnx.checker.check_model(network)
    card = ModelCard.model_validate(
        {
            "name": "extremes",
            "version": version,
            "kinds": kinds,
            "stride": 8,
            "halo_px": 0,
            "multiple_px": 8,
            "pixel_pitch_um": {"min": 45.0, "max": 55.0},
            "materials": ("anode",),
            "views": ("bright-field",),
            "thresholds": dict.fromkeys(kinds, threshold),
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
            "limits": "sees extremes only",
        }
    )
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(network)
    (folder / "card.json").write_text(card.model_dump_json())
    return folder


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


def grey(seed):
    return np.random.default_rng(seed).integers(70, 90, (HEIGHT, WIDTH)).astype(np.uint8)
