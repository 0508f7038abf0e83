"""A model that knows bright and dark places alone, and images for it."""

import cv2
import numpy as np
from onnx import TensorProto, helper

from tests.support import network
from tests.support.network import assembled

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
    return network.write_model(
        folder,
        assembled(nodes, 2, gains=gains, offsets=np.array([-16.0, 4.0], np.float32)),
        name="extremes",
        version=version,
        kinds=kinds,
        halo_px=0,
        multiple_px=8,
        materials=("anode",),
        thresholds=dict.fromkeys(kinds, threshold),
        limits="sees extremes only",
    )


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


def grey(seed):
    return np.random.default_rng(seed).integers(70, 90, (HEIGHT, WIDTH)).astype(np.uint8)
