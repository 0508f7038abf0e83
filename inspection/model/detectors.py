"""The table of detectors: what runs which model."""

from inspection.model.card import ModelCard
from inspection.model.detector import Detector
from inspection.model.onnx_detector import OnnxDetector


def open_detector(card: ModelCard, onnx: bytes, *, intra_threads: int = 1) -> Detector:
    """The network made ready, each image on `intra_threads` threads.

    Raises ModelError when the graph is damaged or not what the card says.
    """
    return OnnxDetector(card, onnx, intra_threads=intra_threads)
